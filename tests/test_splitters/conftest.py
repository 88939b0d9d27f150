from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from defectkit.records import Image, Specimen


@pytest.fixture
def make_images() -> Callable[..., list[Image]]:
    """Make images with distinct pixels; each keyword is a fact of the specimen, one value per image."""

    def make(n: int, **facts: list[str | None]) -> list[Image]:
        return [
            Image.from_array(
                f"image {i:03d}",
                np.full((4, 4), i, np.uint16),
                specimen=Specimen(**{fact: values[i] for fact, values in facts.items()}),
            )
            for i in range(n)
        ]

    return make
