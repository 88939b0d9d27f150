from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.records import ArrayPixels, Image


@pytest.fixture
def blank() -> Callable[..., dict[str, Image]]:
    """Images by name, of one shape, with nothing on them."""

    def make(*names: str, shape: tuple[int, int] = (100, 120)) -> dict[str, Image]:
        source = ArrayPixels(array=np.zeros(shape, np.uint8))
        return {name: Image(name=name, source=source) for name in names}

    return make


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, Any], Path]:
    """A file of that name with that text, or that document as JSON."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write
