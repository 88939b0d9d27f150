"""Commands from start to end, beside a Python that imports numpy and does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import attrs

from defectkit.formats import write_labels
from defectkit.records import Image, LabelSet
from defectkit.records.image import ArrayPixels
from tests.benchmarks.contest import Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.workload import QUICK, frames

NUMPY = ("-c", "import numpy")
PINT = ("-c", "import pint; pint.get_application_registry()")
IMPORT = ("-c", "import defectkit")
IMAGE = ("-c", "import defectkit; defectkit.Image")
HELP = ("-m", "defectkit", "--help")


def command(arguments: tuple[str, ...], folder: Path) -> Run:
    return lambda: finished(arguments)


def evaluation(folder: Path) -> Run:
    """Prepare two small images with labels; the first run leaves the compiled kernels on disk."""
    place = Path(tempfile.mkdtemp(dir=folder))
    small = list(frames(attrs.evolve(QUICK, images=2, side=256, defects=8)))
    (place / "images").mkdir()
    images = {f.name: _written(f.name, f.truth.shape, place / "images") for f in small}
    for side in ("truth", "predicted"):
        labels = LabelSet(name=side, instances={f.name: getattr(f, side) for f in small})
        write_labels(labels, place / f"{side}.json", format="coco", images=images)
    sides = ("--truth", str(place / "truth.json"), "--predicted", str(place / "predicted.json"))
    rest = ("--images", str(place / "images"), "--pixel-size", "0.25 nm", "-o", str(place / "out"), "--overwrite")
    return command(("-m", "defectkit", "evaluate", *sides, *rest), folder)


def _written(name: str, shape: tuple[int, int], folder: Path) -> Image:
    import numpy as np
    from PIL import Image as PillowImage

    pixels = np.full(shape, 128, np.uint8)
    path = folder / f"{name}.png"
    PillowImage.fromarray(pixels).save(path)
    return Image(name=name, source=ArrayPixels(array=pixels), path=path)


def finished(arguments: tuple[str, ...]) -> int:
    """Run Python with some arguments, with bytecode as an installed package has it, and return its exit status."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([sys.executable, *arguments], check=False, capture_output=True, env=environment).returncode


def agree(answers: Answers) -> list[Fact]:
    return [Fact(what=f"exit status of {name}", value=status, at_most=0) for name, status in answers.items()]


ROW = Row(
    name="start_up",
    title="start-up, beside import numpy and import pint",
    contestants=(
        Contestant(name="import numpy", prepare=partial(command, NUMPY), distribution="numpy"),
        Contestant(name="import pint", prepare=partial(command, PINT), distribution="pint"),
        Contestant(name="import defectkit", prepare=partial(command, IMPORT)),
        Contestant(name="defectkit.Image", prepare=partial(command, IMAGE)),
        Contestant(name="defectkit --help", prepare=partial(command, HELP)),
        Contestant(name="defectkit evaluate", prepare=evaluation),
    ),
    yardsticks=(
        Yardstick(what="import defectkit", slow="import defectkit", fast="import numpy", at_most=2),
        Yardstick(what="defectkit.Image", slow="defectkit.Image", fast="import pint", at_most=1.5),
        Yardstick(what="defectkit --help", slow="defectkit --help", fast="import numpy", at_most=3),
        Yardstick(what="defectkit evaluate, 2 images", slow="defectkit evaluate", fast="import numpy", at_most=20),
    ),
    agree=agree,
)
