"""A label format of a third party, in a few lines, has what the built-in ones have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import DefectkitError, LabelReadError, LabelWriteError, PairingError
from defectkit.formats import LabelFile, LabelledImage, Mask, NoArea, Outline, Region, RegionFormat
from defectkit.records import ArrayPixels, Image, LabelSet, Taxonomy
from defectkit.testing import LabelFormatSuite
from defectkit.testing.known_labels import BOX, KnownDefect

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]


class Boxes(RegionFormat):
    name = "boxes"
    description = "One box per line: image, type, left, top, right, bottom, score."
    suffixes = (".boxes",)

    def contents(self, path: Path) -> LabelFile:
        try:
            rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
            by_image: dict[str, list[Region]] = {}
            for image, kind, x0, y0, x1, y1, score in rows:
                corners = [
                    (float(x0), float(y0)),
                    (float(x1), float(y0)),
                    (float(x1), float(y1)),
                    (float(x0), float(y1)),
                ]
                region = Region(area=Outline.of_points(corners), type=kind, score=float(score))
                by_image.setdefault(image, []).append(region)
        except (OSError, ValueError) as error:
            raise LabelReadError(f"{path}: seven values a line are needed") from error
        if not by_image:
            raise LabelReadError(f"{path}: it holds no line")
        return LabelFile(images=[LabelledImage(file_name=name, regions=found) for name, found in by_image.items()])


class TestBoxes(LabelFormatSuite):
    cls = Boxes
    can_write = False
    target = "labels.boxes"
    keeps_outlines = False

    def known(self) -> tuple[KnownDefect, ...]:
        return (BOX,)

    def write_known(self, path: Path) -> None:
        top, left, bottom, right = BOX.box
        path.write_text(f"known.png,{BOX.type},{left},{top},{right},{bottom},0.5\n")

    def test_it_is_found_by_its_name(self) -> None:
        pytest.skip("this class is not registered by an entry point")


def read(path: Path, images: dict[str, Image], **options: Any) -> Any:
    return Boxes(**options).read(path, images, Taxonomy.standard())


def test_pairing_types_mending_and_refusing_come_for_free(blank: Blank, written: Written) -> None:
    path = written(
        "a.boxes",
        "one.png,Black Dot,10,10,30,30,0.5\none.png,odd,50,50,60,60,nan\none.png,bdot,110,10,130,20,0.5\n"
        "one.png,bdot,1,1,1,9,0.5\none.png,bdot,1,1,9,9,7\n",
    )
    reading = read(path, blank("one", "two"))
    assert reading.labels["one"].type_names == ("bdot", "odd", "bdot")
    assert reading.labels["one"].areas.tolist() == [400, 100, 100]
    assert [line.problem for line in reading.report.mended] == ["out of frame"]
    assert sorted(line.problem for line in reading.report.refused) == ["no score", "zero area"]
    assert (reading.unlabelled, reading.refused) == (("two",), {"one": 2})
    assert read(path, blank("one"), types="odd=cavity").labels["one"].type_names[1] == "cavity"
    with pytest.raises(PairingError, match="none of its 1 images"):
        read(path, blank("three"))


def test_it_is_only_read(blank: Blank, tmp_path: Path) -> None:
    with pytest.raises(LabelWriteError, match="'boxes' is only read"):
        Boxes().write(LabelSet(name="a", instances={}), tmp_path / "a.boxes", blank())


good = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(
    lambda at: Region(area=Mask(np.ones((2, 2), np.bool_), top=at[0] * 4, left=at[1] * 4), type="bdot")
)
bad = st.one_of(
    st.builds(lambda: Region(area=NoArea("malformed region", "it cannot be read"), type="bdot")),
    st.builds(lambda: Region(area=Outline([1.0, 2.0], [1.0, 2.0]), type="bdot")),
    st.builds(
        lambda v: Region(area=Outline([0.0, 9.0, v], [0.0, v, 9.0]), type="bdot"), st.sampled_from([np.nan, 1e99])
    ),
    st.builds(
        lambda s: Region(area=Mask(np.ones((2, 2), np.bool_)), type="bdot", score=s), st.sampled_from([-1.0, 2.0])
    ),
)


@given(st.lists(st.one_of(good.map(lambda r: (True, r)), bad.map(lambda r: (False, r))), max_size=12))
def test_what_is_refused_is_counted(drawn: list[tuple[bool, Region]]) -> None:
    class Given(RegionFormat):
        name = "given"
        description = "What is given."
        suffixes = (".given",)

        def contents(self, path: Path) -> LabelFile:
            return LabelFile(images=[LabelledImage(file_name="one", regions=[region for _, region in drawn])])

    image = Image(name="one", source=ArrayPixels(array=np.zeros((40, 40), np.uint8)))
    reading = Given().read(Path("a.given"), {"one": image}, Taxonomy.standard())
    n_bad = sum(not is_good for is_good, _ in drawn)
    assert len(reading.report.refused) == n_bad
    assert reading.refused.get("one", 0) == n_bad
    repeated = len(reading.report.of_problem("repeated region"))
    assert len(reading.labels["one"]) == len(drawn) - n_bad - repeated


@pytest.mark.parametrize("value", ["inside", 1, None])
def test_vertices_are_one_of_three(value: Any) -> None:
    from defectkit.formats.lookup import label_format

    with pytest.raises(DefectkitError, match="one of: guess, corners, centres"):
        label_format("coco", {"vertices": value})
