"""Mutators of label files: small valid files of each format, and changes to them that a seed decides."""

from __future__ import annotations

import base64
import copy
import io
import json
import random
import struct
import zipfile
from typing import Any

import numpy as np
import PIL.Image

SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]
ODD = [
    None, True, False, -1, 0, 1, 7.5, 1e308, -1e308, 1e999, float("nan"), 10**25, 10**400, 2**31, 2**63,
    "", "1", "one", "../x", "\x1b[31m", "\ud800", "a" * 5000,
    [], [[]], [[[1, 2]]], [1, "x"], [None], {}, {"size": [1, 1], "counts": "0"}, {"a": 1},
]  # fmt: skip
BYTES = [
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"9" * 5000,
]


def _mask() -> str:
    packed = io.BytesIO()
    PIL.Image.fromarray(np.full((5, 6), 255, np.uint8)).save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode()


def _coco() -> Any:
    rows = [
        {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [SQUARE], "area": 400, "bbox": [10, 10, 20, 20]},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [SQUARE, [v + 15 for v in SQUARE]], "score": 0.5},
        {"id": 3, "image_id": 1, "category_id": 2, "segmentation": {"size": [60, 80], "counts": [100, 20, 4680]}},
        {
            "id": 4,
            "image_id": 1,
            "category_id": 2,
            "segmentation": {"size": [60, 80], "counts": "T3d0TR4"},
            "iscrowd": 1,
        },
    ]
    images = [{"id": 1, "file_name": "one.png", "height": 60, "width": 80}]
    return {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "loop"}, {"id": 2, "name": "bdot"}]}


def _via() -> Any:
    shapes = [
        {"name": "polygon", "all_points_x": SQUARE[0::2], "all_points_y": SQUARE[1::2]},
        {"name": "polyline", "all_points_x": SQUARE[0::2], "all_points_y": SQUARE[1::2]},
        {"name": "circle", "cx": 20, "cy": 20, "r": 5},
        {"name": "ellipse", "cx": 20, "cy": 20, "rx": 5, "ry": 4, "theta": 0.5},
        {"name": "rect", "x": 3, "y": 4, "width": 5, "height": 6},
    ]
    regions = [{"shape_attributes": shape, "region_attributes": {"type": "bdot"}} for shape in shapes]
    entry = {"filename": "one.png", "size": 1, "file_attributes": {}, "regions": regions}
    attributes = {"region": {"type": {"type": "dropdown", "options": {"bdot": "Black dot"}}}, "file": {}}
    return {"_via_settings": {}, "_via_img_metadata": {"one.png1": entry}, "_via_attributes": attributes}


def _labelme() -> Any:
    points = np.reshape(SQUARE, (-1, 2)).tolist()
    shapes = [
        {"label": "loop", "points": points, "group_id": 1, "shape_type": "polygon"},
        {"label": "loop", "points": [[40, 10], [50, 20]], "group_id": 1, "shape_type": "rectangle"},
        {"label": "bdot", "points": [[40, 30], [45, 30]], "shape_type": "circle"},
        {"label": "bdot", "points": points, "shape_type": "linestrip"},
        {"label": "bdot", "points": [[3, 4], [8, 8]], "shape_type": "mask", "mask": _mask()},
    ]
    return {"version": "5", "shapes": shapes, "imagePath": "one.png", "imageHeight": 60, "imageWidth": 80}


def _yolo() -> bytes:
    polygon = " ".join(f"{v / 100:.6f}" for v in SQUARE)
    return f"0 {polygon}\n0.0 {polygon} 0.9\n0 {polygon} 0.9 7\n0 0.5 0.5 0.1 0.1\n".encode()


def _roi() -> bytes:
    head = bytearray(64)
    head[:4] = b"Iout"
    struct.pack_into(">hBx4hh", head, 4, 227, 0, 10, 10, 30, 30, 4)
    body = struct.pack(">8h", 0, 20, 20, 0, 0, 0, 20, 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.roi", bytes(head) + body)
    return packed.getvalue()


SEEDS: dict[str, tuple[str, Any]] = {
    "coco": ("coco.json", _coco()),
    "via": ("via.json", _via()),
    "labelme": ("one.json", _labelme()),
    "yolo-seg": ("one.txt", _yolo()),
    "imagej-roi": ("one.zip", _roi()),
}
"""By format: the name of a file, and what it holds: a JSON value, or bytes."""


def mutated(content: Any, seed: int) -> bytes:
    """Return a file with one to three changes: values of another kind in JSON, else bytes."""
    chance = random.Random(seed)
    if isinstance(content, bytes) or chance.random() < 0.3:
        data = bytearray(content if isinstance(content, bytes) else json.dumps(content).encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            if chance.random() < 0.6 and at < len(data):
                data[at] = chance.randrange(256)
            elif chance.random() < 0.5:
                data[at:at] = chance.choice(BYTES)
            else:
                del data[at : at + chance.randint(1, 30)]
        return bytes(data)
    value = json.loads(json.dumps(content))
    for _ in range(chance.randint(1, 3)):
        _change(value, chance)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _change(value: Any, chance: random.Random) -> None:
    places = list(_places(value))
    if not places:
        return
    parent, key = chance.choice(places)
    if chance.random() < 0.15:
        del parent[key]
    elif chance.random() < 0.05:
        deep: Any = 1
        for _ in range(chance.choice([30, 70, 500])):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        parent[key] = deep
    else:
        parent[key] = copy.deepcopy(chance.choice(ODD))


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
