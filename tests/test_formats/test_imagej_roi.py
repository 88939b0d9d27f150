from __future__ import annotations

import math
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile

from defectkit.errors import LabelReadError, LabelWriteError
from defectkit.formats.imagej_roi import ImagejRoiFormat
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]


def roi(kind: str, name: str = "", **fields: Any) -> roifile.ImagejRoi:
    return roifile.ImagejRoi(roitype=roifile.ROI_TYPE[kind], name=name, **fields)


def polygon(name: str = "", by: int = 0) -> roifile.ImagejRoi:
    made = roifile.ImagejRoi.frompoints(
        np.array([[10 + by, 30], [20 + by, 30], [20 + by, 50], [10 + by, 50]]), name=name
    )
    made.roitype = roifile.ROI_TYPE.POLYGON
    return made


def save(path: Path, *rois: roifile.ImagejRoi) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number, one in enumerate(rois):
            archive.writestr(f"{number:04d}.roi", one.tobytes())
    return path


def test_every_kind_of_area(blank: Blank, tmp_path: Path) -> None:
    line = roifile.ImagejRoi.frompoints(np.array([[70, 10], [80, 10], [80, 30]]))
    line.roitype = roifile.ROI_TYPE.POLYLINE
    subpixel = roi("RECT", top=0, left=0, bottom=2, right=2, options=roifile.ROI_OPTIONS.SUB_PIXEL_RESOLUTION)
    subpixel.xd, subpixel.yd, subpixel.widthd, subpixel.heightd = 0.5, 80.5, 10.0, 5.0
    path = save(
        tmp_path / "one.zip",
        polygon(),
        roi("RECT", top=5, left=40, bottom=15, right=60),
        roi("OVAL", top=60, left=40, bottom=84, right=64),
        line,
        roifile.ImagejRoi.frompoints(np.array([[90.5, 40.5], [100.5, 40.5], [100.5, 50.5]])),
        subpixel,
    )
    reading = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    one = reading.labels["one"]
    expected = [200, 200, math.pi * 144, 100, 50]
    assert one.polygons.areas()[:5] == pytest.approx(expected, rel=2e-3)
    assert one.boxes[:2].tolist() == [[30, 10, 50, 20], [5, 40, 15, 60]]
    assert one.polygons.boxes()[4].tolist() == [40.5, 90.5, 50.5, 100.5]
    assert one.ids.tolist() == list(range(6))
    assert reading.report.summary() == "1 mended (1 open polygon); 1 noted (1 no type)"


def test_a_rectangle_between_pixels(blank: Blank, tmp_path: Path) -> None:
    made = roi(
        "RECT", top=80, left=0, bottom=86, right=11, options=roifile.ROI_OPTIONS.SUB_PIXEL_RESOLUTION, version=227
    )
    made.xd, made.yd, made.widthd, made.heightd = 0.5, 80.5, 10.0, 5.0
    path = save(tmp_path / "one.zip", made)
    one = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard()).labels["one"]
    assert one.polygons.boxes().tolist() == [[80.5, 0.5, 85.5, 10.5]]


def test_a_composite_is_filled_by_the_even_odd_rule(blank: Blank, tmp_path: Path) -> None:
    def path_of(*rings: list[tuple[float, float]]) -> np.ndarray:
        flat: list[float] = []
        for ring in rings:
            flat += [0, *ring[0]]
            for point in ring[1:]:
                flat += [1, *point]
            flat.append(4)
        return np.array(flat, np.float32)

    outer = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)]
    hole = [(15.0, 15.0), (25.0, 15.0), (25.0, 25.0), (15.0, 25.0)]
    coordinates = path_of(outer, hole)
    made = roi(
        "RECT", top=10, left=10, bottom=30, right=30, shape_roi_size=len(coordinates), multi_coordinates=coordinates
    )
    reading = ImagejRoiFormat().read(save(tmp_path / "one.zip", made), blank("one"), Taxonomy.standard())
    assert reading.labels["one"].areas.tolist() == [400 - 100]
    assert len(reading.report.of_problem("several parts")) == 1


@pytest.mark.parametrize("kind", ["LINE", "POINT", "ANGLE", "NOROI"])
def test_what_has_no_area_is_refused(kind: str, blank: Blank, tmp_path: Path) -> None:
    path = save(tmp_path / "one.zip", polygon(), roi(kind, name="it"))
    reading = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    (line,) = reading.report.refused
    assert (line.region, line.problem) == ("ROI 1 (it)", "not an area")
    assert len(reading.labels["one"]) == 1


def test_small_shapes_and_short_lines_are_refused(blank: Blank, tmp_path: Path) -> None:
    line = roifile.ImagejRoi.frompoints(np.array([[70, 10], [80, 10]]))
    line.roitype = roifile.ROI_TYPE.FREELINE
    path = save(tmp_path / "one.zip", line, roi("OVAL", top=5, left=5, bottom=5, right=9))
    reading = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    assert [line.problem for line in reading.report.refused] == ["not an area", "zero area"]


def test_types_of_rois(blank: Blank, tmp_path: Path) -> None:
    stated, grouped = polygon("0003-0001", 30), polygon("", 50)
    stated.properties = {"defect_type": "cavity"}
    grouped.group = 2
    path = save(tmp_path / "one.zip", polygon("Black Dot-12"), polygon("0001-0022", 15), stated, grouped)
    plain = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    assert plain.labels["one"].type_names == ("bdot", "defect", "cavity", "defect")
    assert "2 regions" in plain.report.of_problem("no type").repairs[0].what
    told = ImagejRoiFormat(types="2=loop,*=loop_111").read(path, blank("one"), Taxonomy.standard())
    assert told.labels["one"].type_names == ("loop_111", "loop_111", "loop_111", "loop")


def test_a_folder_of_files_and_a_single_roi(blank: Blank, tmp_path: Path) -> None:
    save(tmp_path / "one.zip", polygon(), polygon("", 30))
    polygon().tofile(tmp_path / "two-rois.roi")
    reading = ImagejRoiFormat().read(tmp_path, blank("one", "two"), Taxonomy.standard())
    assert {name: len(i) for name, i in reading.labels.instances.items()} == {"one": 2, "two": 1}
    assert ImagejRoiFormat.recognizes(tmp_path)


def test_the_roi_set_of_the_only_image(blank: Blank, tmp_path: Path) -> None:
    path = save(tmp_path / "RoiSet.zip", polygon())
    reading = ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    assert len(reading.labels["one"]) == 1
    assert [line.problem for line in reading.report.noted] == ["file name", "no type"]


@pytest.mark.parametrize("content", [b"", b"nothing", b"Iout\x00\x01"])
@pytest.mark.parametrize("suffix", [".zip", ".roi"])
def test_damaged_files_are_refused(content: bytes, suffix: str, blank: Blank, tmp_path: Path) -> None:
    path = tmp_path / f"one{suffix}"
    path.write_bytes(content)
    with pytest.raises(LabelReadError, match=rf"one\{suffix}"):
        ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())


def test_coordinates_are_held_in_single_precision(blank: Blank, tmp_path: Path) -> None:
    drawn = Instances.from_polygons([[(10.1, 20.3), (10.1, 33.7), (31.9, 33.7)]], types=["my_own"], shape=(77, 91))
    labels = LabelSet(name="mine", instances={"one": drawn}, taxonomy=Taxonomy.standard().with_types(["my_own"]))
    assert ImagejRoiFormat().write(labels, tmp_path / "out", {}).summary() == "nothing to mend"
    back = ImagejRoiFormat().read(tmp_path / "out", blank("one", shape=(77, 91)), Taxonomy.standard()).labels["one"]
    assert back.polygons.vertices == pytest.approx(drawn.polygons.vertices, abs=1e-5)
    assert (back.runs, back.type_names) == (drawn.runs, ("my_own",))


def test_where_single_precision_would_move_a_pixel_the_mask_is_outlined(blank: Blank, tmp_path: Path) -> None:
    edge = 10.5 - 1e-9
    drawn = Instances.from_polygons([[(5, edge), (5, 20), (15, 20), (15, edge)]], types=["bdot"], shape=(30, 30))
    assert drawn.boxes.tolist() == [[5, 10, 15, 20]]
    ImagejRoiFormat().write(LabelSet(name="mine", instances={"one": drawn}), tmp_path / "out", {})
    back = ImagejRoiFormat().read(tmp_path / "out", blank("one", shape=(30, 30)), Taxonomy.standard()).labels["one"]
    assert back.runs == drawn.runs
    assert back.polygons.boxes().tolist() == [[5.0, 10.0, 15.0, 20.0]]


def test_an_outline_with_too_many_vertices_is_refused(tmp_path: Path) -> None:
    comb = np.ones((2, 33_000), bool)
    comb[1, ::2] = False
    found = Instances.from_masks([comb], types=["bdot"], shape=comb.shape, ids=[5])
    with pytest.raises(LabelWriteError, match=r"defect 5 has .* a ROI holds 65535"):
        ImagejRoiFormat().write(LabelSet(name="mine", instances={"one": found}), tmp_path / "out", {})
    assert list(tmp_path.iterdir()) == []


def test_without_roifile_the_command_that_installs_it_is_named(
    blank: Blank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "one.zip", polygon())
    monkeypatch.setitem(sys.modules, "roifile", None)
    with pytest.raises(LabelReadError, match="pip install roifile"):
        ImagejRoiFormat().read(path, blank("one"), Taxonomy.standard())
    with pytest.raises(LabelWriteError, match="pip install roifile"):
        ImagejRoiFormat().write(LabelSet(name="a", instances={}), tmp_path / "out", {})


def test_a_zip_whose_list_of_members_is_damaged_is_not_recognized(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zip", polygon("loop"))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02")] ^= 0xFF
    path.write_bytes(content)
    assert zipfile.is_zipfile(path)
    assert not ImagejRoiFormat.recognizes(path)
