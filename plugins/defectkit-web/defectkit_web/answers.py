"""Answers: bodies of requests within bounds, and errors as one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from defectkit.errors import DecodingError, ImageReadError, RecordError, UnknownNameError
from defectkit.files.decoding import parse_json

BODY_BYTES = 4 * 2**20
"""The longest request that is not an image."""

Answer = dict[str, Any]
Handler = Callable[[Request, Any], Answer | Response]


class TooLargeError(ImageReadError):
    """A request that has more bytes than it may have."""


class BehindError(RecordError):
    """An edit of a page that does not know of the last one."""


def reading(handler: Callable[[Request], Answer | Response]) -> Any:
    """Return the endpoint of a handler that needs no body."""

    def endpoint(request: Request) -> Response:
        return _as_response(handler(request))

    return endpoint


def writing_answer(handler: Handler) -> Any:
    """Return the endpoint of a handler that gets the JSON of the body."""

    async def endpoint(request: Request) -> Response:
        body = await _json_body(request)
        return _as_response(await run_in_threadpool(handler, request, body))

    return endpoint


def _as_response(answer: Answer | Response) -> Response:
    return answer if isinstance(answer, Response) else JSONResponse(answer)


async def _json_body(request: Request) -> Any:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES:
            raise TooLargeError(f"the request has more than {BODY_BYTES} bytes")
        parts.append(part)
    try:
        text = b"".join(parts).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodingError("the request is not text in UTF-8") from error
    return parse_json(text, where="the request")


async def receive(request: Request, path: Path, limit: int) -> None:
    """Write the body of a request into a file.

    Raises
    ------
    TooLargeError
        If it is longer than ``limit`` bytes.
    """
    size = 0
    with path.open("wb") as stream:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise TooLargeError(f"{path.name} has more than the {limit} bytes that may be dropped (--upload-limit)")
            stream.write(part)
        stream.flush()
        os.fsync(stream.fileno())


def sentence(request: Request, error: Exception) -> Response:
    """Answer an error with its message, one sentence, and the status that it has."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY)
    return JSONResponse({"error": str(error).splitlines()[0]}, status)


_STATUS: dict[type[Exception], HTTPStatus] = {
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BehindError: HTTPStatus.CONFLICT,
    UnknownNameError: HTTPStatus.NOT_FOUND,
    DecodingError: HTTPStatus.BAD_REQUEST,
}
