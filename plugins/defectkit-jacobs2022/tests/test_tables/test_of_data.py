"""Tables that look at the data alone."""

from __future__ import annotations

import attrs
import pytest
from defectkit_jacobs2022.artifact import Outcome, Roles
from defectkit_jacobs2022.published import published_tables
from defectkit_jacobs2022.published_rows import findings, notes, ordered, printed, reference, stands_for
from defectkit_jacobs2022.table import Table
from defectkit_jacobs2022.tables import TABLES
from defectkit_jacobs2022.tables.counting import CountedSplit, Side, counted, published_key, split_counts, splits_of
from tiny_reproduction import INITIAL, ROLES, UNKNOWN_FOIL

from defectkit import hooks
from defectkit.errors import StudyError
from defectkit.hardening import load_material
from defectkit.records import LabelSet

TYPES = ("loop_100", "loop_111", "bdot")


def rows(table: Table, *names: str) -> list[tuple[object, ...]]:
    return list(zip(*map(table.column, names), strict=True))


def expected_counts(labels: LabelSet, images: tuple[str, ...]) -> list[int]:
    names = [name.removesuffix("_open") for image in images for name in labels[image].type_names]
    return [names.count(t) for t in TYPES]


def test_label_sets(made: dict[str, Table], outcome: Outcome) -> None:
    lines = rows(made["table1"], "place", "labels", "source", "images", *TYPES, "defects")
    for place, key in (("dataset1", ROLES.first), ("dataset2", ROLES.second), ("dataset2-expanded", ROLES.expanded)):
        labels = outcome.data.labels(key)
        counts = expected_counts(labels, labels.images)
        assert (place, key, "ours", len(labels), *counts, labels.n_defects) in lines
    assert ("dataset2", "", "published", 107, 754, 2395, 1904, 5053) in lines


def test_a_label_set_that_is_not_here(outcome: Outcome) -> None:
    data = attrs.evolve(outcome.data, label_sets={ROLES.first: outcome.data.labels(ROLES.first)})
    with pytest.raises(StudyError, match="no label set is called 'dataset2@1'"):
        TABLES["table1"].make(attrs.evolve(outcome, data=data))


def test_splits(made: dict[str, Table], outcome: Outcome) -> None:
    table = made["table2"]
    columns = [f"{what}_{side}" for what in ("images", *TYPES) for side in ("train", "test")]
    lines = rows(table, "split", "train_labels", "source", *columns)
    split = outcome.data.named_splits[INITIAL]
    labels = outcome.data.labels(ROLES.first)
    train, test = (expected_counts(labels, side) for side in (split.train, split.test))
    both = [n for pair in zip(train, test, strict=True) for n in pair]
    k = lines.index((INITIAL, ROLES.first, "ours", len(split.train), len(split.test), *both))
    assert lines[k + 1] == ("initial", "dataset1", "published", 85, 22, 587, 128, 1909, 444, 1835, 479)
    names = [line[0] for line in lines if line[2] == "ours"]
    assert {"random, leave out 30 %, run 1", "random, leave out 30 %, run 2", *outcome.data.named_splits} <= set(names)
    published = [line for line in lines if line[2] == "published"]
    assert len(published) == len(set(published)) == len(outcome.published[2])


def test_a_split_of_a_result_has_the_counts_of_its_labels(outcome: Outcome) -> None:
    without = attrs.evolve(outcome, data=attrs.evolve(outcome.data, named_splits={}))
    used = [split for split in splits_of(without) if split.name == INITIAL]
    assert len({(split.train.labels, split.test.labels) for split in used}) == len(used) == 4
    assert split_counts(outcome.data, outcome.data.named_splits[INITIAL]) in used


@pytest.mark.parametrize(
    ("name", "train", "test", "key"),
    [
        ("dataset1 initial split", ROLES.first, ROLES.first, ("dataset1", "initial")),
        ("dataset2-expanded/initial", ROLES.expanded, ROLES.second, ("dataset2-expanded", "initial")),
        ("initial split", ROLES.first, ROLES.second, None),
        ("initial split", ROLES.second, ROLES.second, ("dataset2", "initial")),
        ("random, leave out 20 %, run 4", ROLES.first, ROLES.first, ("dataset1", "random-cv-4")),
        ("random, leave out 20 %, run 9", ROLES.first, ROLES.first, None),
        ("dataset1/random-cv-2", ROLES.first, ROLES.first, ("dataset1", "random-cv-2")),
        ("leave out 10 %, run 3", ROLES.expanded, ROLES.expanded, ("dataset2-expanded", "leave-out-10-percent-3")),
        ("leave out 10 %, run 3", ROLES.first, ROLES.first, None),
        (
            f"leave out alloy alloy C, trained on {ROLES.second}",
            ROLES.second,
            ROLES.expanded,
            ("dataset2", "leave-out-alloy"),
        ),
        ("run 1, 50 % of 80", ROLES.first, ROLES.first, None),
        ("initial split", "mine@1", "mine@1", None),
    ],
)
def test_published_splits_of_the_same_name(
    outcome: Outcome, name: str, train: str, test: str, key: tuple[str, str] | None
) -> None:
    sides = {"train": train, "test": test}
    split = CountedSplit(name=name, **{s: Side(labels=k, n_images=1, counts={"bdot": 1}) for s, k in sides.items()})
    assert published_key(outcome, split) == key
    assert split.types == ("bdot",)


def test_what_does_not_close(made: dict[str, Table], outcome: Outcome) -> None:
    audit = made["table2-audit"]
    assert len(audit.rows) == len(findings(outcome, 2)) == 11
    assert "600 + 134 = 734" in str(audit.column("published_value")[0])
    assert findings(outcome, 5)[0] in made["table5"].notes


def test_statistics_and_test_types(made: dict[str, Table], outcome: Outcome) -> None:
    table = made["table3"]
    assert set(table.column("metric")) == set(hooks.table("metric"))
    assert ("Defect size", "errors") in rows(table, "published_statistic", "metric")
    assert table.column("published_statistic").count(None) == len(table.rows) - len(outcome.published[3])
    tests = rows(made["table4"], "published_test", "function")
    assert ("ground truth labeling", "defectkit.studies.label_set_comparison") in tests
    assert (None, "defectkit.studies.run_to_run") in tests
    assert ("random cross validation", "defectkit.studies.repeated_hold_out") in tests
    assert any("is repeated hold-out" in note for note in made["table4"].notes)


def test_constants(made: dict[str, Table]) -> None:
    table = made["table9"]
    for _, here, printed_value in rows(table, "constant", "value", "published_value")[:6]:
        assert float(printed_value) == here  # type: ignore[arg-type]  # a number
    shown = [table.shown(row, table.columns[2]) for row in table.rows]
    assert shown == ["3.06", "82", "0.11", "0.32", "0.10", "0.249", "19993.3", "6872.7", "6247.9"]
    iron = load_material("fecral")
    assert iron.taylor_factor is not None
    product = iron.taylor_factor * 0.32 * 82_000 * 0.249
    assert table.column("value")[6] == pytest.approx(product)


def test_calibrations(made: dict[str, Table], outcome: Outcome) -> None:
    table = made["table10"]
    names = ("image", "n_images", "pixel_size", "thickness", "published_pixel_size", "published_thickness_mark")
    lines = [tuple(str(cell) for cell in line) for line in rows(table, *names)]
    n = sum(name.startswith("g1_backonzone") for name in outcome.data.images)
    assert ("g1_backonzone", str(n), "1.0", "100.0", "0.141602", "None") in lines
    assert ("BF X500K", "2", "1.0", "100.0", "0.283203", "not reported") in lines
    assert ("BF X500K", "1", "1.0", "None", "0.283203", "not reported") in lines
    assert ("dalong", "0", "None", "None", "0.283203", "not reported") in lines
    assert {line[0] for line in lines} == {row.key[0] for row in outcome.published[10]}
    assert any("0.1416" in note for note in table.notes)


def test_images_without_a_known_name_or_pixel_size(outcome: Outcome) -> None:
    bare = attrs.evolve(outcome.data.images[UNKNOWN_FOIL], name="other", calibration=None)
    data = attrs.evolve(outcome.data, images={"other": bare})
    table = TABLES["table10"].make(attrs.evolve(outcome, data=data))[""]
    assert isinstance(table, Table)
    (line,) = [line for line in rows(table, "image", "n_images", "pixel_size", "pixel_size_source") if line[1] != 0]
    assert line == ("no beginning of Table 10", 1, None, "unknown")


def test_sub_types_are_counted_with_their_type(outcome: Outcome) -> None:
    labels = outcome.data.labels(ROLES.second)
    assert sum(counted(labels, labels.images).values()) == labels.n_defects
    assert "loop_100_open" not in counted(labels, labels.images)
    assert counted(labels, []) == {}


def test_what_is_said_of_published_numbers(outcome: Outcome) -> None:
    published = published_tables()
    assert reference(published[6]).endswith("Table 6, pages 24 and 25 of the manuscript.")
    assert notes(outcome, own=["mine", "mine"]) == (*outcome.provenance, "mine")
    assert ordered(["cavity", "bdot", "loop_100", "bdot"]) == ("loop_100", "bdot", "cavity")
    assert printed(published[1]["dataset1",], ("images", "cavity")) == [107, None]
    one = Roles(first="a@1", second="b@1", expanded="b@1")
    assert stands_for(one) == {"a@1": ("dataset1",), "b@1": ("dataset2", "dataset2-expanded")}
