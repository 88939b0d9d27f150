"""A quarter of a real frame of irradiated titanium, corrected through the page until it agrees with people's labels."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from served import Server
from window import Window

from defectkit import Image, Instances, read_image, read_labels, write_labels
from defectkit.datasets import Catalogue
from defectkit.geometry.sets import crop

ROOT = Path(__file__).resolve().parents[3]
FRAME, SIDE = "Chip-4-Heat-1-Frame-1049", 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The upper left quarter of the frame, and the newer of its two passes of labels."""
    shared = Path(os.environ.get("DEFECTKIT_SHARED_DATA", ROOT.parent / "shared" / "data"))
    here = shared / "nomelabs+insitu-TEM-annealing-Ti" / "Polygon Annotation Analysis"
    if not here.is_dir():
        pytest.skip("the real frames are not beside this checkout; set DEFECTKIT_SHARED_DATA")
    made = tmp_path / "quarter"
    made.mkdir()
    image = read_image(here / "Raw Images" / f"{FRAME}.jpg")
    labels = read_labels(here / "Annotation Data New", images={FRAME: image}, unpaired="leave-out").labels[FRAME]
    pixels = np.ascontiguousarray(image.pixels[:SIDE, :SIDE])
    tifffile.imwrite(
        made / "quarter.tif",
        pixels,
        imagej=True,
        resolution=((round(1e6 / 0.2554), 10**6),) * 2,
        metadata={"unit": "nm"},
    )
    runs, kept = crop(labels.runs, 0, 0, SIDE, SIDE)
    whole = np.flatnonzero(
        runs.areas() == labels.areas[kept]
    )  # what the cut of the quarter leaves of others is no defect
    names = [labels.type_names[k] for k in kept[whole].tolist()]
    truth = Instances.from_runs(runs.take(whole), types=names, shape=(SIDE, SIDE))
    write_labels({"quarter": truth}, made / "truth.json", format="coco", images=[Image.from_array("quarter", pixels)])
    return made


def place_of(here: Window, defect: int) -> tuple[float, float] | None:
    """Return a place where a click takes this defect and no other."""
    found = here.page.evaluate(
        "id => { const { defects } = window.defectkit.view, [t, l, b, r] = defects.byId.get(id).box;"
        " for (let y = t + 0.5; y < b; y += 1) for (let x = l + 0.5; x < r; x += 1)"
        " if (defects.at(y, x)?.id === id) return [y, x]; return null; }",
        defect,
    )
    return None if found is None else (found[0], found[1])


def compared(here: Window) -> dict[str, Any]:
    key = here.page.evaluate("window.location.hash.slice(1)")
    answer: dict[str, Any] = here.page.evaluate(f"fetch('/api/images/{key}/comparison').then(r => r.json())")
    return answer


def test_a_real_quarter_is_corrected_and_verifies(
    window: Callable[..., Window], server: Server, record_property: Callable[[str, Any], None]
) -> None:
    here = window()
    page = here.page
    here.wait(image="quarter")
    page.click("#find-here")
    here.wait(message="the search is done")
    n_found = here.n
    page.fill("#labels-source", "truth.json")
    page.click("#labels-truth")
    page.locator("#comparison", has_text="hits").wait_for()
    page.keyboard.press("Escape")
    page.click("#zoom-out")
    here.settle()
    before = compared(here)
    begun = time.monotonic()

    page.keyboard.press("v")
    n = n_found
    for defect in before["false_finds"]:
        place = place_of(here, defect)
        assert place is not None
        here.click(*place)
        page.keyboard.press("Delete")
        n -= 1
        here.wait(defects=n)
    page.keyboard.press("Escape")
    page.keyboard.press("6")
    page.keyboard.press("l")
    for shape in before["misses"]:
        ring = np.array(max(shape["rings"], key=len)).reshape(-1, 2)
        here.drag(*(tuple(point) for point in ring[:: max(1, len(ring) // 20)].tolist()), steps=2)
        n += 1
        here.wait(defects=n)
    after = compared(here)
    record_property("found", n_found)
    record_property("before", {name: before[name] for name in ("n_true", "precision", "recall", "f1_score")})
    record_property("after", {name: after[name] for name in ("n_predicted", "precision", "recall", "f1_score")})
    record_property("clicks", len(before["false_finds"]) + len(before["misses"]))
    record_property("seconds", round(time.monotonic() - begun))
    assert before["f1_score"] < after["f1_score"]
    assert after["f1_score"] > 0.97

    page.fill("#dataset", "titanium")
    page.fill("#annotator", "a script")
    page.click("#save-form button")
    page.locator("#saved", has_text="titanium/corrected@2").wait_for(timeout=60_000)
    store = Catalogue.standard().find("titanium").store()
    labels = store.labels("corrected@2")
    assert labels.parent == "corrected@1"
    assert len(labels["quarter"]) == n
    assert len(store.labels("corrected@1")["quarter"]) == n_found
    for key in ("corrected@1", "corrected@2"):
        assert store.verify(key) == store.seal(key).digest
