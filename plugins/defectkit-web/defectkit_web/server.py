"""Server: a socket on this machine alone, and uvicorn on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from defectkit.errors import OutputError

LOOPBACK = "127.0.0.1"


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Give a socket that listens on this machine alone.

    Raises
    ------
    OutputError
        If the port is taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((LOOPBACK, port))
            made.listen()
        except OSError as error:
            raise OutputError(
                f"port {port} of {LOOPBACK} cannot be had ({error.strerror}); give another --port"
            ) from error
        yield made


def run_server(app: ASGIApp, listener: socket.socket) -> None:
    """Answer requests until Ctrl-C."""
    import uvicorn

    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=1, ws="none"
    )
    uvicorn.Server(config).run(sockets=[listener])
