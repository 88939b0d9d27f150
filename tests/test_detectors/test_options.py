from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs
import pytest

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.detectors.options import above, as_setting, at_least, between, construct, one_of
from defectkit.errors import DetectorError
from defectkit.records import Image, Prediction


@attrs.frozen(kw_only=True)
class Optional(Detector):
    """Options of each kind."""

    name: ClassVar[str] = "optional"
    description: ClassVar[str] = "Options of each kind."

    n: int | None = attrs.field(default=None, validator=at_least(2))
    rate: float = attrs.field(default=1.0, validator=above(0))
    share: float = attrs.field(default=0.5, validator=between(0, 1))
    kind: str = attrs.field(default="a", validator=one_of(("a", "b")))

    @property
    def capability(self) -> Capability:
        return Capability(types=("defect",))

    def card(self) -> ModelCard:
        raise NotImplementedError

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path) -> Self:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n": 1}, "n is 1, but at least 2 is needed"),
        ({"rate": 0.0}, "rate is 0.0, but it has to be above 0"),
        ({"rate": float("nan")}, "rate is nan, but it has to be above 0"),
        ({"share": 1.0}, "share is 1.0, not between 0 and 1"),
        ({"share": 0.0}, "share is 0.0, not between 0 and 1"),
        ({"kind": "c"}, "kind is 'c'; choose one of a, b"),
        ({"n": "three"}, "n is 'three', but a whole number is needed"),
        ({"colour": 1}, "no option 'colour'; it has n, rate, share, kind"),
    ],
)
def test_what_an_option_cannot_be_is_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DetectorError, match=f"detector 'optional'.*{said}"):
        construct(Optional, options)


def test_what_it_can_be_is_taken() -> None:
    made = construct(Optional, {"n": 2, "rate": 1e-9, "share": 0.5, "kind": "b"})
    assert attrs.asdict(made) == {"n": 2, "rate": 1e-9, "share": 0.5, "kind": "b"}
    assert construct(Optional, {"n": None}).n is None


def test_settings_are_numbers_and_texts() -> None:
    given = {"a": 1, "b": [0.5, 2.0], "c": ("x", "y"), "d": {"k": True}, "e": [], "f": None}
    assert {name: as_setting(value) for name, value in given.items()} == {
        "a": 1,
        "b": "0.5, 2",
        "c": "x, y",
        "d": "k True",
        "e": "",
        "f": None,
    }
