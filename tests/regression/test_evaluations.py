"""Every variable of an evaluation, pinned: how a metric is computed may change, what it says may not.

After a change that is meant to alter values: ``python tests/regression/test_evaluations.py`` writes the pins anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from defectkit.records import Image, Instances
from defectkit.workflows import evaluate

PINS = Path(__file__).parent / "evaluations"
CONVENTIONS = ("defectkit", "jacobs2022")
TYPES = ("bdot", "loop_111", "loop_100")
SHAPE = (96, 96)


Box = tuple[int, int, int, int, str]


def drawn(rng: np.random.Generator, n: int) -> list[Box]:
    """Boxes (top, left, height, width, type), some of them over each other."""
    return [
        (*rng.integers(2, 76, 2).tolist(), *rng.integers(4, 15, 2).tolist(), str(rng.choice(TYPES))) for _ in range(n)
    ]


def moved(rng: np.random.Generator, boxes: list[Box]) -> list[Box]:
    """The same moved by a few pixels, some left out, some of another type, some added."""
    kept = []
    for top, left, height, width, name in boxes:
        if rng.random() < 0.8:
            down, right = rng.integers(-2, 3, 2).tolist()
            kept.append(
                (top + down, left + right, height, width, str(rng.choice(TYPES)) if rng.random() < 0.2 else name)
            )
    return kept + drawn(rng, int(rng.integers(0, 4)))


def instances(boxes: list[Box], scores: np.ndarray | None = None) -> Instances:
    masks = np.zeros((len(boxes), *SHAPE), bool)
    for mask, (top, left, height, width, _) in zip(masks, boxes, strict=True):
        mask[top : top + height, left : left + width] = True
    columns = {} if scores is None else {"scores": scores}
    return Instances.from_masks(masks, types=[b[-1] for b in boxes], shape=SHAPE, known_types=TYPES, **columns)


def evaluation(convention: str) -> xarray.Dataset:
    rng = np.random.default_rng(2022)
    truth, predicted = {}, {}
    for name, n in (("a", 14), ("b", 9), ("c", 0), ("d", 6), ("e", 0)):
        boxes = drawn(rng, n)
        others = [] if name == "e" else moved(rng, boxes)
        truth[name] = instances(boxes)
        predicted[name] = instances(others, rng.random(len(others)).round(2))
    images = [Image.from_array(name, np.zeros(SHAPE, np.uint8), pixel_size="0.5 nm/px") for name in truth]
    return evaluate(truth, predicted, images, convention=convention, iou_thresholds=(0.3, 0.5, 0.7))


def plain(result: xarray.Dataset) -> dict[str, Any]:
    return {
        str(name): {
            "dims": list(map(str, variable.dims)),
            "units": variable.attrs.get("units", ""),
            "values": variable.values.tolist(),
        }
        for name, variable in sorted(result.data_vars.items())
    }


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_variable_is_as_pinned(convention: str) -> None:
    pinned = json.loads((PINS / f"{convention}.json").read_text())
    found = plain(evaluation(convention))
    assert sorted(found) == sorted(pinned)
    for name, pin in pinned.items():
        assert found[name]["dims"] == pin["dims"], name
        assert found[name]["units"] == pin["units"], name
        own, expected = np.array(found[name]["values"]), np.array(pin["values"])
        assert own.dtype.kind == expected.dtype.kind, name
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(own, expected, rtol=1e-12, atol=1e-12, err_msg=name)
        else:
            assert np.array_equal(own, expected), name


if __name__ == "__main__":
    for name in CONVENTIONS:
        text = json.dumps(plain(evaluation(name)), separators=(",", ":"))
        (PINS / f"{name}.json").write_text(text.replace('},"', '},\n"') + "\n")
