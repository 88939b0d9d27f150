from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image as Pictures

from defectkit.detectors.loopnet import LoopNet

Run = Callable[..., Result]


def test_the_card_of_a_detector(run: Run) -> None:
    result = run("models", "loopnet")
    assert result.exit_code == 0
    assert result.output.startswith("# loopnet ")
    for section in ("License: MIT", "## Trained on", "## Limits", "| operating_point | f1 |"):
        assert section in result.output
    assert json.loads(run("models", "loopnet", "--json").output)["name"] == "loopnet"


def test_all_detectors_are_listed(run: Run) -> None:
    listed = json.loads(run("models", "--json").output)
    assert {"loopnet", "blob", "pixel-forest"} <= {row["name"] for row in listed}
    assert "pixel-forest" in run("models").output


def test_the_card_of_a_saved_detector(run: Run, tmp_path: Path) -> None:
    LoopNet(operating_point="precision=0.9").save(tmp_path / "saved")
    assert "precision=0.9" in run("models", "loopnet", "--model", tmp_path / "saved").output


@pytest.mark.parametrize("arguments", [("nobody",), ("--model", "folder"), ("blob", "--model", "nowhere")])
def test_what_is_not_there_ends_with_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("models", *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_analyze_hands_operating_point_and_polarity_on(run: Run, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (96, 96))
    pixels[40:52, 30:42] = 200
    Pictures.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png")
    given = ("analyze", tmp_path / "a.png", "--pixel-size", "1 nm", "--detector", "loopnet")
    done = run(*given, "--operating-point", "precision=0.5", "--polarity", "bright", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    report = (tmp_path / "out" / "report.html").read_text()
    assert "precision=0.5" in report
    wrong = run(*given, "--operating-point", "recall", "-o", tmp_path / "wrong")
    assert (wrong.exit_code, "operating point" in wrong.stderr) == (2, True)
    twice = run(*given, "--polarity", "dark", "--detector-option", "polarity=bright", "-o", tmp_path / "twice")
    assert twice.exit_code == 2
    blob = run(
        "analyze", tmp_path / "a.png", "--pixel-size", "1 nm", "--detector", "blob", "--polarity", "dark", "-o", "x"
    )
    assert (blob.exit_code, "polarity" in blob.stderr) == (2, True)
