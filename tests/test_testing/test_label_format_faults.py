from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from defectkit.errors import LabelReadError
from defectkit.formats.interface import LabelFormat, LabelReading, Repair, RepairReport
from defectkit.records import Instances, LabelSet, from_json, to_json
from defectkit.testing import LabelFormatSuite


class Whole(LabelFormat):
    """Labels as defectkit's own JSON."""

    name = "whole"
    description = "A label set as JSON."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, labels, path, images):
        path.write_text(to_json(labels))
        return RepairReport()

    def read(self, path, images, taxonomy):
        try:
            labels = from_json(path.read_text(encoding="utf-8"), LabelSet)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise LabelReadError(f"{path}: {error}") from error
        return self.reading(labels, images)

    def reading(self, labels: LabelSet, images: Mapping[str, Any]) -> LabelReading:
        gone = tuple(name for name in labels if name not in images)
        kept = {name: each for name, each in labels.instances.items() if name in images}
        lines = [Repair(kind="refused", problem="no image", what="left out", file="x", image=name) for name in gone]
        return LabelReading(
            labels=attrs.evolve(labels, instances=kept),
            report=RepairReport(lines),
            unlabelled=tuple(name for name in images if name not in kept),
            without_image=gone,
        )


def reading(rule: Callable[[LabelReading], LabelReading]) -> type[LabelFormat]:
    """A format whose readings are changed by a rule."""

    class Ruled(Whole):
        def reading(self, labels, images):
            return rule(super().reading(labels, images))

    return Ruled


def each(rule: Callable[[Instances], Instances | None]) -> type[LabelFormat]:
    """A format that changes the labels of each image as it reads them, or drops the image where the rule says None."""

    def change(found: LabelReading) -> LabelReading:
        changed = {name: rule(i) for name, i in found.labels.instances.items()}
        kept = {name: i for name, i in changed.items() if i is not None}
        return attrs.evolve(found, labels=attrs.evolve(found.labels, instances=kept))

    return reading(change)


class Lenient(Whole):
    def read(self, path: Path, images, taxonomy):
        if not path.exists() or not path.read_bytes().startswith(b'{"name"'):
            return self.reading(LabelSet(name="none", instances={}), images)
        return super().read(path, images, taxonomy)


class Fragile(Whole):
    @classmethod
    def recognizes(cls, path: Path) -> bool:
        return "defects" in json.loads(path.read_text())


class NoSubclass:
    name = "whole"
    description = "Labels."
    suffixes = ()


MENDED = Repair(kind="mended", problem="open polygon", what="closed", file="x")


class ReadsWell(LabelFormatSuite):
    cls = Whole
    is_registered = False


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of LabelFormat"),
    "test_its_name_is_one_word": (type("Spaced", (Whole,), {"name": "a b"}), "holds white space"),
    "test_its_description_is_one_line": (type("Mute", (Whole,), {"description": ""}), "description is empty"),
    "test_it_is_found_by_its_name": (type("Shadow", (Whole,), {"name": "coco"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (
        type("Needy", (Whole,), {"__init__": lambda self, encoding: None}),
        "encoding is positional",
    ),
    "test_its_suffixes_are_lower_case_with_a_dot": (type("Bare", (Whole,), {"suffixes": ("json",)}), "has no dot"),
    "test_what_is_written_is_read_again": (each(lambda i: i.take(range(len(i) - 1))), "defects, not"),
    "test_reading_changes_nothing_in_what_it_wrote_itself": (
        reading(lambda r: attrs.evolve(r, report=RepairReport([MENDED]))),
        "mended: x: closed",
    ),
    "test_an_image_without_a_defect_is_there": (each(lambda i: i if len(i) else None), "void"),
    "test_an_image_that_nobody_labelled_is_listed": (
        reading(lambda r: attrs.evolve(r, unlabelled=())),
        r"unlabelled: \(\)",
    ),
    "test_labels_without_an_image_are_listed": (
        reading(lambda r: attrs.evolve(r, without_image=())),
        r"without an image: \(\)",
    ),
    "test_a_file_of_another_kind_is_refused": (Lenient, "DID NOT RAISE"),
    "test_a_missing_file_is_refused": (Lenient, "DID NOT RAISE"),
    "test_recognizing_never_fails": (Fragile, "Is a directory"),
}


@pytest.mark.parametrize("test", [name for name in dir(ReadsWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (ReadsWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(ReadsWell(), test)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda i: attrs.evolve(i, type_codes=(i.type_codes + 1) % len(i.types)), "the types differ"),
        (lambda i: attrs.evolve(i, shape=(i.shape[0] + 1, i.shape[1])), "the frame is"),
        (lambda i: attrs.evolve(i, runs=i.runs.concatenate([i.runs.take([0])] * len(i))) if len(i) else i, "masks"),
    ],
)
def test_a_round_trip_that_changes_something_else_is_caught(
    rule: Callable[[Instances], Instances], said: str, run_inherited: Callable[[object, str], None]
) -> None:
    suite = type("Faulty", (ReadsWell,), {"cls": each(rule)})
    with pytest.raises(AssertionError, match=said):
        run_inherited(suite(), "test_what_is_written_is_read_again")
