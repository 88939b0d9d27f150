"""RefusedRegions: how far one side of an evaluation was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.formats.refusals import Refused, check_refused
from defectkit.records.inputs import InstanceSets
from defectkit.records.label_set import LabelSet

if TYPE_CHECKING:
    import xarray


@attrs.frozen(kw_only=True, eq=False)
class RefusedRegions:
    """How far one side was read.

    Parameters
    ----------
    refused : mapping of str to int
        By image, how many regions were refused; of predictions and instances that are given, none was.
    left_out : tuple of str
        Images that are not compared for it.
    sentences : tuple of str
        What is to be said of it.
    """

    refused: Mapping[str, int] = attrs.field(factory=dict)
    left_out: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @classmethod
    def of(cls, side: InstanceSets, refused: Refused | str) -> RefusedRegions:
        """Return that of a side.

        Raises
        ------
        RefusedRegionsError
            If too many regions were refused and ``refused`` is ``raise``.
        """
        if not isinstance(side, LabelSet):
            return cls()
        sentences = check_refused(side, refused)
        out = side.not_fully_read if Refused(refused) is Refused.LEAVE_OUT else ()
        return cls(refused=side.refused, left_out=out, sentences=sentences)

    def counted(self, result: xarray.Dataset, side: str) -> xarray.Dataset:
        """Return the result with the number of regions of each image that were refused."""
        numbers = np.array([self.refused.get(name, 0) for name in result["image"].values.tolist()], dtype=np.int64)
        about = {"long_name": f"regions of the {side} side refused when it was read", "units": ""}
        return result.assign({f"image_n_refused_{side}": ("image", numbers, about)})
