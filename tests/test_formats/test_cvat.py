from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import DecodingError, LabelReadError, LabelWriteError
from defectkit.files.xml import read_xml
from defectkit.formats import read_labels, write_labels
from defectkit.formats.cvat import CvatFormat
from defectkit.formats.interface import LabelReading
from defectkit.formats.report import Problem
from defectkit.geometry.masks import masks_to_runs
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]

EXPORT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>loops</name><labels>
    <label><name>bdot</name><type>any</type></label><label><name>loop_111</name></label>
    <label><name>loop_100</name></label>
  </labels></task><dumped>2026-01-01 10:00:00</dumped></meta>
  <image id="0" name="folder/one.png" width="120" height="100">{shapes}</image>
</annotations>
"""


@pytest.fixture
def read(blank: Blank, tmp_path: Path) -> Callable[[str], LabelReading]:
    def run(shapes: str) -> LabelReading:
        path = tmp_path / "annotations.xml"
        path.write_text(EXPORT.format(shapes=shapes))
        return CvatFormat().read(path, blank("one"), Taxonomy.standard())

    return run


def test_x_is_the_column_and_y_the_row(read: Callable[[str], LabelReading]) -> None:
    reading = read('<polygon label="bdot" points="10.00,30.00;20.00,30.00;20.00,50.00;10.00,50.00" z_order="0"/>')
    one = reading.labels["one"]
    assert one.boxes.tolist() == [[30, 10, 50, 20]]
    assert (one.type_names, one.areas.tolist()) == (("bdot",), [200])


def test_boxes_and_ellipses_turn_clockwise(read: Callable[[str], LabelReading]) -> None:
    reading = read(
        '<box label="bdot" xtl="10" ytl="20" xbr="30" ybr="24" rotation="90"/>'
        '<ellipse label="bdot" cx="60" cy="50" rx="20" ry="4" rotation="45"/>'
    )
    one = reading.labels["one"]
    assert one.boxes[0].tolist() == [12, 18, 32, 22]
    drawn = one.runs.to_mask(1, one.shape)
    assert drawn[60, 70]
    assert not drawn[60, 50]
    assert drawn.sum() == pytest.approx(np.pi * 80, rel=0.03)


def test_a_mask_begins_with_what_is_not_covered(read: Callable[[str], LabelReading]) -> None:
    one = read('<mask label="loop_111" rle="1, 2, 3" left="40" top="50" width="3" height="2"/>').labels["one"]
    assert np.argwhere(one.runs.to_mask(0, one.shape)).tolist() == [[50, 41], [50, 42]]


def test_shapes_of_a_group_are_one_defect(read: Callable[[str], LabelReading]) -> None:
    square = '<polygon label="{}" points="{x},10;{y},10;{y},20;{x},20" group_id="{}"/>'
    shapes = [
        ("bdot", 1, 10, 20),
        ("bdot", 1, 30, 40),
        ("loop_111", 1, 50, 60),
        ("bdot", 0, 70, 80),
        ("bdot", 0, 90, 99),
    ]
    reading = read("".join(square.format(label, group, x=x, y=y) for label, group, x, y in shapes))
    assert reading.labels["one"].areas.tolist() == [200, 100, 100, 90]
    assert Problem.PARTS in {line.problem for line in reading.report.noted}


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ('<points label="bdot" points="1,2"/>', "points have no area"),
        ('<polyline label="bdot" points="1,2;3,4"/>', "line of 2 points"),
        ('<polygon label="bdot" points="1,2;3"/>', "not pairs of numbers"),
        ('<polygon label="bdot"/>', "no vertices"),
        ('<box label="bdot" xtl="a" ytl="1" xbr="2" ybr="3"/>', "'xtl' is the text 'a'"),
        ('<ellipse label="bdot" cx="1" cy="1" rx="inf" ry="3"/>', "'rx' is the text 'inf'"),
        ('<box label="bdot" xtl="1" ytl="1" xbr="2" ybr="3" rotation="nan"/>', "'rotation' is the text 'nan'"),
        ('<mask label="bdot" rle="1, 2" left="0" top="0" width="2" height="2"/>', "run lengths"),
        ('<mask label="bdot" rle="4" left="-1" top="0" width="2" height="2"/>', "box"),
        ('<mask label="bdot" rle="4" left="0" top="0" width="99999999" height="99999999"/>', "99999999 pixels"),
    ],
)
def test_a_shape_that_cannot_be_read_is_refused(read: Callable[[str], LabelReading], shape: str, why: str) -> None:
    (refused,) = read(f'{shape}<box label="bdot" xtl="1" ytl="1" xbr="2" ybr="3"/>').report.refused
    assert why in refused.what


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<annotations><version>1.1</version><track/></annotations>", "CVAT for images 1.1"),
        ("<annotation><filename>a.png</filename></annotation>", "no CVAT file"),
        ("<annotations><version>1.1</version><image id='1'/></annotations>", "no name"),
        ("<annotations><version>1.1</version><image", "well-formed"),
        ("", "well-formed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>&b;</annotations>", "document type"),
        ("<a>" * 10_000, "deep"),
    ],
)
def test_a_file_that_is_none_of_cvat_is_refused(text: str, why: str, tmp_path: Path, blank: Blank) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(text)
    assert not CvatFormat.recognizes(path)
    with pytest.raises(LabelReadError, match=why):
        CvatFormat().read(path, blank("one"), Taxonomy.standard())


def test_an_entity_of_another_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "annotations.xml"
    path.write_text(f'<!DOCTYPE a [<!ENTITY b SYSTEM "{(tmp_path / "secret").as_uri()}">]><a>&b;</a>')
    with pytest.raises(DecodingError, match="document type"):
        read_xml(path)


def test_holes_are_written_as_a_mask(tmp_path: Path, blank: Blank) -> None:
    ring = np.zeros((100, 120), bool)
    ring[20:40, 30:60] = True
    ring[25:30, 35:50] = False
    runs = masks_to_runs([ring])
    labels = LabelSet(name="a", instances={"one": Instances.from_runs(runs, types=["bdot"], shape=ring.shape)})
    write_labels(labels, tmp_path / "a.xml", format="cvat", images=blank("one"))
    (drawn,) = read_xml(tmp_path / "a.xml").iterfind("image/mask")
    assert {key: drawn.get(key) for key in ("left", "top", "width", "height")} == {
        "left": "30",
        "top": "20",
        "width": "30",
        "height": "20",
    }
    assert drawn.get("rle", "").startswith("0, 155, 15, 15, 15,")
    again = read_labels(tmp_path / "a.xml", images=blank("one")).labels["one"]
    assert again.runs == runs


def test_a_name_that_xml_cannot_hold_is_told(tmp_path: Path) -> None:
    labels: Any = LabelSet(name="a", instances={"a\x01b": Instances.empty((10, 10))})
    with pytest.raises(LabelWriteError, match="XML cannot hold"):
        write_labels(labels, tmp_path / "a.xml", format="cvat")
    assert not list(tmp_path.iterdir())
