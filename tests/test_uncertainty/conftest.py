from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.conventions import convention
from defectkit.hardening import Binning, DispersedBarrier, Superposition
from defectkit.records import Taxonomy
from defectkit.uncertainty import Condition, SharedInput, Strengthening
from tests.coverage.foils import STEEL

TYPES = ("loop_111", "loop_100", "cavity")


@pytest.fixture
def make_condition() -> Callable[..., Condition]:
    """Return a condition with known numbers of defects by image and type."""

    def make(counts: Any, *, seed: int = 0, **changes: Any) -> Condition:
        numbers = np.asarray(counts)
        images, types = np.indices(numbers.shape)
        codes = np.repeat(types.ravel(), numbers.ravel())
        n = len(numbers)
        rng = np.random.default_rng(seed)
        made = Condition(
            images=tuple(f"image {k}" for k in range(n)),
            types=TYPES[: numbers.shape[1]],
            sizes_nm=rng.lognormal(2.7, 0.3, len(codes)),
            type_codes=codes,
            image_codes=np.repeat(images.ravel(), numbers.ravel()),
            areas_nm2=np.full(n, 4e5),
            thicknesses_nm=np.full(n, 100.0),
            pixel_sizes=(SharedInput(name="0.5 nm"),) * n,
            foils=(SharedInput(name="100 nm"),) * n,
            partly_read=np.zeros(n, np.bool_),
            convention="defectkit",
        )
        return attrs.evolve(made, **changes)

    return make


@pytest.fixture
def make_strengthening() -> Callable[..., Strengthening]:
    def make(types: tuple[str, ...] = TYPES[:2], **changes: Any) -> Strengthening:
        rules: dict[str, Any] = {
            "model": DispersedBarrier(binning=Binning.unbinned()),
            "material": STEEL,
            "superposition": Superposition.of("quadrature"),
            "convention": convention("defectkit"),
            "taxonomy": Taxonomy.standard(),
        }
        return Strengthening.of(types, **(rules | changes))

    return make
