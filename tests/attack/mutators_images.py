"""Good image files of more kinds, and mutators that know how they are built: tags of makers, stacks, chunks, tables."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tests.attack import mutators

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ODD_SIDES = (0, 1, 3, 255, 4096, 65_535, 2**20, 2**31 - 1, 2**32 - 1)


def write_tiffs(folder: Path, shape: tuple[int, int]) -> None:
    """Write TIFF files with the tags of each maker, in both byte orders, both versions, several layouts and pages."""
    import tifffile

    gray = (np.arange(shape[0] * shape[1]).reshape(shape) % 251).astype(np.uint8)
    for name, options in _layouts():
        pixels = np.stack([gray] * 3, axis=-1) if options.get("photometric") == "rgb" else gray
        if options.get("planarconfig") == "separate":
            pixels = np.moveaxis(pixels, -1, 0)
        tifffile.imwrite(folder / f"{name}.tif", pixels, **options)
    tifffile.imwrite(folder / "stack.tif", np.stack([gray] * 3), photometric="minisblack")


def _layouts() -> Iterator[tuple[str, dict[str, Any]]]:
    import tifffile

    header = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V1))
    more = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V2))
    header["Version"], more["Magic"], more["PixelSizeX"], more["PixelSizeY"] = 2, 0xAAAAAAAA, 0.25, 0.25
    tvips = header.tobytes() + more.tobytes()
    sis = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 1, 2, 3, 4, 100, b"name", 1) + struct.pack("<hhI", 1, 1, 2**31)
    zeiss = "\r\n".join(["0"] * 40 + ["AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 3.672 nm", ""])
    jeol = (
        "<TemReporter><Eos><EosMode>eosTEM</EosMode></Eos><ImageFormingSystem><ModeString>MAG</ModeString>"
        "<SelectorValue>50000</SelectorValue></ImageFormingSystem></TemReporter>"
    )
    gatan = [(65003, "s", 0, "nm", True), (65004, "s", 0, "nm", True)]
    gatan += [(65009, "d", 1, 0.25, True), (65010, "d", 1, 0.25, True)]  # type: ignore[list-item]  # numbers too
    yield "fei", {"extratags": [(34682, "s", 0, "[Scan]\r\nPixelWidth=2.5e-10\r\nPixelHeight=2.5e-10\r\n", True)]}
    yield "tvips", {"extratags": [(37706, "B", len(tvips), tvips, True)]}
    yield "sis", {"extratags": [(33560, "B", len(sis), sis, True)]}
    yield "zeiss", {"extratags": [(34118, "s", 0, zeiss, True)]}
    yield "gatan", {"extratags": gatan}
    yield (
        "jeol",
        {
            "description": jeol,
            "metadata": None,
            "resolution": (800, 800),
            "resolutionunit": "centimeter",
            "extratags": [(271, "s", 0, "JEOL Ltd.", True)],
        },
    )
    yield "imagej", {"imagej": True, "resolution": (4, 4), "metadata": {"unit": "nm"}}
    yield "big", {"bigtiff": True}
    yield "turned", {"byteorder": ">"}
    if find_spec("imagecodecs") is not None:
        yield "packbits", {"compression": "packbits", "rowsperstrip": 7}
    yield "white", {"photometric": "miniswhite"}
    yield "colours", {"photometric": "rgb"}
    yield "planes", {"photometric": "rgb", "planarconfig": "separate"}


def write_tables(folder: Path) -> None:
    """Write tables of calibrations, each in a folder of its own beside an image."""
    import PIL.Image

    texts = {
        "calibration.toml": '[[calibration]]\nprefix = "i"\npixel_size = "0.25 nm"\nfoil_thickness = "100 +/- 20 nm"\n'
        'assumed = ["foil_thickness"]\n[[calibration]]\nname = "b"\npixel_size_x = "1 nm"\npixel_size_y = "2 nm/px"\n',
        "calibration.csv": "name,prefix,pixel_size,foil_thickness,assumed\n"
        ",i,0.25 nm,100 nm,foil_thickness\nb,,1 nm,,\n",
    }
    for name, text in texts.items():
        place = folder / name.replace(".", "-")
        place.mkdir()
        (place / name).write_text(text, encoding="utf-8")
        PIL.Image.fromarray(np.zeros((8, 8), np.uint8)).save(place / "i.png")


def of_png(content: bytes, rng: random.Random) -> bytes:
    """Change chunks of a PNG file: sides, kinds, order, length or content, with check sums that hold."""
    if not content.startswith(SIGNATURE) or rng.random() < 0.2:
        return mutators.of_bytes(content, rng)
    chunks = list(_chunks(content))
    if not chunks:
        return mutators.of_bytes(content, rng)
    for _ in range(rng.choice((1, 1, 2))):
        place = rng.randrange(len(chunks))
        kind, data = chunks[place]
        what = rng.randrange(6)
        if what == 0 and kind == b"IHDR" and len(data) == 13:
            sides = struct.pack(">II", rng.choice(ODD_SIDES), rng.choice(ODD_SIDES))
            chunks[place] = (
                kind,
                sides + bytes(rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255)) for _ in range(2)) + data[10:],
            )
        elif what == 1:
            chunks.insert(place, (rng.choice((b"tEXt", b"zTXt", b"iCCP", b"PLTE", b"tRNS", b"acTL", b"eXIf")), data))
        elif what == 2:
            del chunks[place]
            if not chunks:
                return SIGNATURE
        elif what == 3:
            packed = zlib.compress(bytes(rng.choice((10, 10**4, 10**7))))
            chunks[place] = (kind, rng.choice((packed, b"a\0\0" + packed)))
        elif what == 4:
            chunks[place] = (kind, mutators.of_bytes(data, rng))
        else:
            rng.shuffle(chunks)
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length


def of_big_tiff(content: bytes, rng: random.Random) -> bytes:
    """Change entries of the directory of a big TIFF file: type, count, value or where the next one lies."""
    data = bytearray(content)
    if len(data) < 24 or rng.random() < 0.3:
        return mutators.of_bytes(content, rng)
    order = "<" if content[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}Q", data, 8)
    if at + 8 > len(data):
        return mutators.of_bytes(content, rng)
    (n,) = struct.unpack_from(f"{order}Q", data, at)
    entry = at + 8 + 20 * rng.randrange(max(1, min(n, 64)))
    if entry + 28 > len(data):
        return mutators.of_bytes(content, rng)
    odd = rng.choice((0, 1, 2, 2**16, 2**31, 2**32, 2**63, 2**64 - 1, at))
    what = rng.randrange(4)
    if what == 0:
        struct.pack_into(f"{order}H", data, entry + 2, rng.choice((1, 2, 3, 4, 5, 12, 13, 16, 99)))
    elif what == 1:
        struct.pack_into(f"{order}Q", data, entry + 4, odd)
    elif what == 2:
        struct.pack_into(f"{order}Q", data, entry + 12, odd)
    else:
        struct.pack_into(f"{order}Q", data, min(at + 8 + 20 * n, len(data) - 8), odd)
    return bytes(data)
