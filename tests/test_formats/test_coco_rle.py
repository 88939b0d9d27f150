from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as peer

from defectkit.errors import LabelReadError
from defectkit.formats.coco_rle import as_counts, counts_to_runs, pack_counts, runs_to_counts, unpack_counts
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.runs import Runs


@pytest.mark.parametrize(
    "counts",
    [[], [0], [12], [0, 12], [6, 1, 40, 4, 5], [0, 1, 2**31, 1, 2**31, 5], [15, 16, 17, 31, 32, 33, 1, 1000]],
)
def test_packing_and_unpacking(counts: list[int]) -> None:
    assert unpack_counts(pack_counts(counts)).tolist() == counts


@pytest.mark.parametrize(
    ("mask", "counts"),
    [
        (np.zeros((2, 3), bool), [6]),
        (np.ones((2, 3), bool), [0, 6]),
        (np.array([[0, 1, 1], [1, 1, 0]], bool), [1, 4, 1]),
        (np.array([[1, 0], [0, 0], [0, 1]], bool), [0, 1, 4, 1]),
    ],
)
def test_runs_go_down_the_columns(mask: np.ndarray, counts: list[int]) -> None:
    runs = masks_to_runs([mask])
    assert runs_to_counts(runs, mask.shape)[0].tolist() == counts
    assert counts_to_runs(counts, mask.shape) == runs
    packed = peer.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert pack_counts(counts) == packed["counts"].decode()


def test_lengths_of_zero_within_are_understood() -> None:
    assert counts_to_runs([1, 0, 2, 1, 0, 1, 1], (2, 3)) == counts_to_runs([3, 2, 1], (2, 3))
    assert counts_to_runs([6, 0], (2, 3)) == Runs.empty(1)


@pytest.mark.parametrize(
    ("text", "words"),
    [("6P", "end within"), ("\x1f", "not between"), ("zz", "not between"), ("é", "é"), ("P" * 13 + "0", "60 bits")],
)
def test_damaged_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(LabelReadError, match=words):
        unpack_counts(text)


@pytest.mark.parametrize("counts", [[5], [7], [-1, 7], [1.5, 4.5], [[6]]])
def test_lengths_that_do_not_fit_the_frame_are_refused(counts: list[float]) -> None:
    with pytest.raises(LabelReadError, match="run lengths"):
        counts_to_runs(counts, (2, 3))


@pytest.mark.parametrize("counts", [None, 5, [1.5], {"a": 1}, [True, False]])
def test_what_holds_no_lengths_is_refused(counts: object) -> None:
    with pytest.raises(LabelReadError, match="run lengths"):
        as_counts(counts)  # type: ignore[arg-type]  # that is the point
