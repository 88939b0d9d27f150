"""A folder of synthetic micrographs, the application on it, and the real server with a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from served import Server, chromium
from window import Window

from defectkit import write_labels
from defectkit.testing.synthetic import synthetic_micrograph


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DEFECTKIT_CATALOGUE", str(tmp_path / "catalogue"))


def write_tif(path: Path, pixels: np.ndarray[Any, Any], pixel_size_nm: float | None) -> Path:
    if pixel_size_nm is None:
        tifffile.imwrite(path, pixels)
    else:
        per_nm = (round(1e6 / pixel_size_nm), 10**6)
        tifffile.imwrite(path, pixels, imagej=True, resolution=(per_nm, per_nm), metadata={"unit": "nm"})
    return path


@pytest.fixture(scope="session")
def scene() -> tuple[Any, Any]:
    """A micrograph of 16 bits with 17 defects, and its truth."""
    return synthetic_micrograph(5, shape=(512, 640), counts={"bdot": 9, "loop_111": 8}, n_lines=0)


@pytest.fixture
def folder(tmp_path: Path, scene: tuple[Any, Any]) -> Path:
    """Two images and the truth of the first."""
    image, truth = scene
    made = tmp_path / "frames"
    made.mkdir()
    size = image.required_calibration().pixel_size_nm[1]
    write_tif(made / "one.tif", image.pixels, size)
    write_tif(made / "two.tif", np.ascontiguousarray(image.pixels[::-1]), size)
    write_labels(
        {"one": truth}, made / "truth.json", format="coco", images=[image.__class__.from_array("one", image.pixels)]
    )
    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = chromium()
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium, or name it by DEFECTKIT_CHROMIUM")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    started = Server(folder)
    yield started
    started.end()


@pytest.fixture
def window(browser: Any, server: Server) -> Iterator[Callable[..., Window]]:
    made: list[Window] = []

    def opened(**more: Any) -> Window:
        made.append(Window(browser, server, **more))
        return made[-1]

    yield opened
    for each in made:
        assert each.complaints == []
        assert {url.split("/")[2] for url in each.asked if url.startswith("http")} == {server.address.split("/")[2]}
        each.context.close()
