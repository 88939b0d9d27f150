from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner, Result

from defectkit.cli import cli
from defectkit.datasets import catalogue
from defectkit.storage import load_results
from tests.test_datasets.conftest import Site, Tiny
from tests.test_datasets.test_own import SHAPE, write_yolo

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def invoke(*args: object, status: int = 0) -> Result:
        result = CliRunner().invoke(cli, [str(a) for a in args])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return invoke


@pytest.fixture
def registry(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """Have the commands use the registry of the tests."""
    monkeypatch.setattr(catalogue, "registry_path", lambda: tiny.folder)
    return tiny


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "lab"
    (folder / "labels").mkdir(parents=True)
    for k, name in enumerate("ab"):
        pixels = np.random.default_rng(k).integers(0, 255, SHAPE, dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{name}.png")
        write_yolo(folder / "labels" / f"{name}.txt", [(10 + 15 * n, 10) for n in range(3)])
    return folder


def test_list_and_show(run: Run, registry: Tiny) -> None:
    assert "Three images" in run("datasets", "list").stdout
    (row,) = [r for r in json.loads(run("datasets", "list", "--json").stdout) if r["name"] == "tiny"]
    assert (row["images"], row["label sets"], row["licence"]) == (3, "drawn@1", "CC0-1.0")
    shown = run("datasets", "show", "tiny").stdout
    for text in ("Nobody (2022)", "drawn@1", "somebody", "2 loop_111, 1 bdot", "c-out", "unpublished"):
        assert text in shown
    assert json.loads(run("datasets", "show", "tiny", "--json").stdout)["name"] == "tiny"
    assert "did you mean 'tiny'" in run("datasets", "show", "tini", status=2).stderr


def test_a_broken_entry_is_named_and_the_rest_listed(run: Run, registry: Tiny) -> None:
    (registry.folder / "datasets" / "broken.toml").write_text("format = 1")
    result = run("datasets", "list")
    assert "broken: missing key: name" in result.stderr
    assert "tiny" in result.stdout


def test_fetch(run: Run, registry: Tiny, site: Site, tmp_path: Path) -> None:
    del site.pages["images/b.png"]
    failed = run("datasets", "fetch", "tiny", status=2)
    assert f"images/b.png (image b)\n      {site.address}/images/b.png" in failed.stderr
    partial = run("datasets", "fetch", "tiny", "--available")
    assert "5 files are in" in partial.stdout
    assert "1 files are missing" in partial.stderr
    mirror = registry.mirror(tmp_path / "mirror", "images/b.png")
    assert "6 files are in" in run("datasets", "fetch", "tiny", "--mirror", mirror).stdout


def test_check(run: Run, registry: Tiny) -> None:
    assert "1 findings" in run("datasets", "check", "tiny").stdout
    registry.edit("expected = 3\n", "expected = 4\n")
    result = run("datasets", "check", "tiny", "--json", status=1)
    (fault,) = [f for f in json.loads(result.stdout) if f["severity"] == "fault"]
    assert fault["what"] == "tiny: there are 3 images, not 4 as expected"


def test_a_check_that_finds_nothing_says_so_in_a_line(
    run: Run, registry: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("defectkit.datasets.check_dataset", lambda data: ())
    assert run("datasets", "check", "tiny").stdout == "tiny: nothing odd was found\n"
    assert json.loads(run("datasets", "check", "tiny", "--json").stdout) == []


def test_the_way_of_a_lab(run: Run, frames: Path, tmp_path: Path) -> None:
    """Add, edit, add a version, diff, tag, agree, verify, merge, export."""
    added = run("datasets", "add", frames, "--pixel-size", "0.5 nm", "--annotator", "Anna")
    assert "lab: 2 images" in added.stdout
    assert "lab/labels@1: 6 defects in 2 images" in added.stdout

    write_yolo(frames / "labels" / "a.txt", [(10, 10), (25, 13)])
    again = run("labels", "add", "lab", frames / "labels", "--annotator", "Ben")
    assert "lab/labels@2: 5 defects in 2 images" in again.stdout
    assert "nothing is different" in run("labels", "add", "lab", frames / "labels", status=2).stderr

    out = tmp_path / "diff"
    said = run("labels", "diff", "lab/labels@1", "lab/labels@2", "-o", out).stdout
    assert "2 images, 4 labels unchanged" in said
    assert (out / "counts.csv").read_text().splitlines()[1:] == ["a,defect,0,1,1,0,0,", "a,all,0,1,1,0,0,"]
    changes = (out / "changes.csv").read_text().splitlines()
    assert changes[0].startswith(
        "image,change,id_before,id_after,type_before,type_after,iou,shift_row_px,shift_col_px,"
    )
    assert changes[1].startswith("a,moved,1,1,defect,defect,0.4545")
    assert changes[2] == "a,removed,2,,defect,,0.0,0.0,0.0,"
    assert sorted(p.name for p in (out / "overlays").iterdir()) == ["a.png"]
    assert (out / "about.txt").read_text().splitlines()[1].startswith("lab/labels@2 sha256:")
    with PIL.Image.open(out / "changes.png") as figure:
        assert figure.size[0] == 1200

    assert "several versions" in run("labels", "diff", "lab/labels", "lab/labels@2", status=2).stderr
    run("labels", "tag", "lab/labels@2", "submitted")
    assert "labels@submitted" in run("datasets", "show", "lab").stdout

    agreement = tmp_path / "agreement"
    agreed = run("labels", "agree", "lab/labels@1", "lab/labels@submitted", "--resamples", 50, "-o", agreement)
    shown = agreed.stdout
    assert "labels@1 and labels@2: 2 images" in shown
    assert re.findall(r"^\s*(0\.\d\d) ", shown, re.MULTILINE) == ["0.30", "0.50", "0.70"]
    assert "3 of 19 IoU thresholds; with --output all are in agreement.csv" in agreed.stderr
    assert len((agreement / "agreement.csv").read_text().splitlines()) == 1 + 19
    own = run("labels", "agree", "lab/labels@1", "lab/labels@2", "--resamples", 2, "--iou-threshold", 0.42).stdout
    assert re.findall(r"^\s*(0\.\d\d) ", own, re.MULTILINE) == ["0.30", "0.42", "0.50", "0.70"]
    table = load_results(agreement / "agreement.zarr")
    assert float(table["f1_score"].sel(iou_threshold=0.3)) == pytest.approx(10 / 11)
    assert sorted(p.name for p in agreement.iterdir() if not p.name.startswith(".")) == [
        "about.txt",
        "agreement.csv",
        "agreement.png",
        "agreement.zarr",
        "confusion.csv",
        "differences.csv",
        "overlays",
    ]
    assert sorted(p.name for p in (agreement / "overlays").iterdir()) == ["a.png", "b.png"]
    lines = (agreement / "differences.csv").read_text().splitlines()
    assert lines[1].startswith("defect,6,5,")
    assert run("datasets", "verify", agreement).stdout.count("holds") == 2

    merged = run(
        "labels", "merge", "lab/labels@1", "lab/labels@2", "--name", "agreed", "--keep", "both", "--into", "lab"
    )
    assert "agreed@1: 5 labels of 6 and 5" in merged.stdout
    file = tmp_path / "agreed.json"
    assert "5 defects in 2 images" in run("labels", "export", "lab/agreed", "--format", "via", "-o", file).stdout
    assert len(json.loads(file.read_text())["_via_img_metadata"]) == 2


def test_verify_says_what_does_not_hold(run: Run, frames: Path, tmp_path: Path) -> None:
    run("datasets", "add", frames)
    run("labels", "agree", "lab/labels", "lab/labels", "--resamples", 2, "-o", tmp_path / "out")
    (tmp_path / "own" / "datasets" / "lab.toml").unlink()
    assert "no data set is named 'lab'" in run("datasets", "verify", tmp_path / "out", status=1).stdout


def test_labels_that_are_not_found_can_be_added_later(run: Run, frames: Path, tmp_path: Path) -> None:
    labels = tmp_path / "elsewhere"
    (frames / "labels").rename(labels)
    result = run("datasets", "add", frames, "--name", "mine")
    assert "No labels were found" in result.stderr
    assert "2 images have no pixel size" in result.stderr
    assert "mine/drawn@1: 6 defects" in run("labels", "add", "mine", labels, "--set", "drawn").stdout


def test_merge_and_export_of_published_labels(run: Run, registry: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    run("labels", "merge", "tiny/drawn", "tiny/drawn", "--name", "m", "--export", path, "--format", "coco")
    assert len(json.loads(path.read_text())["annotations"]) == 3
    refused = run("labels", "merge", "tiny/drawn", "tiny/drawn", "--name", "m", "--into", "tiny", status=2)
    assert "published files" in refused.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("labels", "diff", "tiny", "tiny/drawn"), "'tiny' is not DATASET/LABELS"),
        (("labels", "merge", "tiny/drawn", "tiny/drawn", "--name", "m"), "--into DATASET"),
        (("labels", "merge", "tiny/drawn", "tiny/drawn", "--name", "m", "--export", "x"), "--export needs --format"),
        (("labels", "export", "tiny/drawn", "--format", "nope", "-o", "x"), "no label format is named 'nope'"),
        (("datasets", "verify", "missing"), "missing is not there"),
    ],
)
def test_usage_errors_end_with_status_2(run: Run, registry: Tiny, args: tuple[str, ...], message: str) -> None:
    assert message in run(*args, status=2).stderr


def test_label_sets_of_different_images_are_not_compared(run: Run, registry: Tiny, frames: Path) -> None:
    run("datasets", "add", frames)
    assert "image 'a' is not the same" in run("labels", "agree", "tiny/drawn", "lab/labels", status=2).stderr
    run("datasets", "add", frames, "--name", "twin")
    assert "2 images" in run("labels", "agree", "twin/labels", "lab/labels", "--resamples", 2).stdout


@pytest.mark.parametrize("command", ["datasets", "labels"])
def test_help_of_every_command_has_an_example(run: Run, command: str) -> None:
    group = cli.get_command(None, command)  # type: ignore[arg-type]  # no context is needed
    for name in group.commands:  # type: ignore[union-attr]  # a group
        assert "Example" in run(command, name, "--help").stdout
