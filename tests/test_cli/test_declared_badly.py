"""What is wrong with a training or a study is told before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.detectors.pixel_forest import PixelForest
from tests.attack.commands import STUDY, make_workplace, run


@pytest.mark.parametrize("output", ["labels.json/model", "frames"], ids=["below a file", "a folder with files"])
def test_an_output_that_cannot_be_written_is_told_before_training(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workplace(tmp_path / "place")

    def fit(*_: object, **__: object) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(PixelForest, "fit", fit)
    done = run(tmp_path / "place", "train", "train.toml", "-o", output)
    assert done.exit_code == 2
    assert done.stderr.count("error: ") == 1


def test_text_where_a_number_belongs_in_a_study(tmp_path: Path) -> None:
    place = tmp_path / "place"
    make_workplace(place)
    (place / "study.toml").write_text(STUDY.replace("n_splits = 2", 'n_splits = "five"'))
    done = run(place, "study", "run", "study.toml", "-o", "study")
    assert done.exit_code == 2
    assert "n_splits is 'five', but a whole number is needed" in done.stderr
