from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as peer

from defectkit.errors import DefectkitError
from defectkit.formats.coco import CocoFormat
from defectkit.formats.coco_rle import counts_to_runs, pack_counts, runs_to_counts, unpack_counts
from defectkit.formats.labelme import LabelmeFormat
from defectkit.formats.mending import mend
from defectkit.formats.names import ImageNames, natural_key
from defectkit.formats.via import ViaFormat
from defectkit.formats.yolo_seg import YoloSegFormat
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.records import ArrayPixels, Image, Instances, LabelSet, Taxonomy

# pycocotools 2.0 does not know the copy keyword of NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

SHAPE = (20, 24)
TAXONOMY = Taxonomy.standard()
coordinate = st.floats(-8, 30).map(lambda value: round(value, 6)) | st.integers(-8, 30).map(float)
rings = st.lists(st.lists(st.tuples(coordinate, coordinate), max_size=8), max_size=5)
inside = st.tuples(st.floats(0, SHAPE[0], width=32), st.floats(0, SHAPE[1], width=32))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=8,
)


def images(*names: str) -> dict[str, Image]:
    source = ArrayPixels(array=np.zeros(SHAPE, np.uint8))
    return {name: Image(name=name, source=source) for name in names}


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_run_lengths_are_those_of_pycocotools(mask):
    runs = masks_to_runs([mask])
    (counts,) = runs_to_counts(runs, mask.shape)
    packed = peer.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert pack_counts(counts) == packed["counts"].decode()
    assert unpack_counts(pack_counts(counts)).tolist() == counts.tolist()
    assert counts_to_runs(counts, mask.shape) == runs


@given(st.lists(st.integers(0, 2**40), max_size=12))
def test_any_lengths_survive_packing(counts):
    assert unpack_counts(pack_counts(counts)).tolist() == counts


@given(rings)
def test_mending_leaves_nothing_to_mend(drawn):
    vertices = np.array([vertex for ring in drawn for vertex in ring], np.float64).reshape(-1, 2)
    result = mend(vertices, np.cumsum([0, *map(len, drawn)]).astype(np.int64), SHAPE)
    assert len(result.polygons) == len(drawn)
    for i in range(len(drawn)):
        ring = result.polygons.ring(i)
        assert (len(ring) > 0) + (i in result.parts) + (i in result.refused) == 1
        assert (ring >= 0).all()
        assert (ring <= SHAPE).all()
    again = mend(result.polygons.vertices, result.polygons.offsets, SHAPE)
    assert {fault.index for fault in again.faults} <= result.refused | result.parts.keys()
    named = {fault.index for fault in result.faults}
    for i in set(range(len(drawn))) - named:
        assert polygons_to_runs(result.polygons.take([i]), SHAPE) == polygons_to_runs(
            Polygons.from_list([drawn[i]]), SHAPE
        )


@given(rings)
def test_every_region_is_read_or_in_the_report(drawn):
    regions = [
        {
            "shape_attributes": {
                "name": "polygon",
                "all_points_x": [c for _, c in r],
                "all_points_y": [v for v, _ in r],
            },
            "region_attributes": {"type": "bdot"},
        }
        for r in drawn
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.json"
        path.write_text(json.dumps({"a": {"filename": "one.png", "regions": regions}}))
        reading = ViaFormat().read(path, images("one"), TAXONOMY)
    read = {f"region {i}" for i in reading.labels["one"].ids.tolist()}
    gone = {line.region for line in reading.report if line.kind == "refused" or line.problem == "repeated region"}
    assert read | gone == {f"region {i}" for i in range(len(drawn))}
    assert not read & gone
    assert (reading.labels["one"].areas > 0).all()


@st.composite
def label_sets(draw):
    drawn = draw(st.lists(st.lists(inside, min_size=3, max_size=3), max_size=4))
    given = [r for r in drawn if polygons_to_runs(Polygons.from_list([r]), SHAPE).areas()[0] > 0]
    masks = [tuple(polygons_to_runs(Polygons.from_list([r]), SHAPE).row.tolist()) for r in given]
    given = [r for i, r in enumerate(given) if masks[i] not in masks[:i]]
    types = draw(st.lists(st.sampled_from(["bdot", "loop_111"]), min_size=len(given), max_size=len(given)))
    ids = np.arange(1, len(given) + 1)
    known = ["bdot", "loop_111"]
    return LabelSet(
        name="mine",
        instances={
            "one": Instances.from_polygons(given, types=types, shape=SHAPE, ids=ids, known_types=known),
            "void": Instances.empty(SHAPE, known),
        },
    )


@pytest.mark.parametrize("made", [ViaFormat, CocoFormat, LabelmeFormat])
@given(labels=label_sets())
def test_polygons_survive_to_the_last_digit(made, labels):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("out.json" if made is not LabelmeFormat else "out")
        made().write(labels, path, {})
        back = made().read(path, images("one", "void"), TAXONOMY).labels
    for name, expected in labels.instances.items():
        assert back[name].polygons == expected.polygons
        assert back[name].runs == expected.runs
        assert back[name].type_names == expected.type_names
        assert made is not CocoFormat or back[name].ids.tolist() == expected.ids.tolist()


@given(labels=label_sets())
def test_yolo_polygons_survive_to_a_millionth_of_a_pixel(labels):
    with tempfile.TemporaryDirectory() as folder:
        YoloSegFormat().write(labels, Path(folder) / "out", {})
        back = YoloSegFormat().read(Path(folder) / "out", images("one", "void"), TAXONOMY).labels
    for name, expected in labels.instances.items():
        assert back[name].runs == expected.runs
        assert back[name].type_names == expected.type_names
        if len(back[name].polygons.vertices) == len(expected.polygons.vertices):
            assert np.abs(back[name].polygons.vertices - expected.polygons.vertices).max(initial=0) < 1e-6


@pytest.mark.parametrize("made", [ViaFormat, CocoFormat, LabelmeFormat])
@given(
    value=json_values, key=st.sampled_from(["regions", "shape_attributes", "segmentation", "points", "bbox", "label"])
)
def test_any_json_ends_in_labels_or_in_an_error_of_ours(made, value, key):
    region = {"shape_attributes": {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]}}
    region |= {"region_attributes": {"type": "bdot"}}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]], "bbox": [1, 1, 8, 8]}
    drawn = {"label": "bdot", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon"}
    for part in (region, annotation, drawn):
        if key in part:
            part[key] = value
    document = {
        ViaFormat: {"a": {"filename": "one.png", "regions": value if key == "regions" else [region]}},
        CocoFormat: {
            "images": [{"id": 1, "file_name": "one.png"}],
            "annotations": [annotation],
            "categories": [{"id": 1, "name": "bdot"}],
        },
        LabelmeFormat: {"shapes": value if key == "regions" else [drawn]},
    }[made]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.json"
        path.write_text(json.dumps(document))
        try:
            reading = made().read(path, images("one"), TAXONOMY)
        except DefectkitError:
            return
    assert len(reading.labels["one"]) + len(reading.report) > 0 or key == "regions"


@given(st.text(alphabet="0123456789. -+eEnaif\nx", max_size=60))
def test_any_text_ends_in_labels_or_in_an_error_of_ours(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.txt"
        path.write_text(text)
        try:
            reading = YoloSegFormat(types="*=loop").read(path, images("one"), TAXONOMY)
        except DefectkitError:
            return
    lines = sum(bool(line.split()) for line in text.splitlines())
    repeated = len(reading.report.of_problem("repeated region"))
    assert len(reading.labels["one"]) + len(reading.report.refused) + repeated == lines


names = st.lists(st.text(alphabet="ab12-_.", min_size=1, max_size=5), min_size=1, max_size=6, unique=True)


@given(names, st.text(alphabet="ab12-_.", min_size=1, max_size=7))
def test_a_label_file_belongs_to_an_image_that_it_continues(given_names, stem):
    found = ImageNames(given_names).of_label_stem(stem)
    if stem in given_names:
        assert found == stem
    elif found is not None:
        assert stem.startswith(found)
        assert stem[len(found)] in "-_."
        assert stem[len(found) + 1].isalpha()


@given(names)
def test_natural_order_is_an_order(given_names):
    once = sorted(given_names, key=natural_key)
    turned = once[::-1]
    assert sorted(turned, key=natural_key) == once
