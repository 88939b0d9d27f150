"""The weights of a fusion come from a file: what is no such weight is refused before an image is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from defectkit.detectors.loopnet.fusing import IMAGE_TERMS, TERMS, Fusion

ONES = [1.0] * len(TERMS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"weights": "abcdefghijkl"}, "not a list"),
        ({"weights": {"1": 2}}, "not a list"),
        ({"weights": ONES[1:]}, "11 weights for 12 terms"),
        ({"weights": [*ONES[1:], float("nan")]}, "not a number"),
        ({"weights": [*ONES[1:], 10**400]}, "not a number"),
        ({"weights": [*ONES[1:], True]}, "not a number"),
        ({"weights": ONES, "size_px": "large"}, "not a number"),
        ({"weights": ONES, "size_px": 0}, "is none"),
        ({"weights": ONES, "image_weights": [None, 1, 1, 1, 1]}, "not a number"),
        ({"weights": ONES, "image_weights": [-1, 0, 0, 0, 0]}, "above 0"),
    ],
)
def test_what_is_no_fusion_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fusion(**given)


def test_whole_numbers_are_weights() -> None:
    assert Fusion(weights=[1] * len(TERMS)).weights == (1.0,) * len(TERMS)
    assert len(Fusion(weights=ONES).image_weights) == len(IMAGE_TERMS)
