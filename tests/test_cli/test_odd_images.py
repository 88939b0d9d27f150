"""Images that no micrograph looks like are analysed, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result
from numpy.typing import NDArray

RNG = np.random.default_rng(0)
NOISE = RNG.normal(150, 10, (96, 96))
WITH_NAN = NOISE.astype(np.float32)
WITH_NAN[10:20, 10:20] = np.nan
Run = Callable[..., Result]

READ: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "constant": (np.full((96, 96), 7, np.uint8), {}),
    "all saturated": (np.full((96, 96), 255, np.uint8), {}),
    "some not a number": (WITH_NAN, {}),
    "32 bits": ((NOISE * 2**24).astype(np.uint32), {}),
    "big-endian": ((NOISE * 2**8).astype(np.uint16), {"byteorder": ">"}),
    "white is zero": (NOISE.astype(np.uint8), {"photometric": "miniswhite"}),
    "one pixel": (np.full((1, 1), 7, np.uint8), {}),
    "a line": (np.full((3, 4096), 7, np.uint8), {}),
    "a column": (NOISE.astype(np.uint8)[:, :1].repeat(40, 0), {}),
}


@pytest.mark.parametrize("name", READ)
def test_an_odd_image_ends_in_a_result_or_a_sentence(name: str, run: Run, tmp_path: Path) -> None:
    pixels, facts = READ[name]
    tifffile.imwrite(tmp_path / "frame.tif", pixels, **facts)
    words = ("--pixel-size", "1 nm", "--foil-thickness", "100 nm", "--detector", "blob", "-o", tmp_path / "out")
    done = run("analyze", tmp_path / "frame.tif", *words)
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert (done.exit_code, len(said)) in ((0, 0), (2, 1)), done.stderr
    assert (tmp_path / "out" / "report.html").exists() == (done.exit_code == 0)


def test_a_file_without_bytes_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "frame.tif").touch()
    done = run("analyze", tmp_path / "frame.tif", "--pixel-size", "1 nm", "-o", tmp_path / "out")
    assert (done.exit_code, done.stderr.count("error: ")) == (2, 1)
    assert not (tmp_path / "out").exists()
