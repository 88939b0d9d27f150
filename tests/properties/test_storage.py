from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records import Instances, LabelSet, Prediction, Taxonomy
from defectkit.storage import Store, load_results, save_results
from defectkit.testing import strategies

ANY_FLOAT = st.floats(width=64)
NAMES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)


@st.composite
def instances(draw: st.DrawFn) -> Instances:
    """Draw instances with every column filled in any way that the record allows, empty masks among them."""
    shape = draw(strategies.shapes(max_side=9))
    masks = draw(strategies.runs(shape, max_defects=4))
    n = len(masks)
    types = tuple(draw(st.lists(st.sampled_from(Taxonomy.standard().names), min_size=1, max_size=4, unique=True)))
    ring = st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), max_size=4)
    integers = st.integers(-(2**63), 2**63 - 1)
    return Instances(
        shape=shape,
        types=types,
        type_codes=draw(hnp.arrays(np.int16, n, elements=st.integers(0, len(types) - 1))),
        runs=masks,
        ids=np.array(draw(st.lists(integers, min_size=n, max_size=n, unique=True)), np.int64),
        scores=draw(st.just(np.full(n, np.nan)) | hnp.arrays(np.float64, n, elements=st.floats(0, 1))),
        given_boxes=draw(st.just(np.full((n, 4), np.nan)) | hnp.arrays(np.float64, (n, 4), elements=ANY_FLOAT)),
        polygons=Polygons.from_list(draw(st.lists(st.none() | ring, min_size=n, max_size=n))),
    )


@st.composite
def far_runs(draw: st.DrawFn) -> Instances:
    """Draw runs that lie anywhere in a frame of nearly any size, so that every width of the columns is met."""
    height, width = draw(st.tuples(*[st.sampled_from([300, 70_000, 2**31 - 1])] * 2))
    rows = draw(st.lists(st.integers(0, height - 1), min_size=1, max_size=3, unique=True).map(sorted))
    starts = [draw(st.integers(0, width - 1)) for _ in rows]
    ends = [draw(st.integers(start + 1, width)) for start in starts]
    columns = [np.array(values, np.int32) for values in (rows, starts, ends)]
    runs = Runs(row=columns[0], start=columns[1], end=columns[2], offsets=np.array([0, len(rows)], np.int64))
    return Instances.from_runs(runs, types=["bdot"], shape=(height, width))


@given(st.dictionaries(NAMES, instances() | far_runs(), max_size=4))
def test_any_label_set_comes_back_equal(images: dict[str, Instances]) -> None:
    labels = LabelSet(name="any", instances=images)
    store = Store.create(zarr.storage.MemoryStore())
    seal = store.add_labels(labels)
    found = store.labels("any@1")
    assert dict(found.instances) == dict(labels.instances)
    assert [i.types for i in found.instances.values()] == [i.types for i in labels.instances.values()]
    assert found.digest() == labels.digest() == seal.digest == store.verify("any@1")
    for one in found.instances.values():
        one.runs.validate(one.shape)
        assert not one.runs.row.flags.writeable and not one.ids.flags.writeable


@given(strategies.label_sets(each=instances(), max_images=4), st.randoms())
def test_the_order_of_the_stream_does_not_matter(labels: LabelSet, random: object) -> None:
    stream = list(labels.instances.items())
    random.shuffle(stream)  # type: ignore[attr-defined]  # a random.Random
    store = Store.create(zarr.storage.MemoryStore())
    assert store.write_labels(labels, stream).digest == labels.digest()
    assert dict(store.iter_labels(labels.key)) == dict(labels.instances)


@given(
    st.lists(st.tuples(instances(), st.booleans(), st.lists(st.text(), max_size=2)), max_size=3),
    st.dictionaries(
        st.text(), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none()
    ),
)
def test_any_prediction_comes_back_equal(
    found: list[tuple[Instances, bool, list[str]]], settings: dict[str, str | int | float | None]
) -> None:
    given_ones = [
        Prediction(image=f"{k}", instances=i, detector="d", settings=settings, capped=c, notes=tuple(n))
        for k, (i, c, n) in enumerate(found)
    ]
    store = Store.create(zarr.storage.MemoryStore())
    store.write_predictions("d@1", given_ones)
    for a, b in zip(given_ones, store.predictions("d@1"), strict=True):
        assert a.instances == b.instances
        assert (a.image, a.detector, dict(a.settings), a.capped, a.notes) == (
            b.image,
            b.detector,
            dict(b.settings),
            b.capped,
            b.notes,
        )


@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")), max_size=4),
    hnp.arrays(st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]), st.integers(0, 4)),
    st.dictionaries(st.text(min_size=1), st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none()),
)
def test_any_table_comes_back_equal(texts: list[str], numbers: np.ndarray, attributes: dict[str, Any]) -> None:
    attributes.pop("defectkit", None)
    table = xr.Dataset(
        {"text": ("row", np.array(texts, dtype=object)), "number": ("other", numbers, {"units": "nanometer"})},
        attrs=attributes,
    )
    with tempfile.TemporaryDirectory() as folder:
        found = load_results(save_results(table, Path(folder) / "r.zarr"))
    assert isinstance(found, xr.Dataset)
    xr.testing.assert_identical(found, table)
    assert found["number"].dtype == numbers.dtype
