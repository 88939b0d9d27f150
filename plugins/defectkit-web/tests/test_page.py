"""The page in a real browser, served by the real command."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from served import Server
from window import Window

from defectkit.datasets import Catalogue


def drop(page: Any, path: Path) -> None:
    """Drop a file on the page, as from a file manager."""
    content = base64.b64encode(path.read_bytes()).decode()
    data = page.evaluate_handle(
        "([name, text]) => { const data = new DataTransfer(),"
        " bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));"
        " data.items.add(new File([bytes], name)); return data; }",
        [path.name, content],
    )
    for kind in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#stage", kind, {"dataTransfer": data})


def middle(shape: dict[str, Any]) -> tuple[float, float]:
    top, left, bottom, right = shape["box"]
    return (top + bottom) / 2, (left + right) / 2


def test_from_drop_to_a_corrected_report(window: Callable[..., Window], folder: Path, tmp_path: Path) -> None:
    dropped = (folder / "one.tif").rename(tmp_path / "dropped.tif")
    here = window()
    page = here.page
    here.wait(image="two")
    drop(page, dropped)
    here.wait(image="dropped", defects=0)
    assert (folder / "dropped.tif").is_file()
    page.select_option("#detector", "blob")
    page.click("#find-here")
    here.wait(message="the search is done")
    n = here.n
    assert n > 10
    here.settle()

    first, second, third = sorted(here.shapes(), key=lambda shape: -shape["area"])[:3]
    here.click(*middle(first))
    page.keyboard.press("Delete")
    here.wait(defects=n - 1)
    page.click('[data-tool="polygon"]')
    for corner in ((20, 300), (20, 330), (45, 315)):
        here.click(*corner)
    page.keyboard.press("Enter")
    here.wait(defects=n)
    page.click('[data-tool="ellipse"]')
    here.drag((480, 100), (480, 140))
    here.click(488, 120)
    here.wait(defects=n + 1)
    page.click('[data-tool="cut"]')
    row, col = middle(second)
    reach = second["area"] ** 0.5 + 15
    here.drag((row, col - reach), (row, col + reach))
    here.wait(defects=n + 2)
    page.keyboard.press("v")
    parts = sorted(here.shapes(), key=lambda shape: -shape["id"])[:2]
    page.keyboard.press("m")
    here.wait(defects=n + 1)
    assert max(shape["id"] for shape in here.shapes()) > max(part["id"] for part in parts)
    here.click(*middle(third))
    page.keyboard.press("6")
    page.locator("#selected", has_text="loop").wait_for()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    here.wait(defects=n + 2)
    page.keyboard.press("Control+Shift+z")
    here.wait(defects=n + 1)

    page.locator("#results tbody tr", has_text="all").locator("td").first.filter(has_text=str(n + 1)).wait_for()
    page.fill("#dataset", "lab")
    page.fill("#annotator", "Anna")
    page.click("#save-form button")
    page.locator("#saved", has_text="lab/corrected@2").wait_for(timeout=30_000)
    said = page.text_content("#saved")
    assert "made from corrected@1" in said
    store = Catalogue.standard().find("lab").store()
    labels = store.labels("corrected@2")
    assert store.verify("corrected@2") in said
    assert labels.annotator == "Anna"
    assert len(labels["dropped"]) == n + 1
    with page.expect_download() as waiting:
        page.click("text=report >> nth=0")
    assert waiting.value.suggested_filename == "report.zip"


def test_a_reload_and_a_kill_lose_nothing(window: Callable[..., Window], server: Server, browser: Any) -> None:
    here = window()
    here.wait(image="one")
    here.settle()
    for row in (50, 150, 250):
        here.page.click('[data-tool="lasso"]')
        here.drag((row, 50), (row, 90), (row + 40, 90), (row + 40, 50))
    here.wait(defects=3)
    here.page.keyboard.press("Control+z")
    here.wait(defects=2)
    before = here.shapes()
    here.page.reload()
    here.wait(image="one", defects=2)
    assert here.shapes() == before
    here.page.goto("about:blank")
    server.kill()
    server.end()
    server.begin()
    again = Window(browser, server)
    again.wait(image="one", defects=2)
    assert again.shapes() == before
    again.page.keyboard.press("Control+Shift+z")
    again.wait(defects=3)
    assert again.complaints == []
    again.context.close()
    here.asked = {server.address}


def test_with_the_keyboard_alone(window: Callable[..., Window]) -> None:
    here = window()
    page = here.page
    here.wait(image="one")
    here.settle()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link that skips to the image
    assert page.evaluate("document.activeElement.id") == "stage"
    page.keyboard.press("2")
    page.keyboard.press("e")
    for keys in (["Shift+ArrowRight"] * 3, ["Shift+ArrowLeft"] * 6, ["Shift+ArrowDown", "Shift+ArrowRight"]):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    here.wait(defects=1)
    assert here.shapes()[0]["type"] == "loop_111"
    page.keyboard.press("p")
    for keys in (["Shift+ArrowUp"] * 8, ["Shift+ArrowRight"] * 4, ["Shift+ArrowDown"] * 4):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    page.keyboard.press("f")
    here.wait(defects=2)
    page.keyboard.press("v")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    here.wait(message="1 of 2")
    page.keyboard.press("n")
    here.wait(message="2 of 2")
    page.keyboard.press("1")
    here.wait(message="now bdot")
    page.keyboard.press("Delete")
    here.wait(defects=1)
    page.keyboard.press("Control+z")
    here.wait(defects=2)
    assert page.text_content("#message") == "undone; 2 defects"


def test_hits_misses_and_false_finds_are_told(window: Callable[..., Window]) -> None:
    here = window()
    page = here.page
    here.wait(image="one")
    page.fill("#labels-source", "truth.json")
    page.click("#labels-start")
    here.wait(defects=17)
    page.keyboard.press("n")
    page.click("#delete")
    here.wait(defects=16)
    page.click("#labels-truth")
    page.locator("#comparison", has_text="16 hits").wait_for()
    assert re.search(r"1 misses .* 0 false finds", page.text_content("#comparison"))
    page.click("#labels-forget")
    page.locator("#comparison").filter(has_text=re.compile("^$")).wait_for(state="attached")


def test_a_fault_is_told_as_one_sentence(window: Callable[..., Window]) -> None:
    here = window()
    here.wait(image="one")
    here.page.fill("#labels-source", "../outside.json")
    here.page.click("#labels-truth")
    here.page.locator("#error", has_text="leads out of the open folder").wait_for()
    here.complaints = [text for text in here.complaints if "422" not in text]
