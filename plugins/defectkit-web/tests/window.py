"""A window of the browser with the page in it, used as a person does: by mouse and keys."""

from __future__ import annotations

from typing import Any

from served import Server

WIDE = {"width": 1400, "height": 900}


class Window:
    """A page of the browser, and what it complains about."""

    def __init__(self, browser: Any, server: Server, **more: Any) -> None:
        self.context = browser.new_context(viewport=WIDE, accept_downloads=True, **more)
        self.page = self.context.new_page()
        self.server = server
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        self.page.on("console", lambda message: self._hear(message))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url.split("?")[0]))
        self.page.goto(server.address)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and "GPU stall" not in message.text:
            self.complaints.append(message.text)

    def wait(self, *, image: str = "", defects: int | None = None, message: str = "") -> None:
        """Wait until the page shows an image, a number of defects, a message."""
        if image:
            self.page.wait_for_selector(f'#stage[data-image="{image}"]', timeout=30_000)
        if defects is not None:
            self.page.wait_for_selector(f'#stage[data-defects="{defects}"]', timeout=30_000)
        if message:
            self.page.locator("#message", has_text=message).wait_for(timeout=60_000)

    def at(self, row: float, col: float) -> tuple[float, float]:
        """Return where a pixel of the image is on the screen."""
        x, y = self.page.evaluate(
            "([row, col]) => { const { view } = window.defectkit, [top, left] = view.box,"
            " frame = view.stage.getBoundingClientRect(), s = view.scale;"
            " return [frame.left + (col - left) * s, frame.top + (row - top) * s]; }",
            [row, col],
        )
        return x, y

    def click(self, row: float, col: float, **more: Any) -> None:
        self.page.mouse.click(*self.at(row, col), **more)

    def drag(self, *points: tuple[float, float], steps: int = 6) -> None:
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=steps)
        self.page.mouse.up()

    @property
    def n(self) -> int:
        return int(self.page.get_attribute("#stage", "data-defects"))

    def shapes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("[...window.defectkit.view.defects.byId.values()]")
        return found

    def settle(self) -> None:
        """Wait until nothing moves, so that places on the screen are final."""
        self.page.wait_for_timeout(700)
