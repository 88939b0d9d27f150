"""A label file that names very many types is read as quickly as one that names few."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from defectkit.formats import read_labels
from defectkit.records import Image


def test_twelve_hundred_categories_are_read_soon(tmp_path: Path) -> None:
    names = [f"kind {k} of a loop" for k in range(1200)]
    outline = [10, 10, 20, 10, 20, 20, 10, 20]
    table = {
        "images": [{"id": 1, "file_name": "a.tif", "width": 64, "height": 64}],
        "categories": [{"id": k, "name": name} for k, name in enumerate(names)],
        "annotations": [
            {"id": k, "image_id": 1, "category_id": k, "iscrowd": 0, "segmentation": [outline]} for k in range(1200)
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(table))
    image = Image.from_array("a", np.zeros((64, 64), np.uint8))
    begun = time.process_time()
    reading = read_labels(tmp_path / "labels.json", images={"a": image}, format="coco")
    assert time.process_time() - begun < 10
    assert sum(reading.labels.counts().values()) == 1200
