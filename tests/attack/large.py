"""Large: commands on what is far larger than usual, with the time, memory and output of each.

``python -m tests.attack.large frame=30000 images=10000 defects=100000`` runs those that are named, with their size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TILE = 1024
CALIBRATED = ("--pixel-size", "1 nm", "--foil-thickness", "100 nm", "-o", "out")


def frame(folder: Path, side: int) -> list[str]:
    """Make one tiled TIFF, thirty dark spots in each tile, and return how it is analysed."""
    import tifffile

    n_tiles = (-(-side // TILE)) ** 2
    tiles = _tiles(n_tiles)
    tifffile.imwrite(
        folder / "frame.tif", tiles, shape=(side, side), dtype=np.uint8, tile=(TILE, TILE), compression="zlib"
    )
    return ["analyze", "frame.tif", "--detector", "blob", *CALIBRATED]


def _tiles(n_tiles: int) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    disk = np.hypot(*np.ogrid[-8:8, -8:8]) < 7.5
    for _ in range(n_tiles):
        tile = rng.normal(180, 8, (TILE, TILE))
        for y, x in rng.integers(0, TILE - 16, (30, 2)):
            tile[y : y + 16, x : x + 16] -= 90 * disk
        yield tile.clip(0, 255).astype(np.uint8)


def images(folder: Path, n_images: int) -> list[str]:
    """Make tiny images, one dark spot in each, and return how they are analysed."""
    import tifffile

    rng = np.random.default_rng(0)
    (folder / "frames").mkdir()
    for k in range(n_images):
        pixels = rng.normal(180, 8, (48, 48))
        pixels[18:30, 18:30] -= 90
        tifffile.imwrite(folder / "frames" / f"{k:05}.tif", pixels.clip(0, 255).astype(np.uint8))
    return ["analyze", "frames", "--detector", "blob", *CALIBRATED]


def defects(folder: Path, n_defects: int) -> list[str]:
    """Make one image with very many outlines, and return how they are measured."""
    import tifffile

    side = 12 * (int(n_defects**0.5) + 1)
    tifffile.imwrite(folder / "frame.tif", np.full((side, side), 180, np.uint8))
    corners = np.array([(2, 2), (9, 2), (9, 8), (2, 8)])
    columns = side // 12
    annotations = [
        {"id": k + 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": [outline.ravel().tolist()]}
        for k in range(n_defects)
        for outline in [corners + 12 * np.array(divmod(k, columns)[::-1])]
    ]
    table = {
        "images": [{"id": 1, "file_name": "frame.tif", "width": side, "height": side}],
        "categories": [{"id": 1, "name": "bdot"}],
        "annotations": annotations,
    }
    (folder / "labels.json").write_text(json.dumps(table))
    return ["measure", "--labels", "labels.json", "--images", "frame.tif", *CALIBRATED]


KINDS = {"frame": frame, "images": images, "defects": defects}


def measured(words: list[str], folder: Path) -> str:
    """Run a command in a folder and return a row of what it took and wrote."""
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "defectkit", "-q", *words], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - begun
    out = folder / "out"
    written = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    report = (out / "report.html").stat().st_size if process.returncode == 0 else 0
    cells = (
        f"{process.returncode}",
        f"{wall_s:.0f}",
        f"{used.ru_utime + used.ru_stime:.0f}",
        f"{used.ru_maxrss / 2**20:.2f}",
        f"{report / 1e6:.1f}",
        f"{written / 1e6:.0f}",
    )
    return " | ".join(cells)


def main() -> None:
    """Run what is named on the command line, and print a row for each."""
    print("| input | status | s by the clock | s of the processor | GiB at most | report, MB | all output, MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for given in sys.argv[1:]:
        name, _, size = given.partition("=")
        with tempfile.TemporaryDirectory() as place:
            words = KINDS[name](Path(place), int(size))
            print(f"| {name}, {int(size):,} | {measured(words, Path(place))} |", flush=True)


if __name__ == "__main__":
    main()
