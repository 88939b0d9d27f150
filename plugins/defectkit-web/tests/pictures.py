"""Make the picture sequence of the documentation: `python pictures.py FOLDER`, from synthetic micrographs alone."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import tifffile
from served import Server, chromium

from defectkit.testing.synthetic import synthetic_micrograph

WINDOW: Any = {"width": 1100, "height": 700}
QUALITY = 72


def keep(page: Any, path: Path) -> None:
    """Write a picture of the window."""
    page.wait_for_timeout(900)
    page.screenshot(path=path, type="jpeg", quality=QUALITY)


def show(page: Any, heading: str) -> None:
    """Bring a part of the panel into view."""
    page.evaluate("id => document.getElementById(id).scrollIntoView()", heading)


def spots(page: Any) -> list[tuple[float, float]]:
    """Return where the defects are on the screen, the largest first."""
    found: list[tuple[float, float]] = page.evaluate(
        "(() => { const { view } = window.defectkit, [top, left] = view.box, s = view.scale;"
        " const frame = view.stage.getBoundingClientRect();"
        " return [...view.defects.byId.values()].sort((a, b) => b.area - a.area).map(({ box: b }) =>"
        " [frame.left + ((b[1] + b[3]) / 2 - left) * s, frame.top + ((b[0] + b[2]) / 2 - top) * s]); })()"
    )
    return found


def sequence(page: Any, folder: Path) -> None:
    """Go the way of the documentation, with a picture at each step."""
    page.wait_for_selector('#stage[data-image="frame-01"]')
    page.click("#find-here")
    page.locator("#message", has_text="the search is done").wait_for(timeout=120_000)
    keep(page, folder / "1-found.jpg")
    page.mouse.click(*spots(page)[2])
    page.keyboard.press("2")
    show(page, "h-types")
    keep(page, folder / "2-retyped.jpg")
    page.click('[data-tool="cut"]')
    x, y = spots(page)[0]
    page.mouse.move(x - 70, y - 20)
    page.mouse.down()
    page.mouse.move(x + 70, y + 20, steps=8)
    keep(page, folder / "3-cutting.jpg")
    page.mouse.up()
    page.locator("#message", has_text="split").wait_for()
    show(page, "h-results")
    keep(page, folder / "4-results.jpg")
    page.keyboard.press("v")
    page.fill("#dataset", "lab")
    page.fill("#annotator", "Anna")
    page.click("#save-form button")
    page.locator("#saved", has_text="corrected@2").wait_for(timeout=30_000)
    show(page, "h-save")
    keep(page, folder / "5-saved.jpg")


def main(folder: Path) -> None:
    """Serve two micrographs, and go the way."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        sys.exit("there is no chromium: apt-get install chromium, or name it by DEFECTKIT_CHROMIUM")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="defectkit-pictures-") as name, sync_playwright() as driver:
        os.environ |= {"DEFECTKIT_CATALOGUE": f"{name}/catalogue", "DEFECTKIT_DATA": f"{name}/data"}
        frames = Path(name) / "frames"
        frames.mkdir()
        for k in (1, 2):
            image, _ = synthetic_micrograph(k + 20, shape=(640, 640), counts={"bdot": 12, "loop_111": 9, "loop_100": 4})
            per_nm = (round(1e6 / image.required_calibration().pixel_size_nm[1]), 10**6)
            path = frames / f"frame-{k:02d}.tif"
            tifffile.imwrite(path, image.pixels, imagej=True, resolution=(per_nm, per_nm), metadata={"unit": "nm"})
        server = Server(frames)
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport=WINDOW)
            page.goto(server.address)
            sequence(page, folder)
        finally:
            browser.close()
            server.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
