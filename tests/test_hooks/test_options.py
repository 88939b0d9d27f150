from __future__ import annotations

from typing import Any

import attrs
import pytest

from defectkit.errors import DetectorError
from defectkit.hooks.options import misfit
from defectkit.workflows.detectors import make_detector


@attrs.frozen(kw_only=True)
class Part:
    count: int = 5
    size: float | None = None
    name: str = ""
    is_on: bool = False
    rules: tuple[str, ...] = attrs.field(default=(), converter=tuple)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"count": "five"}, "count is 'five', but a whole number is needed"),
        ({"count": 1.5}, "count is 1.5, but a whole number is needed"),
        ({"count": True}, "count is True, but a whole number is needed"),
        ({"size": "big"}, "size is 'big', but a number is needed"),
        ({"size": {"a": 1}}, "size is {'a': 1}, but a number is needed"),
        ({"name": 3}, "name is 3, but text is needed"),
        ({"is_on": 1}, "is_on is 1, but true or false is needed"),
        ({"count": None}, "count is None, but a whole number is needed"),
        ({"size": None}, None),
        ({"size": 3}, None),
        ({"count": 3, "name": "x", "is_on": True, "rules": 5}, None),
        ({"strange": 1}, None),
    ],
)
def test_a_value_of_another_kind_is_told(options: dict[str, Any], fault: str | None) -> None:
    assert misfit(Part, options) == fault
    assert misfit(object, options) is None


def test_a_detector_refuses_it() -> None:
    with pytest.raises(DetectorError, match="n_trees is 'many', but a whole number is needed"):
        make_detector("pixel-forest", options={"n_trees": "many"})
