"""Places that do not count are not scored: an evaluation with them is that of what is left."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import xarray
from hypothesis import given, settings, strategies as st

from defectkit.records import Exclusion, Field, Image, Instances
from defectkit.workflows import evaluate
from defectkit.workflows.scored_field import in_field

SHAPE, CUT = (48, 40), 32
Square = tuple[int, int, int]


def squares(*rows: Square, shape: tuple[int, int] = SHAPE) -> Instances:
    """Defects given as (top, left, side)."""
    masks = np.zeros((len(rows), *shape), bool)
    for mask, (top, left, side) in zip(masks, rows, strict=True):
        mask[top : top + side, left : left + side] = True
    return Instances.from_masks(masks, types=["bdot"] * len(rows), shape=shape)


def image(shape: tuple[int, int] = SHAPE, *, strip: bool = False) -> Image:
    made = Image.from_array("one", np.zeros(shape, np.uint8), pixel_size="0.5 nm/px")
    below = Exclusion.box((CUT, 0, *SHAPE), reason="information strip")
    return attrs.evolve(made, excluded=(below,)) if strip else made


square = st.tuples(st.integers(0, 42), st.integers(0, 34), st.integers(2, 6))
apart = st.lists(square.filter(lambda s: s[0] + s[2] <= CUT or s[0] >= CUT), max_size=6)


@given(apart, apart)
@settings(max_examples=30)
def test_a_strip_is_scored_as_if_it_had_been_cut_away(true: list[Square], predicted: list[Square]) -> None:
    def score(part: list[list[Square]], shape: tuple[int, int], strip: bool) -> xarray.Dataset:
        truth, found = (squares(*side, shape=shape) for side in part)
        return evaluate({"one": truth}, {"one": found}, [image(shape, strip=strip)])

    whole = score([true, predicted], SHAPE, strip=True)
    cut = score([[s for s in side if s[0] < CUT] for side in (true, predicted)], (CUT, SHAPE[1]), strip=False)
    for name in cut.data_vars:
        if not str(name).endswith("defect_id"):  # the ids of what is left are those that it had
            xarray.testing.assert_allclose(whole[name], cut[name])


def test_what_is_left_out_is_said_with_the_reason() -> None:
    truth, predicted = squares((2, 2, 5), (36, 2, 5)), squares((2, 2, 5), (36, 20, 5), (40, 30, 4))
    result = evaluate({"one": truth}, {"one": predicted}, [image(strip=True)])
    assert (int(result["n_true"]), int(result["n_predicted"])) == (1, 1)
    (said,) = [note for note in result.attrs["notes"] if "nothing counts" in note]
    assert said.startswith("1 true and 2 predicted defects lie where nothing counts (information strip)")
    assert not [note for note in evaluate({"one": truth}, {"one": truth}, [image()]).attrs["notes"] if "counts" in note]


@pytest.mark.parametrize(("true_top", "predicted_top", "n"), [(28, 30, 1), (30, 28, 0)])
def test_a_pair_is_not_split_at_the_border(true_top: int, predicted_top: int, n: int) -> None:
    field = Field(shape=SHAPE, excluded=image(strip=True).excluded)
    truth, predicted = squares((true_top, 2, 6)), squares((predicted_top, 2, 6))
    assert [int(field.counts(side).sum()) for side in (truth, predicted)] == [n, 1 - n]
    assert [len(side) for side in in_field(field, truth, predicted)] == [n, n]


def test_a_prediction_goes_with_the_defect_that_it_shares_most_with() -> None:
    field = Field(shape=SHAPE, excluded=image(strip=True).excluded)
    truth = squares((26, 2, 4), (33, 2, 8))
    predicted = squares((28, 2, 12))
    assert [len(side) for side in in_field(field, truth, predicted)] == [1, 0]
    assert [len(side) for side in in_field(field, squares((20, 2, 11), (38, 2, 3)), predicted)] == [1, 1]
