"""What an analysis found goes out into files of other programs, is corrected there, and comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from defectkit.testing.synthetic import synthetic_micrograph

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images with a detector's finds beside them, in ``out``."""
    from defectkit import analyze
    from defectkit.formats import read_images
    from defectkit.reports import write_analysis

    folder = tmp_path_factory.mktemp("correcting")
    (folder / "frames").mkdir()
    for seed, name in enumerate(("one", "two")):
        image, _ = synthetic_micrograph(seed, shape=(192, 192), counts={"bdot": 5, "loop_111": 3}, n_lines=0)
        PIL.Image.fromarray(np.asarray(image.pixels)).save(folder / "frames" / f"{name}.png")
    images = read_images(folder / "frames", pixel_size="1 nm", foil_thickness="100 nm")
    write_analysis(analyze(images), folder / "out")
    return folder


def without_one(name: str, path: Path) -> None:
    """Delete the first defect of an exported file, as a person would in the program."""
    if name == "cvat":
        tree = ET.parse(path)
        image = next(element for element in tree.getroot().iterfind("image") if len(element))
        image.remove(image[0])
        tree.write(path)
        return
    document = json.loads(path.read_text())
    if name == "coco":
        del document["annotations"][0]
    elif name == "via":
        del next(e for e in document["_via_img_metadata"].values() if e["regions"])["regions"][0]
    else:
        del document[0]["annotations"][0]["result"][0]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("name", ["cvat", "label-studio", "coco", "via"])
def test_a_defect_that_is_deleted_elsewhere_is_gone(name: str, run: Run, measured: Path, tmp_path: Path) -> None:
    file = tmp_path / ("labels.xml" if name == "cvat" else "labels.json")
    found = pd.read_csv(measured / "out" / "defects.csv")
    assert len(found) > 5
    result = run("labels", "export", measured / "out", "--format", name, "-o", file)
    assert f"{len(found)} defects in 2 images" in result.stdout
    without_one(name, file)
    frames = ("--images", measured / "frames", "--pixel-size", "1 nm", "--foil-thickness", "100 nm")
    assert run("measure", "--labels", file, *frames, "-o", tmp_path / "again").exit_code == 0
    again = pd.read_csv(tmp_path / "again" / "defects.csv")
    pd.testing.assert_series_equal(again["area_nm2"], found["area_nm2"].drop(0).reset_index(drop=True))
    compared = run("evaluate", "--predicted", measured / "out", "--truth", file, *frames[:4], "-o", tmp_path / "scores")
    assert compared.exit_code == 0, compared.output


def test_what_is_corrected_becomes_a_version_with_a_parent(
    run: Run, measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DEFECTKIT_CATALOGUE", str(tmp_path / "catalogue"))
    file = tmp_path / "labels.xml"
    assert run("labels", "export", measured / "out", "--format", "cvat", "-o", file).exit_code == 0
    labels = ("--labels", file, "--pixel-size", "1 nm", "--annotator", "loopnet")
    made = run("datasets", "add", measured / "frames", "--name", "lab", "--label-set", "found", *labels)
    assert made.exit_code == 0, made.output
    without_one("cvat", file)
    added = run("labels", "add", "lab", file, "--set", "found", "--annotator", "Anna")
    assert added.exit_code == 0, added.output
    assert "removed" in run("labels", "diff", "lab/found@1", "lab/found@2").stdout
    assert run("datasets", "check", "lab").exit_code == 0


@pytest.mark.parametrize("source", ["empty", "missing"])
def test_a_folder_without_an_analysis_is_told(
    source: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    result = run("labels", "export", source, "--format", "via", "-o", tmp_path / "x.json")
    assert result.exit_code == 2
    assert "DATASET/LABELS" in result.stderr
