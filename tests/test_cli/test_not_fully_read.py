"""What was refused is said, counted and never zero: on the terminal with -q, in the report and in the tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from PIL import Image as Pictures

from defectkit.errors import NotFullyReadWarning
from defectkit.formats import read_images, read_labels
from defectkit.storage import Store, load_results
from defectkit.workflows import Analysis

Run = Callable[..., Result]

BOX = "0 0.5 0.9 0.1 0.05"
CALIBRATED = ("--pixel-size", "1 nm", "--foil-thickness", "100 nm")


def square(k: int) -> str:
    x, y = 0.06 * (k % 15) + 0.02, 0.1 * (k // 15) + 0.02
    return f"0 {x} {y} {x + 0.04} {y} {x + 0.04} {y + 0.06} {x} {y + 0.06}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Frames a, b and c; labels of them in which a has 20 good regions and a box, b five and c none."""
    (tmp_path / "frames").mkdir()
    for name in "abc":
        Pictures.fromarray(np.zeros((100, 120), np.uint8)).save(tmp_path / "frames" / f"{name}.png")
    write(tmp_path / "labels", a=[*map(square, range(20)), BOX], b=[*map(square, range(5))], c=[])
    return tmp_path


def write(folder: Path, **lines: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "classes.txt").write_text("loop_111\n")
    for name, texts in lines.items():
        (folder / f"{name}.txt").write_text("".join(f"{text}\n" for text in texts))


def measured(run: Run, folder: Path, *options: object) -> Result:
    return run(
        *("-q", "measure", "--labels", folder / "labels", "--images", folder / "frames", *CALIBRATED),
        *(*options, "-o", folder / "out"),
    )


def evaluated(run: Run, folder: Path, *options: object) -> Result:
    return run(
        *("-q", "evaluate", "--truth", folder / "labels", "--predicted", folder / "predicted"),
        *("--images", folder / "frames", "--pixel-size", "1 nm", *options, "-o", folder / "out"),
    )


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "out" / f"{name}.csv")


def test_a_few_are_said_wherever_there_is_a_number(run: Run, folder: Path) -> None:
    result = measured(run, folder)
    assert result.exit_code == 0, result.output
    assert "1 of 26 regions were refused, so 1 of 3 images are not fully read: a (1 of 21)" in result.stderr
    assert result.stderr.count("not fully read") == 1
    assert "3 images, 1 of them not fully read (in the numbers below)" in result.output
    for name in ("defects", "summary", "hardening"):
        refused = table(folder, name).groupby("image")["n_refused"].max().to_dict()
        assert refused == {"a": 1, "b": 0} | ({} if name == "defects" else {"c": 0})
    page = (folder / "out" / "report.html").read_text()
    box = page.split('class="cautions"')[1].split("</section>")[0]
    assert "1 of 26 regions were refused" in box
    assert len(re.findall("not fully read: 1 of 21 regions refused", page)) == 4
    analysis = Analysis.load(folder / "out" / "results.zarr")
    assert analysis.labels is not None
    assert dict(analysis.labels.refused) == {"a": 1}
    assert analysis.summary["n_refused"].values.tolist() == [1, 0, 0]
    assert analysis.summary["left_out"].values.tolist() == [False] * 3


def test_an_image_of_which_nothing_was_read_is_an_error(run: Run, folder: Path) -> None:
    write(folder / "labels", b=[BOX, BOX])
    result = measured(run, folder)
    assert result.exit_code == 2
    assert "b (2 of 2)" in result.stderr and "--allow-refused" in result.stderr
    assert not (folder / "out").exists()


def test_what_is_allowed_is_left_out_of_every_density(run: Run, folder: Path) -> None:
    write(folder / "labels", b=[BOX, BOX])
    result = measured(run, folder, "--allow-refused")
    assert result.exit_code == 0, result.output
    assert "left out of densities, hardening and scores" in result.stderr
    assert "3 images, 2 of them not fully read (left out)" in result.output
    summary = table(folder, "summary").query("defect_type == 'all'").set_index("image")
    assert summary["left_out"].to_dict() == {"a": True, "b": True, "c": False}
    assert summary["n_refused"].to_dict() == {"a": 1, "b": 2, "c": 0}
    assert summary["count"].fillna(-1).to_dict() == {"a": 20, "b": -1, "c": 0}
    for name in ("areal_density_per_nm2", "number_density_per_m3", "area_fraction"):
        assert summary[name].fillna(-1).to_dict() == {"a": -1, "b": -1, "c": 0}
    hardening = table(folder, "hardening")
    assert hardening.query("image != 'c'")["hardening_mpa"].isna().all()
    assert hardening.query("image != 'c'")["note"].str.contains("regions refused").all()
    assert hardening.query("image == 'c'")["hardening_mpa"].tolist() == [0, 0, 0]
    assert "on average over 1 image" in result.output


def test_nothing_read_at_all_is_no_number_at_all(run: Run, folder: Path) -> None:
    write(folder / "labels", a=[BOX], b=[BOX], c=[BOX])
    result = measured(run, folder, "--allow-refused")
    assert result.exit_code == 0, result.output
    assert "Hardening: not known, no image is fully read" in result.output
    (row,) = [line for line in result.output.splitlines() if line.strip().startswith("all")]
    assert row.split() == ["all", "-", "-", "-", "-"]
    for name in ("summary", "hardening"):
        columns = table(folder, name).select_dtypes("number").drop(columns=["n_refused"])
        assert not (columns == 0).any().any()


def test_refused_on_both_sides_is_no_score(run: Run, folder: Path) -> None:
    for side in ("labels", "predicted"):
        write(folder / side, a=[BOX], b=[BOX, BOX], c=[BOX])
    result = evaluated(run, folder)
    assert result.exit_code == 2
    assert "4 of 4 regions were refused" in result.stderr
    result = evaluated(run, folder, "--allow-refused")
    assert result.exit_code == 2
    assert "no image is on both sides; not fully read: a, b, c" in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("options", [(), ("--allow-refused",)])
def test_the_shared_boxes_on_both_sides_are_no_score(
    run: Run, shared_cases: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    case = shared_cases / "boxes-on-both-sides-score-one"
    sides = ("--truth", case / "truth", "--predicted", case / "pred", "--images", case / "frames")
    assert run("evaluate", *sides, *options, "-o", tmp_path / "out").exit_code == 2
    boxes = (f"--{side}-format-option" for side in ("truth", "predicted"))
    read = [word for option in boxes for word in (option, "boxes=as-rectangles")]
    assert run("evaluate", *sides, *read, "-o", tmp_path / "out").exit_code == 0
    assert float(load_results(tmp_path / "out" / "evaluation.zarr")["find_f1_score"].max()) == 0


def test_an_evaluation_marks_or_leaves_out_what_is_not_fully_read(run: Run, folder: Path) -> None:
    write(folder / "predicted", a=[*map(square, range(20))], b=[*map(square, range(5))], c=[])
    result = evaluated(run, folder)
    assert result.exit_code == 0, result.output
    assert "a (1 of 21)" in result.stderr
    assert "3 images, 1 of them not fully read" in result.output
    for name in ("find", "errors"):
        rows = table(folder, name).query("scope == 'image'").groupby("image")[["n_refused_true", "n_refused_predicted"]]
        assert rows.max().to_numpy().tolist() == [[1, 0], [0, 0], [0, 0]]
    assert table(folder, "pairs").groupby("image")["n_refused_true"].max().to_dict() == {"a": 1, "b": 0}
    stored = load_results(folder / "out" / "evaluation.zarr")
    assert stored["image_n_refused_true"].values.tolist() == [1, 0, 0]
    assert any("1 of 26" in note for note in stored.attrs["notes"])

    result = evaluated(run, folder, "--allow-refused")
    assert result.exit_code == 0, result.output
    assert "not fully read, left out of all scores: a" in result.stderr
    assert "2 images, 5 true and 5 predicted defects" in result.output
    assert table(folder, "left_out").to_numpy().tolist() == [["a", "not fully read"]]
    assert set(table(folder, "find")["image"].dropna()) == {"b", "c"}


@pytest.mark.parametrize("shared", [False, True], ids=["built", "shared"])
def test_no_file_may_mean_that_nothing_was_found(
    run: Run, folder: Path, shared: bool, request: pytest.FixtureRequest
) -> None:
    if shared:
        case = request.getfixturevalue("shared_cases") / "yolo-no-file-means-nothing-found"
        sides = ("--truth", case / "truth", "--predicted", case / "pred", "--images", case / "frames")
        lonely = "f2"
    else:
        write(folder / "labels", **{name: [square(k) for k in range(3)] for name in "abc"})
        write(folder / "predicted", **{name: [square(k) for k in range(3)] for name in "ab"})
        sides = ("--truth", folder / "labels", "--predicted", folder / "predicted", "--images", folder / "frames")
        lonely = "c"

    def run_with(*options: str) -> Result:
        return run("-q", "evaluate", *sides, *options, "-o", folder / "out")

    refused = run_with()
    assert refused.exit_code == 2
    assert lonely in refused.stderr and "--missing empty" in refused.stderr and "--allow-partial" in refused.stderr
    empty = run_with("--missing", "empty")
    assert empty.exit_code == 0, empty.output
    assert f"nothing was found there, as asked: {lonely}" in empty.stderr
    result = load_results(folder / "out" / "evaluation.zarr")
    assert float(result["find_recall"].sel(iou_threshold=0.3)) == pytest.approx(6 / 9)
    assert result.attrs["taken_as_empty"] == [lonely]
    partial = run_with("--allow-partial")
    assert partial.exit_code == 0
    assert "3 of 9 true defects: recall is 1.000 without them, and 0.667 if nothing was found there" in partial.stderr


def test_measuring_asks_what_an_image_without_labels_means(run: Run, folder: Path) -> None:
    write(folder / "labels", a=[square(0)])
    (folder / "labels" / "c.txt").unlink()
    result = measured(run, folder)
    assert "left out: c" in result.stderr and "--missing empty" in result.stderr
    assert set(table(folder, "summary")["image"]) == {"a", "b"}
    result = measured(run, folder, "--missing", "error")
    assert result.exit_code == 2 and "'c'" in result.stderr
    result = measured(run, folder, "--missing", "empty")
    assert "count as empty, as asked: c" in result.stderr
    every = table(folder, "summary").query("defect_type == 'all'").set_index("image")
    assert every["count"].to_dict() == {"a": 1, "b": 5, "c": 0}
    assert every["areal_density_per_nm2"]["c"] == 0


def test_a_hardening_that_is_not_known_of_all_images_is_no_mean(run: Run, folder: Path) -> None:
    write(folder / "labels", a=[square(0)])
    for name in "abc":
        text = (folder / "labels" / f"{name}.txt").read_text()
        (folder / "labels" / f"{name}.txt").write_text(text.replace("0 0.", "1 0.", 1) if name == "a" else text)
    (folder / "labels" / "classes.txt").write_text("loop_111\nloop\n")
    result = measured(run, folder)
    assert result.exit_code == 0, result.output
    assert "Hardening: not known for 1 of 3 images: the material 'fecral' has no barrier strength" in result.output
    assert "MPa" not in result.output
    rows = table(folder, "hardening").query("defect_type == 'loop'")
    assert rows["hardening_mpa"].isna().all()
    assert rows["note"].str.contains("barrier strength").all()


def test_without_a_thickness_nothing_is_hardened_not_even_an_empty_image(run: Run, folder: Path) -> None:
    sides = ("--labels", folder / "labels", "--images", folder / "frames", "--pixel-size", "1 nm")
    result = run("-q", "measure", *sides, "-o", folder / "out")
    assert "Hardening: not known for 3 of 3 images" in result.output
    assert table(folder, "hardening")["hardening_mpa"].isna().all()
    assert table(folder, "hardening")["number_density_per_m3"].isna().all()


def test_a_stored_label_set_stays_marked(folder: Path) -> None:
    with pytest.warns(NotFullyReadWarning):
        labels = read_labels(folder / "labels", images=read_images(folder / "frames", pixel_size="1 nm/px")).labels
    store = Store.create(folder / "store.zarr")
    store.add_labels(labels)
    assert store.labels(labels.key).refused == labels.refused
    store.verify(labels.key)
