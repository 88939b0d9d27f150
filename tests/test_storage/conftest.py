from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from defectkit.records import Instances, LabelSet
from defectkit.storage import Store


def disc(shape: tuple[int, int], row: float, col: float, radius: float) -> np.ndarray:
    rows, cols = np.mgrid[: shape[0], : shape[1]] + 0.5
    return (rows - row) ** 2 + (cols - col) ** 2 <= radius**2


def discs(n: int = 3, shape: tuple[int, int] = (40, 60), seed: int = 0, **columns: Any) -> Instances:
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(n):
        row, col = rng.uniform(5, 35, 2)
        masks.append(disc(shape, row, col, rng.uniform(1, 6)))
    types = [str(t) for t in rng.choice(["bdot", "loop_111", "loop_100"], n)]
    return Instances.from_masks(masks, types=types, shape=shape, **columns)


def label_set(n_images: int = 4, *, name: str = "new", version: str = "1", seed: int = 0, **facts: Any) -> LabelSet:
    instances = {f"image-{k}": discs(k, seed=seed + k) for k in range(n_images)}
    return LabelSet(name=name, version=version, instances=instances, **facts)


@pytest.fixture(params=["folder", "zip", "memory"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], object]:
    places = {"folder": tmp_path / "a.zarr", "zip": tmp_path / "a.zarr.zip", "memory": zarr.storage.MemoryStore()}
    return lambda: places[request.param]


@pytest.fixture
def store(location: Callable[[], object]) -> Store:
    return Store.create(location())  # type: ignore[arg-type]  # one of the three kinds
