from __future__ import annotations

import attrs
import numpy as np
from hypothesis import given, settings, strategies as st

from defectkit import LabelSet
from defectkit.datasets.differences import diff
from defectkit.statistics import Bootstrap
from defectkit.testing.strategies import instances
from defectkit.workflows.agreement import agree

IMAGE = instances((24, 30), types=("bdot", "loop_111"))
PAIR = st.tuples(IMAGE, IMAGE).map(
    lambda two: (LabelSet(name="a", instances={"x": two[0]}), LabelSet(name="b", instances={"x": two[1]}))
)


@given(PAIR)
def test_diff_of_a_set_with_itself_is_empty(pair: tuple[LabelSet, LabelSet]) -> None:
    masks = pair[0]["x"]
    filled = LabelSet(name="a", instances={"x": masks.take(masks.areas > 0)})
    assert not diff(filled, filled)


@given(PAIR)
def test_diff_backwards_mirrors_diff(pair: tuple[LabelSet, LabelSet]) -> None:
    there, back = diff(*pair), diff(*pair[::-1])
    assert there.n_unchanged == back.n_unchanged
    swapped = {"added": "removed", "removed": "added"}
    forth = sorted(
        (c.id_before, c.id_after, *map(str, c.kinds))
        for c in there.changes
        if c.kinds not in (("added",), ("removed",))
    )
    mirrored = sorted(
        (c.id_after, c.id_before, *map(str, c.kinds)) for c in back.changes if c.kinds not in (("added",), ("removed",))
    )
    assert forth == mirrored
    alone = sorted((k, c.id_before, c.id_after) for c in there.changes for k in c.kinds if k in swapped)
    alone_back = sorted((swapped[k], c.id_after, c.id_before) for c in back.changes for k in c.kinds if k in swapped)
    assert str(alone) == str(alone_back)


@settings(max_examples=20)
@given(PAIR, st.randoms(use_true_random=False))
def test_agreement_does_not_depend_on_the_order_of_defects(pair: tuple[LabelSet, LabelSet], random: object) -> None:
    first, second = pair
    order = np.random.default_rng(random.randrange(2**32)).permutation(len(second["x"]))  # type: ignore[attr-defined]
    shuffled = attrs.evolve(second, instances={"x": second["x"].take(order)})
    one, other = (agree(first, s, bootstrap=Bootstrap(n_resamples=10)) for s in (second, shuffled))
    for name in ("f1_score", "size_difference", "density_difference"):
        assert np.allclose(one[name], other[name], equal_nan=True)
