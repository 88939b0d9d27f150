"""Prediction: what a detector said of one image."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from defectkit.records.facts import instances_text, quote
from defectkit.records.instances import Instances
from defectkit.records.names import as_names

Setting = str | int | float | bool | None


@attrs.frozen(kw_only=True)
class Prediction:
    """The defects that a detector found in one image, and what has to be known of how.

    Parameters
    ----------
    image : str
        The name of the image.
    instances : Instances
        The defects, each with a score.
    detector, detector_version : str
        Who found them.
    settings : mapping of str to str, int, float, bool or None
        The detector's configuration.
    capped : bool
        Whether the detector stopped at its largest number of detections, so that there may be more.
    notes : tuple of str
        Warnings for the reader of the result.
    """

    image: str
    instances: Instances
    detector: str
    detector_version: str = ""
    settings: Mapping[str, Setting] = attrs.field(factory=dict)
    capped: bool = False
    notes: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    def __hash__(self) -> int:
        return hash((self.image, self.detector, self.detector_version))

    def __repr__(self) -> str:
        return f"<Prediction of {quote(self.image)} by {self._by()}: {instances_text(self.instances)}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import card, counts_table, instances_figure

        return card(
            self.image,
            f"by {self._by()}: {instances_text(self.instances)}",
            instances_figure(self.instances),
            counts_table({self.image: self.instances.counts()}, self.instances.types),
        )

    def _by(self) -> str:
        capped = ", which reached its largest number" if self.capped else ""
        return f"{quote(self.detector)[1:-1]} {self.detector_version}".rstrip() + capped
