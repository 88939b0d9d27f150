"""Guard: who may speak to the server, and what a page of it may load."""

from __future__ import annotations

import hmac
from http import HTTPStatus

import attrs
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "defectkit-web"
STYLE_OF_OPENSEADRAGON = "sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE="
"""The one style sheet that OpenSeadragon 6.1.1 puts into a page itself."""
POLICY = "; ".join(
    (
        "default-src 'self'",
        f"style-src 'self' '{STYLE_OF_OPENSEADRAGON}'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Everything comes from the server itself, and no page of another shows this one."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
READING = ("GET", "HEAD")


@attrs.frozen
class Guard:
    """Middleware: lets in requests of this page alone.

    Parameters
    ----------
    app : ASGIApp
    token : str
        Random. The address that opens the page names it once; from then on the browser sends it as a cookie that no
        script can read and no other site can have sent.
    host : str
        The host and port that a request has to name, which stops names of other sites that lead to this machine.
    """

    app: ASGIApp
    token: str = attrs.field(repr=False)
    host: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        answer = self.answer(Request(scope))
        await (answer or self.app)(scope, receive, send_guarded)

    def answer(self, request: Request) -> Response | None:
        """Return what to answer instead of handing a request on; None if it may pass."""
        headers = Headers(scope=request.scope)
        if headers.get("host") != self.host:
            return _refusal("this server answers to its own address only", HTTPStatus.MISDIRECTED_REQUEST)
        origin = headers.get("origin")
        if request.method not in READING and origin != f"http://{self.host}":
            return _refusal("only the page of this server may change something", HTTPStatus.FORBIDDEN)
        if request.url.path == "/" and "token" in request.query_params:
            if not self.is_token(request.query_params["token"]):
                return _refusal("the token in this address is not that of the running server", HTTPStatus.FORBIDDEN)
            entered = RedirectResponse("/", HTTPStatus.SEE_OTHER)
            entered.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
            return entered
        if not self.is_token(request.cookies.get(self.cookie, "")):
            return _refusal(
                "open the address that `defectkit serve` printed: it holds the token of this page",
                HTTPStatus.FORBIDDEN,
            )
        return None

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers share those of all ports of a host, so it names the port."""
        return f"{COOKIE}-{self.host.rpartition(':')[2]}"

    def is_token(self, given: str) -> bool:
        """Return whether ``given`` is the token; how long this takes does not tell how much of it is right."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())


def _refusal(sentence: str, status: HTTPStatus) -> Response:
    return PlainTextResponse(f"{sentence}\n", status)
