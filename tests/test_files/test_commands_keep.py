"""Commands keep what is the user's: files of his in their folders, and all that they read."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from defectkit.errors import RenamedFileWarning
from tests.attack.commands import WRITERS, copied, make_workplace, run, state

WORDS = {writer.name: writer.words for writer in WRITERS}


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keep") / "workplace"
    make_workplace(folder)
    assert run(folder, *WORDS["analyze"]).exit_code == 0
    return folder


def test_a_second_analysis_keeps_a_picture_and_refuses_an_edited_table(analyzed: Path, tmp_path: Path) -> None:
    place = copied(analyzed, tmp_path / "place")
    (place / "out" / "overlays" / "mine.png").write_text("mine")
    assert run(place, *WORDS["analyze"]).exit_code == 0
    assert (place / "out" / "overlays" / "mine.png").read_text() == "mine"
    (place / "out" / "defects.csv").write_text("edited")
    before = state(place)
    refused = run(place, *WORDS["analyze"])
    assert refused.exit_code == 2
    assert "defects.csv was changed since" in refused.stderr
    assert state(place) == before
    with warnings.catch_warnings():
        warnings.simplefilter("always", RenamedFileWarning)
        done = run(place, *WORDS["analyze"], "--overwrite")
    assert done.exit_code == 0
    assert "kept as defects.kept-1.csv" in done.stderr
    assert (place / "out" / "defects.kept-1.csv").read_text() == "edited"
    assert (place / "out" / "overlays" / "mine.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*WORDS["evaluate"][:-1], "out"), "what `defectkit analyze` wrote"),
        (
            ("evaluate", "--truth", "labels.json", "--predicted", "out", "--images", "frames", "-o", "out"),
            "is the input",
        ),
        ((*WORDS["analyze"][:-1], "frames", "--overwrite"), "is the input"),
        ((*WORDS["analyze"][:-1], "frames/out", "--overwrite"), "lies in the input"),
        ((*WORDS["measure"][:-1], ".", "--overwrite"), "holds the input"),
        (("train", "train.toml", "-o", "frames/model"), "lies in the input"),
        (("study", "run", "study.toml", "-o", "frames/study"), "lies in the input"),
        (("labels", "diff", "lab/labels@1", "lab/labels@2", "-o", "catalogue/out"), "lies in the input"),
        (("labels", "export", "lab/labels@1", "--format", "coco", "-o", "labels.json"), "--overwrite to replace"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else value[:12],
)
def test_an_output_that_would_harm_is_refused(analyzed: Path, words: tuple[str, ...], said: str) -> None:
    before = state(analyzed)
    refused = run(analyzed, *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert state(analyzed) == before
