from __future__ import annotations

import csv
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import User

ONE_OF_EACH = {
    "detector": "threshold",
    "splitter": "first-half",
    "metric": "count-difference",
    "hardening_model": "constant",
    "label_format": "box-table",
    "image_format": "npy",
    "dataset": "squares",
    "command": "count",
}


@pytest.fixture
def example(user: Callable[..., User]) -> User:
    """Somebody with one of each kind of plugin."""
    return user("defectkit-example")


def test_one_of_each_kind_is_listed_with_its_distribution(example: User) -> None:
    listed = example.plugins()
    assert listed["failures"] == []
    ours = {row["kind"]: row for row in listed["registered"] if row["distribution"] == "defectkit-example"}
    assert {kind: row["name"] for kind, row in ours.items()} == ONE_OF_EACH
    assert {row["version"] for row in ours.values()} == {"0.3"}
    assert all(row["description"] for row in ours.values())


def test_the_table_shows_them_too(example: User) -> None:
    shown = example.run("plugins").stdout
    for name in ONE_OF_EACH.values():
        assert name in shown


def test_the_command_is_in_the_help_and_runs(example: User) -> None:
    assert "Count the dark patches of an image." in example.run("--help").stdout
    example.draw("one.npy")
    assert example.run("count", "one.npy").stdout == "one: 3\n"


def test_an_error_of_the_plugin_is_one_message_and_status_2(example: User) -> None:
    done = example.run("count", "gone.npy")
    assert done.returncode == 2
    assert done.stderr.startswith("error: gone.npy is no array of NumPy")
    assert "Traceback" not in done.stderr


def test_detector_image_format_and_hardening_model_run_through_analyze(example: User) -> None:
    example.draw("one.npy")
    done = example.run(
        "analyze", "one.npy", "--pixel-size", "0.5 nm", "--foil-thickness", "100 nm", "--detector", "threshold",
        "--hardening-model", "constant", "-o", "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (example.folder / "out" / "defects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["area_nm2"]) for row in rows] == [4.0, 9.0, 16.0]
    assert {row["defect_type"] for row in rows} == {"defect"}
    report = (example.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "threshold" in report


def test_label_format_and_metric_run_through_evaluate(example: User) -> None:
    example.draw("one.npy")
    head = "image,type,top,left,bottom,right\n"
    (example.folder / "truth.csv").write_text(f"{head}one,bdot,4,4,8,8\none,bdot,20,20,26,26\n")
    (example.folder / "guess.csv").write_text(f"{head}one,bdot,4,4,8,8\n")
    done = example.run(
        "evaluate", "--truth", "truth.csv", "--predicted", "guess.csv", "--images", "one.npy", "--format", "box-table",
        "--pixel-size", "0.5 nm", "-o", "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (example.folder / "out" / "pairs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2
    code = """
from pathlib import Path
from defectkit import Taxonomy, hooks, workflows

image = hooks.find("image_format", "npy")().read(Path("one.npy"))
read = hooks.find("label_format", "box-table")().read
truth, guess = (
    read(Path(name), {"one": image}, Taxonomy.standard()).labels.instances for name in ("truth.csv", "guess.csv")
)
found = workflows.evaluate(truth, guess, {"one": image}, metrics=["find", "count-difference"])
print(found["image_count_difference"].values.tolist(), float(found["find_recall"].sel(iou_threshold=0.3)))
"""
    done = example.python("-c", code)
    assert done.stdout == "[-1] 0.5\n", done.stderr


def test_splitter_and_data_set_are_found_from_python(example: User) -> None:
    code = """
from defectkit import hooks
from defectkit.splitters import make_splits

source = hooks.find("dataset", "squares")()
assert source.entry().name == "squares"
images = list(source.images())
(split,) = make_splits(hooks.find("splitter", "first-half")(), images, train_labels="a@1", test_labels="a@1")
print(split.train, split.test)
print(source.labels("squares@1").counts())
"""
    done = example.python("-c", code)
    assert done.stdout == "('square-0', 'square-1') ('square-2', 'square-3')\n{'bdot': 4}\n", done.stderr


def test_the_help_loads_none_of_its_parts(example: User) -> None:
    code = (
        "import sys\n"
        "from defectkit import hooks\n"
        "print('count' in hooks.commands(), 'defectkit_example_parts' in sys.modules, 'numpy' in sys.modules)\n"
    )
    done = example.python("-c", code)
    assert done.stdout == "True False False\n", done.stderr
