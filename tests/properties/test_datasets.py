from __future__ import annotations

import string
from typing import TypeVar

import attrs
import numpy as np
import xarray as xr
from hypothesis import given, strategies as st

from defectkit.datasets.differences import diff
from defectkit.datasets.entry import (
    CategoryMapping,
    Citation,
    DatasetEntry,
    Expected,
    ExpectedFile,
    LabelsEntry,
    SplitsFile,
)
from defectkit.datasets.images_entry import CalibrationFacts, GroupFacts, ImagesFacts
from defectkit.datasets.lock import Lock, locks_of, put_locks
from defectkit.datasets.merging import merge
from defectkit.datasets.sources import FigshareSource, FileSource, RegisteredSource, StoreSource
from defectkit.datasets.toml import parse_toml, to_toml
from defectkit.records import DefectType, LabelSet, Source, Specimen, Taxonomy
from defectkit.statistics import Bootstrap
from defectkit.testing import strategies
from defectkit.workflows.agreement import agree

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)
FILLED = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=8)
WORD = st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=6)
PART = FILLED.filter(lambda t: t == t.strip() and not set(t) & set("@/"))
COUNT = st.none() | st.integers(0, 10**6)
PATTERNS = st.lists(TEXT, max_size=2).map(tuple)
SIZES = st.floats(1e-3, 1e3).map(lambda size: f"{size!r} nm")
T = TypeVar("T")
ADDRESS = WORD.map(lambda word: f"https://example.org/{word}/")


def optional(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


@st.composite
def calibrations(draw: st.DrawFn) -> CalibrationFacts:
    thick = draw(optional(SIZES))
    return CalibrationFacts(
        pixel_size=draw(SIZES) + "/px",
        pixel_size_source=draw(st.sampled_from(Source)),
        foil_thickness=thick,
        foil_thickness_source=draw(st.sampled_from(Source)) if thick else None,
    )


SPECIMENS = st.builds(
    Specimen,
    alloy=optional(TEXT.filter(bool)),
    dose=optional(st.floats(0, 100).map(lambda d: f"{d!r} dpa")),
    temperature=optional(st.floats(1, 2000).map(lambda t: f"{t!r} kelvin")),
    irradiation=optional(st.sampled_from(["ion", "neutron"])),
    area=optional(TEXT.filter(bool)),
)

SOURCES = st.one_of(
    st.builds(FileSource, address=ADDRESS, mirror=WORD, files=WORD, archives=PATTERNS),
    st.builds(FigshareSource, article=st.integers(0, 10**9), address=ADDRESS, mirror=WORD, archives=PATTERNS),
    st.builds(
        RegisteredSource,
        registered=WORD,
        options=st.dictionaries(
            TEXT.filter(bool),
            TEXT | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False),
            max_size=3,
        ),
    ),
    st.builds(StoreSource, store=WORD),
)


@st.composite
def entries(draw: st.DrawFn) -> DatasetEntry:
    """Draw an entry with everything that the format knows, each thing there or not."""
    own = draw(st.lists(WORD.map(lambda w: f"own_{w}"), max_size=2, unique=True))
    types = [*Taxonomy.standard().names, *own]
    expected = st.builds(
        Expected,
        images=COUNT,
        defects=COUNT,
        by_type=st.dictionaries(st.sampled_from(types), st.integers(0, 999), max_size=2),
        page=COUNT,
        file=st.lists(st.builds(ExpectedFile, path=TEXT, images=COUNT, defects=COUNT), max_size=2).map(tuple),
    )
    category = st.builds(CategoryMapping, id=st.integers(0, 99) | FILLED, name=TEXT, type=st.sampled_from(types))
    labels = st.builds(
        LabelsEntry,
        name=PART,
        version=PART,
        parent=optional(TEXT),
        annotator=optional(TEXT),
        description=TEXT,
        format=optional(WORD),
        files=PATTERNS,
        image_suffix=TEXT,
        images=PATTERNS,
        category=st.lists(category, max_size=3, unique_by=lambda c: str(c.id).strip()).map(tuple),
        expected=optional(expected),
        digest=optional(WORD),
    )
    source = draw(SOURCES)
    versions = (
        st.just(()) if isinstance(source, StoreSource) else st.lists(labels, max_size=2, unique_by=lambda v: v.key)
    )
    group = st.builds(GroupFacts, match=TEXT, calibration=optional(calibrations()), specimen=optional(SPECIMENS))
    images = st.builds(
        ImagesFacts,
        files=PATTERNS,
        expected=COUNT,
        format=optional(WORD),
        calibration=optional(calibrations()),
        calibrations=optional(WORD),
        specimen=optional(SPECIMENS),
        group=st.lists(group, max_size=2).map(tuple),
    )
    return DatasetEntry(
        format=1,
        name=draw(WORD),
        title=draw(TEXT),
        description=draw(TEXT),
        licence=draw(TEXT),
        home=draw(TEXT),
        citation=draw(st.builds(Citation, text=TEXT, doi=optional(TEXT))),
        source=source,
        images=draw(images),
        defect_type=tuple(DefectType(name=name, color="#123abc", aliases=(f"{name} x",)) for name in own),
        labels=tuple(draw(versions)),
        splits=draw(optional(st.builds(SplitsFile, file=TEXT))),
    )


@given(entries())
def test_any_entry_round_trips(entry: DatasetEntry) -> None:
    assert parse_toml(to_toml(entry), DatasetEntry, where="copy") == entry


PAIRS = st.tuples(*[strategies.instances((20, 24), masks=strategies.runs((20, 24)))] * 2)


def sets(pair: tuple[object, object]) -> tuple[LabelSet, LabelSet]:
    one, two = pair
    return (
        LabelSet(name="a", instances={"x": one, "only a": one}),  # type: ignore[dict-item]  # instances
        LabelSet(name="b", instances={"x": two, "only b": two}),  # type: ignore[dict-item]  # instances
    )


@given(PAIRS)
def test_diff_is_empty_for_equal_sets_and_mirrors(pair: tuple[object, object]) -> None:
    first, second = sets(pair)
    assert not diff(first, first)
    assert diff(first, second) == diff(second, first).swap_sides()
    assert diff(first, second).swap_sides().swap_sides() == diff(first, second)


@given(PAIRS, st.integers(0, 2**32 - 1))
def test_diff_does_not_depend_on_the_order_of_labels(pair: tuple[object, object], seed: int) -> None:
    first, second = sets(pair)
    held = second["x"]
    order = np.random.default_rng(seed).permutation(len(held))
    shuffled = attrs.evolve(second, instances={**second.instances, "x": held.take(order)})
    assert diff(first, second) == diff(first, shuffled)
    assert not diff(second, shuffled)


@given(PAIRS)
def test_every_label_is_counted_once(pair: tuple[object, object]) -> None:
    first, second = sets(pair)
    found = diff(first, second)
    totals = found.totals()
    pairs = sum("added" not in c.kinds and "removed" not in c.kinds for c in found.changes)
    assert found.n_unchanged + pairs + totals["removed"] == len(first["x"])
    assert found.n_unchanged + pairs + totals["added"] == len(second["x"])


@given(PAIRS)
def test_merging_keeps_and_drops_by_what_diff_says(pair: tuple[object, object]) -> None:
    first, second = sets(pair)
    totals = diff(first, second).totals()
    union, both = (merge(first, second, name="m", keep=keep)["x"] for keep in ("union", "both"))
    assert len(union) == len(first["x"]) + totals["added"]
    assert len(both) == len(first["x"]) - totals["removed"]
    assert merge(first, first, name="m")["x"] == first["x"]


@given(strategies.label_sets(each=strategies.instances(masks=strategies.runs((12, 12), min_area=1), shape=(12, 12))))
def test_agreement_of_a_set_with_itself_is_complete(labels: LabelSet) -> None:
    labels = attrs.evolve(labels, refused={})
    result = agree(labels, labels, bootstrap=Bootstrap(n_resamples=20))
    assert (result["f1_score"] == 1).all()
    if labels.n_defects:
        low = result["f1_score_low"]
        assert (low == 1).all() if len(labels) > 1 else low.isnull().all()
        assert float(result["density_difference"].sel(defect_type="all")) == 0
        assert float(result["size_difference"].sel(defect_type="all")) == 0
    assert set(np.unique(result["kappa"].values[~np.isnan(result["kappa"].values)])) <= {1.0}


@given(
    st.lists(
        st.tuples(WORD, PART.filter(lambda p: "\n" not in p), st.none() | st.lists(FILLED, unique=True), COUNT),
        max_size=3,
    )
)
def test_lock_lines_round_trip(rows: list[tuple[str, str, list[str] | None, int | None]]) -> None:
    locks = [
        Lock(
            dataset=dataset,
            labels=f"{name}@1",
            digest=f"{k:064x}",
            images=None if images is None else tuple(images),
            n_images=None if images is None else (n or None),
        )
        for k, (dataset, name, images, n) in enumerate(rows)
    ]
    assert locks_of(put_locks(xr.Dataset(), locks)) == tuple(locks)
