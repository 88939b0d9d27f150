"""Each law catches a class that is wrong on purpose, and lets a right one pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from defectkit.records import Instances
from defectkit.splitters import RandomKFold
from defectkit.testing import SplitterSuite, known_labels
from defectkit.testing.checking import Status, check, outcome_of
from defectkit.testing.elsewhere import elsewhere
from tests.laws.kinds import KINDS, KindOfLaws
from tests.laws.mutant import Mutant
from tests.laws.table import page

MUTANTS = [
    pytest.param(mutant, id=f"{kind.title}-{mutant.name}-{mutant.law}") for kind in KINDS for mutant in kind.mutants
]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_class_is_caught(mutant: Mutant) -> None:
    outcome = outcome_of(mutant.suite, mutant.law)
    assert outcome.status is Status.FAILED
    assert re.search(mutant.said, outcome.reason)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_a_right_class_passes(kind: KindOfLaws) -> None:
    failed = [outcome for outcome in check(kind.right) if outcome.status not in (Status.PASSED, Status.EXCEPTED)]
    assert failed == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_every_law_catches_something(kind: KindOfLaws) -> None:
    assert set(kind.laws) - {mutant.law for mutant in kind.mutants} == set()


def test_every_law_says_something() -> None:
    assert [law for kind in KINDS for law, text in kind.laws.items() if not text.endswith(".")] == []


def test_the_page_of_laws_is_that_of_the_suites() -> None:
    written = Path(__file__).parents[2] / "docs" / "laws.md"
    assert written.read_text(encoding="utf-8") == page(), "run `python -m tests.laws`"


class OfSeveral(SplitterSuite):
    cls = RandomKFold
    option_sets: ClassVar = ({"n_splits": 3}, {"n_splits": 40})


class TestOfSeveral(SplitterSuite):
    """Pytest runs each law once for each set of options."""

    cls = RandomKFold
    option_sets: ClassVar = ({"n_splits": 3}, {"n_splits": 4})
    seen: ClassVar[set[int]] = set()

    def test_there_is_a_split(self) -> None:
        names = [split.name for split in self.splits(self.make(), self.images())]
        assert len(names) == self.options["n_splits"]
        self.seen.add(self.options["n_splits"])

    def test_both_were_tried(self) -> None:
        if self.options["n_splits"] == 4:
            assert self.seen == {3, 4}


def test_a_law_that_fails_with_one_of_several_sets_of_options_fails() -> None:
    assert outcome_of(OfSeveral, "there_is_a_split").status is Status.FAILED
    assert outcome_of(OfSeveral, "its_name_is_one_word").status is Status.PASSED


class Excepted(OfSeveral):
    exceptions: ClassVar = {"there_is_a_split": "forty folds need forty images"}


def test_a_law_that_a_suite_is_excepted_from_is_not_asked() -> None:
    outcome = outcome_of(Excepted, "there_is_a_split")
    assert (outcome.status, outcome.reason) == (Status.EXCEPTED, "forty folds need forty images")
    assert outcome.sentence == "At least one split comes out, and no two of one name."


class Mistaken(SplitterSuite):
    cls = RandomKFold
    exceptions: ClassVar = {"there_is_a_spilt": "a word is mistyped"}


def test_an_exception_from_a_law_that_there_is_not_is_told() -> None:
    outcome = outcome_of(Mistaken, "exceptions_are_of_laws_and_have_a_reason")
    assert "there is no law 'there_is_a_spilt'" in outcome.reason


def test_another_process_has_other_hashes() -> None:
    assert elsewhere(hash, "defectkit") != hash("defectkit")


def test_what_fails_in_another_process_is_told_here() -> None:
    with pytest.raises(AssertionError, match="in another process it fails: ZeroDivisionError"):
        elsewhere(divmod, 1, 0)


@pytest.mark.parametrize("defect", [known_labels.ANGLE, known_labels.BOX])
def test_known_labels_have_the_pixels_that_both_outlines_hold(defect: known_labels.KnownDefect) -> None:
    drawn = known_labels.known_instances((defect,))
    along = Instances.from_polygons([defect.corners], types=[defect.type], shape=known_labels.KNOWN_SHAPE)
    assert drawn.runs == along.runs
    assert np.array_equal(drawn[0].mask(), defect.mask)
    assert tuple(drawn.boxes[0].tolist()) == defect.box


@pytest.mark.parametrize("step", [(0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5)])
def test_half_a_pixel_aside_known_labels_have_other_pixels(step: tuple[float, float]) -> None:
    moved = [np.add(known_labels.ANGLE.outline, step)]
    found = Instances.from_polygons(moved, types=["bdot"], shape=known_labels.KNOWN_SHAPE)
    assert found.runs != known_labels.known_instances((known_labels.ANGLE,)).runs
