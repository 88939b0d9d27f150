"""Files with changes that a seed decides end in our errors, never in those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import DefectkitError
from defectkit.formats.lookup import label_format
from defectkit.records import ArrayPixels, Image, Taxonomy
from tests.attack.mutators_labels import SEEDS, mutated

N_INPUTS = 150


@pytest.mark.parametrize("name", list(SEEDS))
def test_mutated_files_are_read_or_refused_in_our_words(name: str, tmp_path: Path) -> None:
    file, content = SEEDS[name]
    images = {"one": Image(name="one", source=ArrayPixels(array=np.zeros((60, 80), np.uint8)))}
    n_read = 0
    for seed in range(N_INPUTS):
        (tmp_path / file).write_bytes(mutated(content, seed))
        try:
            reading: Any = label_format(name).read(tmp_path / file, images, Taxonomy.standard())
        except DefectkitError as error:
            assert str(error), f"seed {seed}"
        else:
            n_read += 1
            assert reading.labels.n_defects >= 0
    assert 0 < n_read < N_INPUTS, "some are read and some are refused"
