"""``defectkit serve``: open a folder of images in the browser."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from pathlib import Path

import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, say

EXAMPLE = """
defectkit serve frames/
defectkit serve frames/ --port 8017 --no-browser
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[FOLDER]")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; by default any that is free.")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option(
    "--upload-limit",
    "upload_mib",
    type=click.IntRange(min=1),
    default=1024,
    show_default=True,
    metavar="MIB",
    help="Largest file that may be dropped on the page.",
)
def serve(folder: Path, port: int, no_browser: bool, upload_mib: int) -> None:
    """Open a folder of images in the browser: detect, correct, and save a new label version.

    The page is for this machine only (127.0.0.1) and needs the token in the address that is printed. Corrections are
    written to FOLDER/.defectkit-web as they are made, so nothing is lost when the page is closed or the command is
    ended with Ctrl-C.
    """
    from defectkit_web.app import make_app
    from defectkit_web.jobs import Jobs
    from defectkit_web.server import listening, run_server
    from defectkit_web.session import opened_session

    with opened_session(folder) as session, listening(port) as socket:
        token = secrets.token_urlsafe(32)
        host = f"127.0.0.1:{socket.getsockname()[1]}"
        address = f"http://{host}/?token={token}"
        say(f"{session.folder.path}: {address}")
        sys.stdout.flush()  # whoever reads the address from a pipe waits for it
        note("the address works on this machine only; Ctrl-C ends the server")
        if not no_browser:
            webbrowser.open(address)
        jobs = Jobs(session=session)
        try:
            app = make_app(session, token=token, host=host, upload_bytes=upload_mib * 2**20, jobs=jobs)
            run_server(app, socket)
        finally:
            jobs.stop()
            jobs.wait()
