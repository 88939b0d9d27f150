"""No name of a type or an image, wherever it comes from, leads out of the folder that is written into."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from defectkit import hooks
from defectkit.errors import DefectkitError, RecordError
from defectkit.formats import read_labels, write_labels
from defectkit.records import ArrayPixels, DefectType, Image, Instances, LabelSet, Taxonomy

SHAPE = (12, 16)
FORMATS = sorted(hooks.table("label_format"))
ONE_FILE_FOR_EACH_IMAGE = ("imagej-roi", "label-image", "labelme", "type-masks", "yolo-seg")
part = st.text(st.characters(exclude_categories=[]) | st.sampled_from("./\\%:*\x00\x1b\n\r\t=@$<>&\"'"), max_size=12)
hostile = st.sampled_from(
    ["../up", "../../up", "{root}/outside/x", "/abs/x", "C:\\x", "..\\..\\x", "..", ".", ".hid", "a/../../b", "nul",
     "con.png", "a\x00b", "a\nb", "a\x1b[2Jb", "=1+1", "<script>", "a" * 250, "50%", "%2e%2e", "\udce9", "a.", "a "]
)  # fmt: skip
names = hostile | part | st.lists(part, min_size=2, max_size=4).map("/".join)


def labelled(image: str, kind: str) -> tuple[LabelSet, dict[str, Image]]:
    defect_type = DefectType(name=kind)
    taxonomy = Taxonomy(types=(defect_type,))
    drawn = Instances.from_polygons([[(2, 3), (2, 9), (8, 9), (8, 3)]], types=[defect_type.name], shape=SHAPE, ids=[1])
    frame = Image(name=image, source=ArrayPixels(array=np.zeros(SHAPE, np.uint8)))
    return LabelSet(name="labels", instances={frame.name: drawn}, taxonomy=taxonomy), {frame.name: frame}


def everything(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if not path.is_relative_to(root / "a" / "out")}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(image=names, kind=names)
@example(image="frame", kind="{root}/outside/x")
@example(image="frame", kind="../../up")
@example(image="{root}/outside/x", kind="bdot")
@example(image="../../up", kind="bdot")
@example(image="series/frame", kind="a/b")
def test_labels_stay_in_their_folder_and_are_read_back(name: str, image: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "a" / "out").mkdir(parents=True)
        (root / "outside").mkdir()
        image, kind = image.replace("{root}", str(root)), kind.replace("{root}", str(root))
        try:
            labels, images = labelled(image, kind)
        except (RecordError, ValueError):  # a type that is no word, an image without a name
            return
        before = everything(root)
        place = root / "a" / "out" / "labels"
        try:
            write_labels(labels, place, format=name, images=images)
        except DefectkitError:
            assert not place.exists()
            return
        finally:
            assert everything(root) == before
        if name not in ONE_FILE_FOR_EACH_IMAGE:
            return  # one file has them all: its name is the user's
        again = read_labels(place, images=images, format=name, taxonomy=labels.taxonomy).labels
        (frame,) = images
        assert again.images == (frame,)
        assert again[frame].type_names == labels[frame].type_names
        assert again[frame].runs == labels[frame].runs


def test_every_format_that_writes_a_file_for_each_image_is_held_to_it(tmp_path: Path) -> None:
    labels, images = labelled("frame", "bdot")
    for name in FORMATS:
        write_labels(labels, tmp_path / name, format=name, images=images)
    assert {n for n in FORMATS if (tmp_path / n).is_dir()} == set(ONE_FILE_FOR_EACH_IMAGE)
