from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defectkit_web.edits import Drawing, Edit, Start, read_edit, written_edit
from defectkit_web.journal import Journal
from defectkit_web.pictures import grey_levels
from defectkit_web.results import results_of
from defectkit_web.work import Work, changed_ids

from defectkit import Image, Instances, measure_labels
from defectkit.errors import DefectkitError, RecordError

SHAPE = (40, 60)
SQUARE = [[5, 5], [5, 15], [15, 15], [15, 5]]
DRAW: dict[str, Any] = {"kind": "draw", "ring": SQUARE, "type": "bdot"}
ELLIPSE: dict[str, Any] = {"kind": "ellipse", "center": [20, 40], "semi_axes": [4, 8], "angle_rad": 0.3, "type": "loop"}
CUT: dict[str, Any] = {"kind": "cut", "id": 0, "line": [[0, 8], [20, 8]]}
ALL = [
    DRAW,
    ELLIPSE,
    CUT,
    {"kind": "delete", "ids": [0]},
    {"kind": "retype", "ids": [0], "type": "my_type"},
    {"kind": "merge", "ids": [0, 1]},
]


def nothing_found(digest: str) -> Instances:
    raise AssertionError(digest)


def drawn(*edits: dict[str, Any]) -> Drawing:
    drawing = Drawing(instances=Instances.empty(SHAPE))
    for edit in edits:
        drawing = read_edit(edit).apply(drawing, nothing_found)
    return drawing


def image(**more: Any) -> Image:
    return Image.from_array("one", np.arange(2400, dtype=np.uint16).reshape(SHAPE), **more)


def work(folder: Path, **more: Any) -> Work:
    return Work.open(image(**more), Journal(folder=folder))


def test_a_polygon_is_kept_and_an_ellipse_has_its_area() -> None:
    instances = drawn(DRAW, ELLIPSE).instances
    assert instances.areas[0] == 100
    assert instances.areas[1] == pytest.approx(np.pi * 32, rel=0.06)
    assert instances[0].polygon is not None
    assert instances[0].polygon.tolist() == SQUARE
    assert instances.type_names == ("bdot", "loop")
    assert instances.is_labels


def test_parts_of_a_cut_have_new_ids_and_the_type() -> None:
    instances = drawn(DRAW, CUT).instances
    assert instances.ids.tolist() == [1, 2]
    assert instances.areas.tolist() == [70, 30]
    assert instances.type_names == ("bdot", "bdot")


def test_merged_parts_are_the_whole_again() -> None:
    whole = drawn(DRAW).instances
    instances = drawn(DRAW, CUT, {"kind": "merge", "ids": [1, 2]}).instances
    assert instances.runs == whole.runs
    assert instances.ids.tolist() == [3]


def test_an_id_is_never_given_again() -> None:
    instances = drawn(DRAW, {"kind": "delete", "ids": [0]}, DRAW).instances
    assert instances.ids.tolist() == [1]


def test_retyping_changes_nothing_else() -> None:
    before = drawn(DRAW, ELLIPSE).instances
    after = drawn(DRAW, ELLIPSE, {"kind": "retype", "ids": [0], "type": "cavity"}).instances
    assert after.type_names == ("cavity", "loop")
    assert after.runs == before.runs
    assert changed_ids(before, after) == ([], [0])


@pytest.mark.parametrize("edit", ALL, ids=lambda edit: edit["kind"])
def test_what_is_written_is_read_again(edit: dict[str, Any]) -> None:
    assert written_edit(read_edit(edit)) == edit


@pytest.mark.parametrize(
    "edit",
    [
        None,
        [],
        {},
        {"kind": "burn"},
        {"kind": ["draw"]},
        {"kind": "draw", "ring": SQUARE},
        DRAW | {"more": 1},
        DRAW | {"ring": SQUARE[:2]},
        DRAW | {"ring": [[0, 0], [0, "1"], [1, 1]]},
        DRAW | {"ring": [[0, 0], [0, float("nan")], [1, 1]]},
        DRAW | {"ring": [[0, 0], [0, 1e9], [1, 1]]},
        DRAW | {"ring": [[0, 0, 0], [0, 1, 0], [1, 1, 0]]},
        DRAW | {"ring": [[0, 0]] * 30_000},
        DRAW | {"type": "two words"},
        DRAW | {"type": "all"},
        DRAW | {"type": "x" * 100},
        ELLIPSE | {"semi_axes": [0, 1]},
        ELLIPSE | {"angle_rad": True},
        {"kind": "delete", "ids": []},
        {"kind": "delete", "ids": [-1]},
        {"kind": "delete", "ids": [7]},
        {"kind": "merge", "ids": [0]},
        CUT | {"line": [[0, 0]]},
        CUT | {"line": [[0, 0], [1, 1]]},
        DRAW | {"ring": [[100, 100], [100, 110], [110, 110]]},
    ],
)
def test_what_cannot_be_done_is_one_sentence(edit: Any) -> None:
    with pytest.raises(DefectkitError) as caught:
        read_edit(edit).apply(drawn(DRAW), nothing_found)
    assert "\n" not in str(caught.value)


def test_undo_and_redo_go_back_and_forth_over_more_steps_than_are_kept(tmp_path: Path) -> None:
    here = work(tmp_path)
    states = [here.instances]
    for k in range(40):
        here.apply(read_edit(DRAW | {"ring": [[r + k % 20, c + k] for r, c in [[0, 0], [0, 9], [9, 9]]]}))
        states.append(here.instances)
    for state in reversed(states[:-1]):
        here.undo()
        assert here.instances == state
    with pytest.raises(RecordError, match="nothing to undo"):
        here.undo()
    for state in states[1:]:
        here.redo()
        assert here.instances == state
    with pytest.raises(RecordError, match="nothing to do again"):
        here.redo()


def test_a_new_edit_forgets_what_was_undone(tmp_path: Path) -> None:
    here = work(tmp_path)
    here.apply(read_edit(DRAW))
    here.undo()
    here.apply(read_edit(ELLIPSE))
    assert here.instances.type_names == ("loop",)
    with pytest.raises(RecordError):
        here.redo()


def test_everything_is_on_the_disk_as_soon_as_it_is_done(tmp_path: Path) -> None:
    here = work(tmp_path)
    found = drawn(DRAW, ELLIPSE).instances
    start: Edit = Start(digest=here.journal.keep(found), origin="blob 1")
    here.apply(start)
    here.apply(read_edit(CUT))
    here.undo()
    here.calibrate("0.5 nm", "80 nm")
    again = work(tmp_path)
    assert again.instances == here.instances
    assert again.image.calibration == here.image.calibration
    assert again.start() == ("blob 1", found)
    assert not again.is_corrected
    again.redo()
    assert again.is_corrected
    assert len(again.instances) == 3


def test_a_journal_of_another_image_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    here = work(tmp_path)
    here.apply(read_edit(DRAW))
    with pytest.raises(DefectkitError, match="another image"):
        Work.open(Image.from_array("one", np.zeros((9, 9), np.uint8)), here.journal)
    (path,) = (tmp_path / "images").glob("*.json")
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DefectkitError):
        work(tmp_path)


def test_results_are_those_of_measure(tmp_path: Path) -> None:
    here = work(tmp_path, pixel_size="2 nm", foil_thickness="100 nm")
    here.apply(read_edit(DRAW))
    here.apply(read_edit(ELLIPSE))
    results = results_of(here)
    summary = measure_labels({"one": here.instances}, [here.image]).summary.isel(image=0)
    (total,) = (row for row in results["rows"] if row["type"] == "all")
    whole = summary.sel(defect_type="all")
    assert total["count"] == int(whole["count"]) == 2
    assert total["mean"] == float(whole["equivalent_diameter_mean"])
    assert total["areal_density"] == pytest.approx(float(whole["areal_density"]) * 1e18)
    assert total["number_density"] == pytest.approx(float(whole["number_density"]))
    assert sum(results["histogram"]["counts"]) + results["histogram"]["over"] + results["histogram"]["under"] == 2


def test_results_without_a_pixel_size_are_in_pixels(tmp_path: Path) -> None:
    here = work(tmp_path)
    here.apply(read_edit(DRAW))
    results = results_of(here)
    assert results["unit"] == "px"
    assert results["rows"][0]["mean"] == pytest.approx(2 * np.sqrt(100 / np.pi))
    assert results["rows"][0]["areal_density"] is None


@pytest.mark.parametrize(
    ("size", "thickness"), [("5", None), ("1 m", None), ("-1 nm", None), (None, "80 nm"), ("1 nm", "3 s")]
)
def test_a_size_that_is_none_changes_nothing(tmp_path: Path, size: str | None, thickness: str | None) -> None:
    here = work(tmp_path)
    with pytest.raises(DefectkitError):
        here.calibrate(size, thickness)
    assert here.image.calibration is None
    assert work(tmp_path).image.calibration is None


def test_grey_levels_do_not_depend_on_how_pixels_are_stored() -> None:
    pixels = np.random.default_rng(0).integers(1000, 5000, (60, 70)).astype(np.uint16)
    shown = grey_levels(pixels)
    for dtype in (np.int32, np.float32, np.float64):
        assert np.abs(grey_levels(pixels.astype(dtype)).astype(int) - shown).max() <= 1
    holes = pixels.astype(np.float32)
    holes[0, 0] = np.nan
    assert grey_levels(holes)[0, 0] == 0
    assert grey_levels(np.full((4, 5), 7, np.uint8)).tolist() == np.zeros((4, 5)).tolist()
