"""Commands that write, each small: what is run, on what, and where its result lies."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import attrs
from click.testing import CliRunner, Result

from defectkit.files.marker import MARKER

TRAIN = """
detector = "pixel-forest"
labels = "truth@1"

[options]
n_trees = 2
scales_nm = [1]
samples_per_class = 40

[data]
images = "frames"
pixel_size = "1 nm/px"
labels.truth.path = "labels.json"
labels.truth.format = "coco"
"""

STUDY = """
name = "two folds"

[data]
images = "frames"
pixel_size = "1 nm/px"
labels.truth.path = "labels.json"
labels.truth.format = "coco"

[[labels]]
train = "truth@1"
test = "truth@1"

[[splits]]
splitter = "random-k-fold"
accepted = ["area"]
options.n_splits = 2

[[detectors]]
detector = "blob"
label = "blob"
"""

AWAY = """
format = 1
name = "away"
title = "Files that lie elsewhere"
licence = "CC0-1.0"

[citation]
text = "None."

[source]
kind = "files"
address = "http://127.0.0.1:9/"
mirror = "away"
files = "away.files.txt"
archives = ["*.zip"]

[images]
files = ["frames/*.tif"]

[[labels]]
name = "labels"
version = "1"
format = "coco"
files = ["labels/labels.json"]
"""


@attrs.frozen
class Writer:
    """A command that writes.

    Parameters
    ----------
    name : str
    words : tuple of str
        The command line, run in a workplace.
    result : str
        Where what it writes lies, in the workplace.
    other : tuple of str
        The same with other settings, where it may be run into what that has written.
    pieces : tuple of str
        The parts of the result of which each is one version at any time, where that is not so of all of it together.
    weight : int
        How much of the time it is stopped in, and how often a fault meets it: slow ones less.
    """

    name: str
    words: tuple[str, ...]
    result: str
    other: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ("",)
    weight: int = 10


ANALYZE = ("--pixel-size", "1 nm", "--foil-thickness", "100 nm", "-o", "out")
THINNER = ("--pixel-size", "1 nm", "--foil-thickness", "80 nm", "-o", "out")
MEASURE = ("measure", "--labels", "labels.json", "--images", "frames")
EVALUATE = ("--images", "frames", "--pixel-size", "1 nm", "-o", "out")
STUDY_RUN = ("study", "run", "study.toml", "-o", "study")
BOTH = ("lab/labels@1", "lab/labels@2")
MERGE = ("labels", "merge", *BOTH, "--name", "merged")
COMPARE = ("labels", "agree")
AGREE = ("--resamples", "50", "-o", "out")
DEMO = ("demo", "--images", "1", "-o", "out")
FETCHED = ("frames/a.tif", "frames/b.tif", "labels.zip", ".unpacked/labels")
REPRODUCED = (*(f"artifacts/table9.{end}" for end in ("csv", "tex", "md")), "index.html", "index.md")
WRITERS: tuple[Writer, ...] = (
    Writer("analyze", ("analyze", "frames", *ANALYZE), "out", ("analyze", "frames", *THINNER), weight=4),
    Writer("measure", (*MEASURE, *ANALYZE), "out", (*MEASURE, *THINNER), weight=4),
    Writer(
        "evaluate",
        ("evaluate", "--truth", "labels.json", "--predicted", "second.json", *EVALUATE),
        "out",
        ("evaluate", "--truth", "labels.json", "--predicted", "third.json", *EVALUATE),
        weight=2,
    ),
    Writer(
        "labels diff",
        ("labels", "diff", "lab/labels@1", "lab/labels@2", "-o", "out"),
        "out",
        ("labels", "diff", "lab/labels@2", "lab/labels@1", "-o", "out"),
        weight=5,
    ),
    Writer("labels export", ("labels", "export", "lab/labels@1", "--format", "coco", "-o", "new.json"), "new.json"),
    Writer("labels export folder", ("labels", "export", "lab/labels@1", "--format", "yolo-seg", "-o", "new"), "new"),
    Writer("labels add", ("labels", "add", "lab", "third.json"), "catalogue"),
    Writer("datasets add", ("datasets", "add", "frames", "--name", "more", "--labels", "labels.json"), "catalogue"),
    Writer("datasets remove", ("datasets", "remove", "lab", "--yes"), "catalogue"),
    Writer("train", ("train", "train.toml", "-o", "model"), "model"),
    Writer("study", STUDY_RUN, "study", STUDY_RUN, pieces=("results.zarr",), weight=2),
    Writer("labels agree", (*COMPARE, *BOTH, *AGREE), "out", (*COMPARE, *BOTH[::-1], *AGREE), weight=3),
    Writer("labels merge", (*MERGE, "--into", "lab"), "catalogue"),
    Writer("labels merge file", (*MERGE, "--export", "new.json", "--format", "coco"), "new.json"),
    Writer("labels tag", ("labels", "tag", "lab/labels@2", "submitted"), "catalogue"),
    Writer("datasets fetch", ("datasets", "fetch", "away", "--mirror", "mirror"), "cache/away", pieces=FETCHED),
    Writer("demo", DEMO, "out", (*DEMO, "--seed", "1"), weight=1),
)
if find_spec("defectkit_jacobs2022") is not None:
    WRITERS += (
        Writer("reproduce", ("reproduce", "table9", "-o", "out"), "out", pieces=REPRODUCED, weight=3),
        Writer("audit", ("audit", "jacobs2022", "-o", "audit.md"), "audit.md"),
    )
HAS_DONE = ("already", "no data set is named", "nothing is different")
"""What a command says that is run again after it was stopped when its work was done."""


def make_workplace(folder: Path) -> None:
    """Make a folder with two small images, three label files, two data sets of one's own and two declarations."""
    import numpy as np
    import tifffile

    from defectkit import write_labels
    from defectkit.testing.synthetic import synthetic_dataset

    images, truth = synthetic_dataset(1, 2, shape=(96, 96), counts={"bdot": 4, "loop_111": 2})
    named = dict(zip("ab", truth.instances.values(), strict=True))
    (folder / "frames").mkdir(parents=True)
    for name, image in zip("ab", images.values(), strict=True):
        tifffile.imwrite(folder / "frames" / f"{name}.tif", image.pixels)
    for number, file in enumerate(("labels.json", "second.json", "third.json")):
        fewer = {name: found.take(np.arange(number, len(found))) for name, found in named.items()}
        write_labels(attrs.evolve(truth, instances=fewer), folder / file, format="coco")
    (folder / "train.toml").write_text(TRAIN, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    for words in (
        ("datasets", "add", "frames", "--name", "lab", "--labels", "labels.json"),
        ("labels", "add", "lab", "second.json"),
    ):
        done = run(folder, *words)
        assert done.exit_code == 0, done.output
    _make_mirror(folder)


def _make_mirror(folder: Path) -> None:
    """Make a data set whose files are in a mirror, one of them an archive."""
    mirror = folder / "mirror" / "away"
    shutil.copytree(folder / "frames", mirror / "frames")
    with zipfile.ZipFile(mirror / "labels.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "labels.json", "labels.json")
        archive.write(folder / "train.toml", "notes/train.toml")
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_size} {file.relative_to(mirror).as_posix()}\n"
        for file in sorted(mirror.rglob("*.*"))
    ]
    entries = folder / "catalogue" / "datasets"
    (entries / "away.files.txt").write_text("".join(lines), encoding="utf-8")
    (entries / "away.toml").write_text(AWAY, encoding="utf-8")


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """Let commands run in a folder, with a catalogue and a cache of their own there."""
    places = {"DEFECTKIT_CATALOGUE": str(folder / "catalogue"), "DEFECTKIT_DATA": str(folder / "cache")}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with mock.patch.dict(os.environ, places):
            yield
    finally:
        os.chdir(before)


def run(folder: Path, *words: str) -> Result:
    """Run a command line in this process; what is a fault of the program is raised."""
    from defectkit.cli import cli

    with standing_in(folder):
        result = CliRunner().invoke(cli, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def runner(folder: Path, writer: Writer) -> Callable[[], Result]:
    """Return a function that runs a command in a folder."""
    return lambda: run(folder, *writer.words)


def state(folder: Path) -> dict[str, bytes]:
    """Return each file below a folder, or the file itself, with its content."""
    if folder.is_file():
        return {"": folder.read_bytes()}
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def litter(folder: Path) -> list[str]:
    """Return what only a run that is not finished may leave."""
    marks = (".defectkit", ".lock", ".part", ".adding", ".removing", ".staging")
    found = [p for p in folder.rglob(".*") if any(mark in p.name for mark in marks) and p.name != MARKER]
    found += folder.rglob(".incoming/*")
    return sorted(p.relative_to(folder).as_posix() for p in found)


def copied(folder: Path, target: Path) -> Path:
    """Return a copy of a workplace."""
    shutil.copytree(folder, target)
    return target
