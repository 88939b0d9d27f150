"""Files that lie about their size, run in circles or end early: one sentence, little memory, little time."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from defectkit.errors import EmptyInputError, ImageReadError
from defectkit.formats import read_image, read_images
from defectkit.formats.images.limits import MAX_PIXELS, SETTING, check_size, max_pixels

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
GIB = 2**30


def directory(path: Path, tags: dict[int, tuple[int, int, int]], following: int = 0, order: str = "<") -> Path:
    """A classic TIFF file of one directory, tags by code: type, count, value."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    body = struct.pack(order + "H", len(tags))
    for code, (kind, count, value) in sorted(tags.items()):
        body += struct.pack(order + "HHII", code, kind, count, value)
    path.write_bytes(head + body + struct.pack(order + "I", following) + bytes(64))
    return path


def sized(width: int, height: int) -> dict[int, tuple[int, int, int]]:
    return {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 80),
        277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, 24),
    }  # fmt: skip


def test_a_chain_that_runs_in_a_circle(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"a\.tif.*circle"):
        read_image(directory(tmp_path / "a.tif", sized(6, 4), following=8))
    with pytest.raises(ImageReadError, match=r"b\.tif.*leaves the file"):
        read_image(directory(tmp_path / "b.tif", sized(6, 4), following=10**9))


def test_the_shared_circle(shared_data: Path) -> None:
    path = shared_data.parent / "attack" / "tiff-ifd-loop" / "x.tif"
    if not path.is_file():
        pytest.skip("the hostile files are not beside this checkout")
    with pytest.raises(ImageReadError, match="circle"):
        read_image(path)


@pytest.mark.parametrize(("width", "height"), [(2**31, 2**31), (100_000, 100_000), (0, 4)])
def test_a_size_that_nothing_holds(width: int, height: int, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ImageReadError, match=r"a\.tif"):
        _ = read_image(directory(tmp_path / "a.tif", sized(width, height))).pixels
    assert time.monotonic() - begun < 2


def test_the_limit_is_named_and_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    PIL.Image.fromarray(RAMP).save(path)
    assert max_pixels() == MAX_PIXELS
    monkeypatch.setenv(SETTING, "23")
    with pytest.raises(ImageReadError, match=rf"6 x 4 pixels, more than the limit of 23.*{SETTING}"):
        read_image(path)
    monkeypatch.setenv(SETTING, "24")
    assert read_image(path).shape == (4, 6)
    monkeypatch.setenv(SETTING, "many")
    with pytest.raises(ImageReadError, match=rf"{SETTING} is 'many'"):
        read_image(path)


def test_a_file_too_small_for_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(1000))
    check_size(path, (16_000, 16_000), 1)
    with pytest.raises(ImageReadError, match=rf"no micrograph compresses so far.*{SETTING}"):
        check_size(path, (30_000, 30_000), 1)
    monkeypatch.setenv(SETTING, str(MAX_PIXELS))
    check_size(path, (30_000, 30_000), 1)


def bomb(path: Path, side: int) -> Path:
    """A colour PNG of one value, packed as well as can be."""
    line = b"\0" + bytes(3 * side)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


READ = (
    "import resource, sys, time\n"
    "resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))\n"
    "from defectkit.errors import DefectkitError\n"
    "from defectkit.formats import read_image\n"
    "try:\n"
    "    print('read', read_image(sys.argv[1]).pixels.shape)\n"
    "except DefectkitError as error:\n"
    "    print('refused', error)\n"
    "print(time.process_time())\n"
)


def read_in_little_memory(path: Path, limit: int) -> str:
    command = [sys.executable, "-c", READ, str(path), str(limit)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    return done.stdout


def test_a_small_colour_picture_takes_little_memory(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.png", 9_400)
    assert path.stat().st_size < 2**20
    said, seconds = read_in_little_memory(path, 2 * GIB).splitlines()
    assert said.startswith(("read (9400, 9400)", "refused"))
    assert float(seconds) < 10


@pytest.mark.parametrize("side", [20_000, 40_000])
def test_a_larger_one_is_refused(side: int, tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.png", 2)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=r"a\.png"):
        read_image(path)


def test_a_strip_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RAMP, compression="zlib")
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages.first.dataoffsets[0]
        place = tiff.pages.first.tags["StripByteCounts"].valueoffset
    packed = zlib.compress(bytes(200 * 2**20), 9)
    content = bytearray(path.read_bytes()[:offset]) + packed
    code = "<H" if len(packed) < 2**16 else "<I"
    struct.pack_into(code, content, place, len(packed))
    path.write_bytes(content)
    assert read_in_little_memory(path, 2 * GIB).startswith(("read (4, 6)", "refused"))


def test_lzma_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RAMP, compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["Compression"].overwrite(34925)
    with pytest.raises(ImageReadError, match="LZMA"):
        _ = read_image(path).pixels


@pytest.mark.parametrize("code", [254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 282, 296, 34682, 37706, 65009])
@pytest.mark.parametrize("count", [0, 2, 70_000, 2**32 - 1])
def test_a_tag_of_another_count(code: int, count: int, tmp_path: Path) -> None:
    tags = sized(6, 4) | {code: (sized(6, 4).get(code, (3, 1, 0))[0], count, 8)}
    path = directory(tmp_path / "a.tif", tags)
    try:
        image = read_image(path)
        assert image.pixels.shape == image.shape
    except ImageReadError as error:
        assert "a.tif" in str(error)


@pytest.mark.parametrize("shape", [(3, 4096), (4096, 3), (1, 1)])
def test_odd_shapes_are_read(shape: tuple[int, int], tmp_path: Path) -> None:
    values = (np.arange(shape[0] * shape[1]) % 251).astype(np.uint8).reshape(shape)
    PIL.Image.fromarray(values).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", values, photometric="minisblack")
    for name in ("a.png", "b.tif"):
        assert np.array_equal(read_image(tmp_path / name).pixels, values)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg", "a.bmp"])
def test_a_file_without_bytes_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ImageReadError, match=name):
        read_image(tmp_path / name)


def test_a_hint_walks_over_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(300):
        (tmp_path / f"a{n}" / "b" / "c").mkdir(parents=True)
    looked = []
    scandir = os.scandir

    def watched(path: str) -> Any:
        looked.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    with pytest.raises(EmptyInputError, match="holds no image"):
        read_images(tmp_path)
    assert 0 < len(looked) <= 102


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are those of Linux")
def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    for name in (b"a\xff.png", b"b\x1b[31m.png", b"c\n.png", "d\u202e.png".encode()):
        PIL.Image.fromarray(RAMP).save(os.fsdecode(bytes(tmp_path) + b"/" + name))
    images = read_images(tmp_path)
    assert list(images) == ["a%FF", "b\\x1b[31m", "c\\n", "d\\u202e"]
    for image in images.values():
        assert image.name.isprintable()
        assert np.array_equal(image.pixels, RAMP)


PARTS = (
    "import sys\n"
    "from pathlib import Path\n"
    "from defectkit.formats import read_image\n"
    "image = read_image(sys.argv[1])\n"
    "image.digest()\n"
    "print(image.shape, image.box(29_000, 29_000, 30_000, 30_000).sum())\n"
    "lines = Path('/proc/self/status').read_text().splitlines()\n"
    "print(next(int(line.split()[1]) * 1024 for line in lines if line.startswith('VmHWM')))\n"
)
"""The peak is that of the process alone: what ``resource`` tells begins with the peak of the one that started it."""


@pytest.mark.skipif(sys.platform != "linux", reason="files with holes, and memory in these units, are those of Linux")
def test_a_frame_of_30_000_pixels_is_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pixels = tifffile.memmap(path, shape=(30_000, 30_000), dtype="uint8", photometric="minisblack")
    pixels[29_500, 29_500] = 7
    pixels.flush()
    del pixels
    done = subprocess.run([sys.executable, "-c", PARTS, str(path)], capture_output=True, text=True, check=True)
    said, peak = done.stdout.splitlines()
    assert said == "(30000, 30000) 7"
    assert int(peak) < 30_000**2, "as much as the whole frame"
