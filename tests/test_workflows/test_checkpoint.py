from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from defectkit.errors import OutputError, ResumeWarning
from defectkit.records import Instances, Prediction
from defectkit.workflows import Checkpoint

SETTINGS = {"detector": {"name": "blob"}, "version": "1"}


def prediction(image: str = "one") -> Prediction:
    mask = np.eye(6, dtype=bool)
    instances = Instances.from_masks([mask], types=["bdot"], shape=(6, 6), scores=np.array([0.5]))
    return Prediction(image=image, instances=instances, detector="blob", capped=True, notes=("a note",))


def test_what_was_put_is_got_again(tmp_path: Path) -> None:
    Checkpoint.open(tmp_path / "work", SETTINGS).put(prediction(), "abc")
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    found = kept.get("one", "abc")
    assert found is not None
    assert found.instances == prediction().instances
    assert (found.image, found.detector, found.capped, found.notes) == ("one", "blob", True, ("a note",))
    assert len(kept) == 1


def test_another_image_or_another_digest_is_not_there(tmp_path: Path) -> None:
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    kept.put(prediction(), "abc")
    assert kept.get("one", "abd") is None
    assert kept.get("two", "abc") is None


def test_names_need_not_be_file_names(tmp_path: Path) -> None:
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    for name in ("a/b", "a\\b", "..", "a" * 300, "ä?*"):
        kept.put(prediction(name), "abc")
    assert len(kept) == 5
    found = kept.get("a/b", "abc")
    assert found is not None and found.image == "a/b"
    assert [p.name for p in tmp_path.iterdir()] == ["work"]


def test_other_settings_are_named_and_share_nothing(tmp_path: Path) -> None:
    first = Checkpoint.open(tmp_path / "work", SETTINGS)
    first.put(prediction(), "abc")
    with pytest.warns(ResumeWarning, match=r"\(version\)"):
        changed = Checkpoint.open(tmp_path / "work", {**SETTINGS, "version": "2"})
    assert len(changed) == 0
    assert changed.get("one", "abc") is None
    changed.discard()
    assert Checkpoint.open(tmp_path / "work", SETTINGS).get("one", "abc") is not None


def test_a_damaged_file_is_done_again(tmp_path: Path) -> None:
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    kept.put(prediction(), "abc")
    (file,) = (tmp_path / "work").glob("*/*.prediction")
    file.write_text(file.read_text()[:-40])
    with pytest.warns(ResumeWarning, match="damaged"):
        assert kept.get("one", "abc") is None


@pytest.mark.parametrize("text", ["{", "[" * 100_000], ids=["broken", "deep"])
def test_damaged_settings_do_no_harm(tmp_path: Path, text: str) -> None:
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    kept.put(prediction(), "abc")
    (tmp_path / "work" / kept.key / "unfinished-run.json").write_text(text)
    assert len(Checkpoint.open(tmp_path / "work", SETTINGS)) == 1
    with pytest.warns(ResumeWarning, match=r"unfinished-run\.json"):
        Checkpoint.open(tmp_path / "work", {**SETTINGS, "version": "2"})


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="did not write"):
        Checkpoint.open(tmp_path, SETTINGS)
    with pytest.raises(OutputError, match="defectkit did not write"):
        Checkpoint.open(tmp_path / "thesis.tex", SETTINGS)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    kept = Checkpoint.open(tmp_path / "work", SETTINGS)
    kept.put(prediction(), "abc")
    (tmp_path / "work" / kept.key / ".0123.part").write_text("cut sho")
    kept.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [".0123456789abcdef.part", f"{'a' * 32}.prediction"])
def test_a_run_that_was_killed_while_it_began_or_ended_hinders_nobody(left: str, tmp_path: Path) -> None:
    mine, other = tmp_path / "work" / ("b" * 32), {"detector": "other"}
    mine.mkdir(parents=True)
    (mine / left).write_text("half")
    Checkpoint.open(tmp_path / "work", other).discard()
    assert [file.name for file in mine.iterdir()] == [left]
