"""What records print, and show in a notebook: short, whatever they hold."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image as Pictures

import defectkit as dk
from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances, LabelSet, Prediction, Split, Taxonomy
from defectkit.records.html import MOST_ROWS, PICTURE_PX
from defectkit.short_repr import LONGEST_VALUE, short_repr, short_value

LINE = 120
MOST_LINES = 20
SHAPE = (64, 96)
N = 300
HOSTILE = "<script>alert(1)</script>" * 50


def many(n: int = N) -> Instances:
    squares = [
        [(r, c), (r, c + 4), (r + 4, c + 4), (r + 4, c)] for r, c in np.random.default_rng(0).integers(0, 60, (n, 2))
    ]
    return Instances.from_polygons(squares, types=[f"type_{k % 40}" for k in range(n)], shape=SHAPE)


def image(name: str) -> Image:
    pixels = np.random.default_rng(0).random(SHAPE)
    made = Image.from_array(name, pixels, pixel_size="0.5 nm", foil_thickness="90 nm")
    return attrs.evolve(made, cautions=tuple(f"caution {k}" for k in range(50)))


NAMES = [f"frame {k:04}" for k in range(N)]
LARGE = {name: many(40) for name in NAMES[:50]}
LABELS = LabelSet(
    name="mine", instances=LARGE, taxonomy=Taxonomy.standard().with_types([f"type_{k}" for k in range(40)])
)
IMAGES = [image(name) for name in LARGE]
MEASURED = dk.measure_labels(LABELS, IMAGES[:0] + IMAGES)
HOSTILE_LABELS = LabelSet(
    name="mine",
    instances={HOSTILE: Instances.empty(SHAPE, ["bdot"])},
)

RECORDS = {
    "Analysis": MEASURED,
    "Calibration": IMAGES[0].calibration,
    "Convention": dk.conventions.convention("jacobs2022"),
    "Defect": many()[0],
    "Image": IMAGES[0],
    "Instances": many(),
    "LabelDiff": dk.diff(LABELS, {name: many(39) for name in LARGE}),
    "LabelSet": LABELS,
    "LabelSet with a hostile name": HOSTILE_LABELS,
    "Material": dk.load_material("fecral"),
    "Matching": dk.match(many(), many()),
    "Polygons": many().polygons,
    "Prediction": Prediction(image=HOSTILE, instances=many(), detector=HOSTILE, notes=("a note",) * 100),
    "Runs": many().runs,
    "Split": Split(name="s", train=NAMES[:200], test=NAMES[200:], train_labels="a@1", test_labels="a@1"),
    "Taxonomy": LABELS.taxonomy,
    "TrainingSet": TrainingSet(images=IMAGES, labels=LABELS),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_prints_a_few_lines(name: str) -> None:
    printed = repr(RECORDS[name])
    assert sum(1 + len(line) // LINE for line in printed.splitlines()) <= MOST_LINES
    assert type(RECORDS[name]).__name__ in printed


def test_the_line_says_what_there_is() -> None:
    square = np.zeros((1, 8, 8), bool)
    square[0, 2:5, 2:5] = True
    one = Instances.from_masks(square, types=["bdot"], shape=(8, 8), known_types=["bdot", "loop_111"])
    assert repr(one) == "<Instances: 1 defect (1 bdot) in 8 x 8 px>"
    labels = LabelSet(name="mine", instances={"a": one, "b": one.take([])}, refused={"a": 2})
    assert repr(labels) == "<LabelSet 'mine@1': 2 images, 1 defect (1 bdot), 2 regions refused>"
    made = Image.from_array("a", np.zeros((8, 8), np.uint16), pixel_size="0.5 nm", foil_thickness="90 nm")
    assert repr(made) == "<Image 'a': 8 x 8 px, uint16, 0.5 nm/px, foil 90 nm thick>"
    found = Prediction(image="a", instances=one, detector="mine", detector_version="2", capped=True)
    assert repr(found) == (
        "<Prediction of 'a' by mine 2, which reached its largest number: 1 defect (1 bdot) in 8 x 8 px>"
    )


NESTED = st.recursive(
    st.integers() | st.text() | st.none() | st.floats() | st.builds(np.zeros, st.integers(0, 5)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(NESTED)
def test_no_value_is_printed_long(value: object) -> None:
    shown = short_value(value)
    assert len(shown) <= LONGEST_VALUE
    assert "\n" not in shown


def test_fields_that_hold_nothing_are_left_out() -> None:
    @attrs.frozen
    class Record:
        name: str = ""
        count: int = 0
        items: tuple[int, ...] = ()

        __repr__ = short_repr

    assert repr(Record()) == "Record(count=0)"
    assert (
        repr(Record(name="a", items=(1, 2, 3, 4, 5))) == "Record(name='a', count=0, items=(1, 2, 3, 4, ... 5 in all))"
    )


class Page(HTMLParser):
    """The tags of a piece of HTML, each closed where it has to be; its pictures and its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.pictures: list[np.ndarray] = []
        self.rows = 0
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.rows += tag == "tr"
        if tag == "img":
            data = (dict(attributes)["src"] or "").partition(",")[2]
            self.pictures.append(np.asarray(Pictures.open(io.BytesIO(base64.b64decode(data)))))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


SHOWN: dict[str, Any] = {name: record for name, record in RECORDS.items() if hasattr(record, "_repr_html_")}


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_pictures_and_a_table_of_counts(name: str) -> None:
    page = Page(SHOWN[name]._repr_html_())
    assert page.tags <= {"div", "b", "p", "img", "table", "thead", "tbody", "tr", "th", "td", "span", "ul", "li"}
    assert all(max(picture.shape) <= PICTURE_PX for picture in page.pictures)
    assert page.rows <= MOST_ROWS + 3
    has_pixels = name in ("Image", "Instances", "Prediction", "Analysis")
    assert bool(page.pictures) == has_pixels
    assert (page.rows > 0) == (name != "Image")


def test_each_of_the_records_that_people_look_at_shows_itself() -> None:
    assert {"Analysis", "Image", "Instances", "LabelSet", "Prediction"} <= set(SHOWN)


def test_outlines_have_the_color_of_their_type() -> None:
    square = np.zeros((1, 60, 60), bool)
    square[0, 20:40, 20:40] = True
    ours = Instances.from_masks(square, types=["bdot"], shape=(60, 60))
    (picture,) = Page(ours._repr_html_()).pictures
    assert picture.shape == (480, 480, 3)
    blue = (picture == list(bytes.fromhex(Taxonomy.standard()["bdot"].color[1:]))).all(axis=2)
    rows, columns = np.nonzero(blue)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (160, 320, 160, 320)
    assert not blue[170:310, 170:310].any()


def test_counts_are_those_of_the_labels() -> None:
    shown = LABELS._repr_html_()
    assert f"and {len(LARGE) - MOST_ROWS} more" in shown
    cells = re.findall(r">([\d,]+)</td>", shown.rpartition("<tr>")[2])
    assert [int(cell.replace(",", "")) for cell in cells] == list(LABELS.counts().values())


def test_an_image_that_cannot_be_read_says_why(tmp_path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8), np.uint8))
    made = dk.read_image(tmp_path / "a.tif", pixel_size="1 nm")
    (tmp_path / "a.tif").unlink()
    page = Page(made._repr_html_())
    assert page.pictures == []
    assert "a.tif" in page.text


def test_a_picture_does_not_take_matplotlib() -> None:
    code = (
        "import sys, numpy as np, defectkit as dk\n"
        "dk.Image.from_array('a', np.zeros((8, 8)))._repr_html_()\n"
        "print('matplotlib' in sys.modules, 'xarray' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
