from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from PIL import Image as Pictures

from defectkit.cli.image_files import open_images
from defectkit.detectors.blob import Blob
from defectkit.errors import ImplausibleSizeError
from defectkit.records import Image
from defectkit.workflows import Analysis

Run = Callable[..., Result]
RunProcess = Callable[..., Any]

FILES = {"defects.csv", "summary.csv", "hardening.csv", "condition.csv", "overlays", "report.html", "results.zarr"}
CALIBRATED = ("--pixel-size", "0.5 nm", "--foil-thickness", "100 nm")


def write_micrograph(path: Path, n: int) -> None:
    """Write an image with ``n`` dark discs on a noisy gray."""
    rng = np.random.default_rng(3)
    row, col = np.indices((160, 200)) + 0.5
    pixels = np.full((160, 200), 170.0)
    for k in range(n):
        pixels[np.hypot(row - 80, col - 30 - 45 * k) < 8 + k] = 60
    path.parent.mkdir(parents=True, exist_ok=True)
    Pictures.fromarray(np.clip(pixels + rng.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    for name, n in (("one", 3), ("two", 2), ("none", 0)):
        write_micrograph(folder / f"{name}.png", n)
    return folder


def contents(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def assert_refused(result: Any, folder: Path, *words: str) -> None:
    status, stderr = (
        (result.exit_code, result.stderr) if isinstance(result, Result) else (result.returncode, result.stderr)
    )
    assert status == 2, stderr
    for word in words:
        assert word in stderr, stderr
    assert "Traceback" not in stderr
    assert not [name for name in contents(folder) if name.startswith((".out", "out"))]


def test_sizes_that_no_micrograph_has_are_asked_about(run: Run, frames: Path, tmp_path: Path) -> None:
    for sizes in (("--pixel-size", "0.25 m"), ("--pixel-size", "0.5 nm", "--foil-thickness", "100 mm")):
        refused = run("analyze", frames, *sizes, "-o", tmp_path / "out")
        assert_refused(refused, tmp_path, "--confirm-pixel-size", sizes[-1].split()[1])
    assert run("analyze", frames, *sizes, "--confirm-pixel-size", "-o", tmp_path / "out").exit_code == 0


def test_a_question_is_answered_at_a_terminal(monkeypatch: pytest.MonkeyPatch, frames: Path) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    asked: list[str] = []

    def answer(yes: bool) -> None:
        def confirm(text: str, **_: object) -> bool:
            asked.append(text)
            return yes

        monkeypatch.setattr("click.confirm", confirm)

    answer(False)
    with pytest.raises(ImplausibleSizeError):
        open_images([frames], pixel_size="0.25 m", confirm_pixel_size=False)
    answer(True)
    images = open_images([frames], pixel_size="0.25 m", confirm_pixel_size=False)
    assert images["one"].required_calibration().pixel_size_nm == pytest.approx((0.25e9, 0.25e9))
    assert [text.endswith("Use them?") for text in asked] == [True, True]


def test_a_folder_of_images_becomes_a_report(run: Run, frames: Path, tmp_path: Path) -> None:
    result = run("analyze", frames, *CALIBRATED, "--min-score", 0.7, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "out") == {*FILES, ".defectkit-output.json"}
    assert contents(tmp_path / "out" / "overlays") == {"one.png", "two.png", "none.png"}
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    every = summary[summary["defect_type"] == "all"].set_index("image")
    assert every["count"].to_dict() == {"none": 0, "one": 3, "two": 2}
    defects = pd.read_csv(tmp_path / "out" / "defects.csv")
    assert defects["equivalent_diameter_nm"].between(7, 11).all()
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in result.stdout
    assert "defect" in result.stdout and "per nm^2" in result.stdout
    assert contents(tmp_path) == {"frames", "out"}


def test_options_reach_the_results(run: Run, frames: Path, tmp_path: Path) -> None:
    material = tmp_path / "mine.toml"
    material.write_text(
        'taylor_factor = 3.06\nshear_modulus = "82 GPa"\nburgers_vector = "0.249 nm"\nsource = "this test"\n'
    )
    result = run(
        *("analyze", frames / "one.png", frames / "none.png", *CALIBRATED, "-o", tmp_path / "out"),
        *("--detector", "blob", "--detector-option", "min_diameter=4 nm", "--detector-option", "edge_level=0.4"),
        *("--min-score", "0.1", "--convention", "jacobs2022"),
        *("--material", material, "--barrier-strength", "defect=0.2"),
    )
    assert result.exit_code == 0, result.output
    settings = Analysis.load(tmp_path / "out" / "results.zarr").settings
    assert settings["detector"]["options"]["edge_level"] == 0.4
    assert "4" in settings["detector"]["options"]["min_diameter"]
    assert settings["min_score"] == 0.1
    assert settings["convention"]["name"] == "jacobs2022"
    assert settings["material"]["name"] == "mine"
    assert settings["material"]["barrier_strengths"] == {"defect": 0.2}
    hardening = pd.read_csv(tmp_path / "out" / "hardening.csv")
    assert (hardening[hardening["image"] == "one"]["hardening_mpa"] > 0).all()
    assert "Hardening (quadrature):" in result.stdout


def test_a_saved_model_can_be_named(run: Run, frames: Path, tmp_path: Path) -> None:
    Blob(edge_level=0.4).save(tmp_path / "model")
    result = run(
        "analyze", frames, *CALIBRATED, "--detector", "blob", "--model", tmp_path / "model", "-o", tmp_path / "out"
    )
    assert result.exit_code == 0, result.output
    settings = Analysis.load(tmp_path / "out" / "results.zarr").settings
    assert settings["detector"]["options"]["edge_level"] == 0.4


def test_without_a_thickness_there_are_densities_per_area_and_a_reason(run: Run, frames: Path, tmp_path: Path) -> None:
    only = ("--pixel-size", "0.5 nm", "--detector", "blob")
    result = run("analyze", frames / "one.png", *only, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert (summary[summary["defect_type"] == "all"]["areal_density_per_nm2"] > 0).all()
    assert summary["number_density_per_m3"].isna().all()
    assert "no foil thickness" in result.stderr
    assert "Hardening: not known" in result.stdout and "foil thickness" in result.stdout


def test_a_run_again_renews_its_own_folder(run: Run, frames: Path, tmp_path: Path) -> None:
    for paths in ([frames / "one.png", frames / "two.png"], [frames / "one.png"]):
        assert run("analyze", *paths, *CALIBRATED, "-o", tmp_path / "out").exit_code == 0
    assert contents(tmp_path / "out" / "overlays") == {"one.png"}


def test_a_folder_of_others_is_not_written_into(run: Run, frames: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    result = run("analyze", frames, *CALIBRATED, "-o", tmp_path / "mine")
    assert result.exit_code == 2
    assert contents(tmp_path / "mine") == {"thesis.tex"}


def test_an_interrupted_run_goes_on(run: Run, frames: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    whole = Blob.predict

    def until_two(self: Blob, images: Iterator[Image]) -> Iterator[Any]:
        for prediction in whole(self, images):
            if prediction.image == "two":
                raise KeyboardInterrupt
            seen.append(prediction.image)
            yield prediction

    monkeypatch.setattr(Blob, "predict", until_two)
    stopped = run("analyze", frames, *CALIBRATED, "--detector", "blob", "-o", tmp_path / "out")
    assert stopped.exit_code == 130
    assert seen == ["none", "one"]
    assert "2 images are done" in stopped.stderr
    assert contents(tmp_path) == {"frames", ".out.defectkit"}

    def watched(self: Blob, images: Iterator[Image]) -> Iterator[Any]:
        for prediction in whole(self, images):
            seen.append(prediction.image)
            yield prediction

    monkeypatch.setattr(Blob, "predict", watched)
    assert run("analyze", frames, *CALIBRATED, "--detector", "blob", "-o", tmp_path / "out").exit_code == 0
    assert seen == ["none", "one", "two"]
    assert contents(tmp_path) == {"frames", "out"}


def test_a_corrupt_image_is_refused(run: Run, frames: Path, tmp_path: Path) -> None:
    whole = (frames / "two.png").read_bytes()
    (frames / "two.png").write_bytes(whole[: len(whole) // 2])
    result = run("analyze", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "two.png" in result.stderr
    assert "out" not in contents(tmp_path)


def test_what_is_no_image_is_refused(run_process: RunProcess, tmp_path: Path) -> None:
    (tmp_path / "one.png").write_text("this is text")
    assert_refused(run_process("analyze", "one.png", *CALIBRATED, "-o", "out"), tmp_path, "one.png")
    (tmp_path / "notes.txt").write_text("this is text")
    assert_refused(run_process("analyze", "notes.txt", *CALIBRATED, "-o", "out"), tmp_path, "notes.txt", ".txt")


def test_a_missing_calibration_is_refused(run: Run, frames: Path, tmp_path: Path) -> None:
    assert_refused(run("analyze", frames / "one.png", "-o", tmp_path / "out"), tmp_path, "'one'", "--pixel-size")
    assert_refused(run("analyze", frames, "-o", tmp_path / "out"), tmp_path, "3 of 3 images", "--pixel-size")


def test_wrong_units_are_refused(run: Run, frames: Path, tmp_path: Path) -> None:
    for value in ("0.5", "0.5 kg", "-1 nm", "nonsense"):
        assert_refused(run("analyze", frames, "--pixel-size", value, "-o", tmp_path / "out"), tmp_path, "--pixel-size")


def test_unknown_names_are_refused(run: Run, frames: Path, tmp_path: Path) -> None:
    base = ("analyze", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert_refused(run(*base, "--detector", "blub"), tmp_path, "blub", "blob")
    assert_refused(run(*base, "--convention", "jacobs2021"), tmp_path, "jacobs2022")
    assert_refused(run(*base, "--material", "fecra"), tmp_path, "fecral")
    assert_refused(run(*base, "--hardening-model", "magic"), tmp_path, "dispersed-barrier")
    assert_refused(run(*base, "--detector-option", "edge_levels=1"), tmp_path, "edge_level")
    assert_refused(run(*base, "--barrier-strength", "loop_11=0.1"), tmp_path, "loop_111")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--detector-option", "edge_level"),
        ("--detector-option", "edge_level=7"),
        ("--barrier-strength", "bdot"),
        ("--barrier-strength", "bdot=-1"),
        ("--barrier-strength", "bdot=many"),
        ("--min-score", "2"),
        ("--model", "no such folder"),
    ],
)
def test_values_that_make_no_sense_are_refused(run: Run, frames: Path, tmp_path: Path, option: str, value: str) -> None:
    result = run("analyze", frames, *CALIBRATED, "-o", tmp_path / "out", option, value)
    assert_refused(result, tmp_path)
    assert "rror:" in result.stderr


def test_an_option_given_twice_is_refused(run: Run, frames: Path, tmp_path: Path) -> None:
    twice = ("--barrier-strength", "bdot=0.1", "--barrier-strength", "bdot=0.2")
    assert_refused(run("analyze", frames, *CALIBRATED, "-o", tmp_path / "out", *twice), tmp_path, "bdot", "twice")


def test_nothing_to_analyze_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(run("analyze", tmp_path / "empty", *CALIBRATED, "-o", tmp_path / "out"), tmp_path, "no image")
    missing = tmp_path / "missing.png"
    assert_refused(run("analyze", missing, *CALIBRATED, "-o", tmp_path / "out"), tmp_path, "missing.png")
    assert run("analyze", *CALIBRATED, "-o", tmp_path / "out").exit_code == 2


def test_the_marker_lists_what_was_written(run: Run, frames: Path, tmp_path: Path) -> None:
    run("analyze", frames / "one.png", *CALIBRATED, "-o", tmp_path / "out")
    marker = json.loads((tmp_path / "out" / ".defectkit-output.json").read_text())
    assert {name.partition("/")[0] for name in marker["files"]} == FILES
    assert marker["command"] == "analyze"


def test_the_help_has_an_example(run: Run) -> None:
    result = run("analyze", "--help")
    assert result.exit_code == 0
    assert 'defectkit analyze image.tif --pixel-size "0.2554 nm"' in result.stdout
