from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import attrs
import numpy as np
import pytest
from PIL import Image as Pictures

from defectkit.errors import ImageReadError, OutputError
from defectkit.formats import RepairReport
from defectkit.reports import analysis_folder, defects_csv, write_analysis
from defectkit.workflows import Analysis

MakeAnalysis = Callable[..., Analysis]
FILES = {"defects.csv", "summary.csv", "hardening.csv", "condition.csv", "overlays", "report.html", "results.zarr"}


@attrs.frozen(kw_only=True, eq=False)
class BrokenPixels:
    """Pixels of a file that went away."""

    shape: tuple[int, int] = (90, 120)
    dtype: Any = np.uint8

    def read(self) -> Any:
        raise ImageReadError("two.tif: it is gone")


def test_the_folder_holds_all_that_was_promised(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    analysis = make_analysis("one", "sub/none")
    assert write_analysis(analysis, tmp_path / "out") == tmp_path / "out"
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES
    overlays = sorted((tmp_path / "out" / "overlays").rglob("*.png"))
    assert [p.relative_to(tmp_path / "out" / "overlays").as_posix() for p in overlays] == ["one.png", "sub/none.png"]
    assert (tmp_path / "out" / "defects.csv").read_bytes().decode() == defects_csv(analysis.defects)
    assert Analysis.load(tmp_path / "out" / "results.zarr").settings == analysis.settings
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_page_holds_a_picture_of_every_image(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    write_analysis(make_analysis("one", "none"), tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)" width="(\d+)" height="(\d+)"', text)
    assert len(found) == 2
    for code, width, height in found:
        with Pictures.open(io.BytesIO(base64.b64decode(code))) as picture:
            assert picture.size == (int(width), int(height))


def test_repairs_have_a_table(make_analysis: MakeAnalysis, repairs: RepairReport, tmp_path: Path) -> None:
    write_analysis(make_analysis("one", repairs=repairs), tmp_path / "out")
    assert "it was <closed>" in (tmp_path / "out" / "repairs.csv").read_text(encoding="utf-8")


def test_an_empty_folder_is_written_into_and_a_full_one_is_not(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    analysis = make_analysis("one")
    (tmp_path / "out").mkdir()
    write_analysis(analysis, tmp_path / "out")
    before = (tmp_path / "out" / "report.html").stat().st_mtime_ns
    with pytest.raises(OutputError, match="give a new or an empty folder"):
        write_analysis(analysis, tmp_path / "out")
    assert (tmp_path / "out" / "report.html").stat().st_mtime_ns == before


def test_a_fault_on_the_way_leaves_nothing(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    analysis = make_analysis("one", "two")
    broken = attrs.evolve(analysis.images[1], source=BrokenPixels())
    with pytest.raises(ImageReadError, match=r"two\.tif"):
        write_analysis(attrs.evolve(analysis, images=(analysis.images[0], broken)), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_names_that_lead_astray_stay_within_the_folder(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    write_analysis(make_analysis("../one"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    (overlay,) = (path for path in (tmp_path / "out" / "overlays").rglob("*") if path.is_file())
    assert overlay.resolve().is_relative_to(tmp_path / "out" / "overlays")


def test_a_place_that_cannot_be_written_is_an_error(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_analysis(make_analysis("one"), tmp_path / "file" / "out")


def test_progress_is_told_of_every_image(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    told: list[object] = []

    def watch(iterable: Any, description: str, total: int | None = None) -> Any:
        told.append((description, total))
        yield from iterable

    write_analysis(make_analysis("one", "two"), tmp_path / "out", progress=watch)
    assert told == [("drawing", 2)]


def test_a_page_stays_small_and_shows_the_other_pictures_from_their_files(
    make_analysis: MakeAnalysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis_folder, "LARGEST_EMBEDDED", 1)
    monkeypatch.setattr(import_module("defectkit.reports.analysis_page"), "MOST_IMAGES", 2)
    write_analysis(make_analysis("one", "sub/two 2", "three"), tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert text.count('src="data:image/jpeg') == 1
    beside = re.findall(r'src="(overlays/[^"]+)"', text)
    assert beside == ["overlays/sub/two%202.png", "overlays/three.png"]
    assert all((tmp_path / "out" / unquote(place)).is_file() for place in beside)
    assert "The first 1 pictures are in this page; the other 2 are shown from that folder" in text
    assert text.count("Shown are the first 2 of 3 images") == 3
    assert text.count('<th scope="row">three</th>') == 0
