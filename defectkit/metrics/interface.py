"""The interface of a metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from numpy.typing import ArrayLike

from defectkit.statistics.comparison import ALL_PARTS, Comparison, Part
from defectkit.statistics.statistic import value_of
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable

if TYPE_CHECKING:
    import xarray


class Metric(ABC):
    """Says how far predictions are from the truth.

    A metric is a class with the class variables below and two methods, ``sums`` and ``values``; its options are keyword
    arguments of its constructor. It sees a :class:`~defectkit.metrics.Comparison`: every defect of both sides with its
    type, size and shape, and which predicted one stands for which true one at each IoU threshold. No mask is needed any
    more. Several metrics may look at one comparison at a time, each in a thread of its own, so none may change it.
    It is registered by the hook ``defectkit_register_metrics`` and run by :func:`defectkit.workflows.evaluate`, which
    puts the variables of all metrics into one data set.

    Attributes
    ----------
    name : str
        What evaluations and studies call it; unique among all metrics.
    description : str
        One sentence for ``defectkit plugins``.
    needs : frozenset of Part
        What of the defects it looks at beyond types, overlaps and matchings: sizes and shapes
        (``Part.MEASURES``), pixels in any mask (``Part.FOREGROUND``); all of it by default. What no metric of an
        evaluation needs is not computed.

    Notes
    -----
    Names of variables: ``X`` is of all images pooled, ``image_X`` has a value for each image, ``averaged_X`` is the
    mean of ``image_X`` over the images where it is defined, ``undefined_X`` how many images that leaves out, and
    ``overall_X`` the unweighted mean of ``X`` over the types of the convention, with ``undefined_overall_X`` for the
    types it leaves out.

    Dimensions, each with its labels, come from the comparison: ``image``, ``iou_threshold``, ``subset`` (``all``
    defects, or only ``found`` ones), ``defect_type`` (every type, then ``all``), ``true_type`` and ``predicted_type``
    (every type, then ``background``).

    What a metric says is made of sums over defects, pairs and images. It says what each unit adds to them, and what it
    makes of them; images or defects that are drawn again only weigh the sums otherwise, so every metric has intervals
    and paired differences (:class:`~defectkit.statistics.Bootstrap`) without a line for them.

    Examples
    --------
    >>> class MeanIou(Metric):
    ...     name = "mean-iou"
    ...     description = "Mean IoU of found pairs, whatever their type."
    ...     needs = frozenset()
    ...
    ...     def sums(self, units):
    ...         return {"iou": units.over_found(units.comparison.found.iou), "pairs": units.over_found()}
    ...
    ...     def values(self, totals):
    ...         with np.errstate(invalid="ignore"):  # without a pair there is no mean: NaN
    ...             mean = totals["iou"] / totals["pairs"]
    ...         return {"mean_iou": Variable(dims=(), values=mean, long_name="mean IoU of found pairs")}
    """

    name: ClassVar[str]
    description: ClassVar[str]
    needs: ClassVar[frozenset[Part]] = ALL_PARTS

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return what each unit adds to each sum; none by default.

        Parameters
        ----------
        units : Units
            Of a comparison, ``units.comparison``, of any number of images, none included. A unit is an image, or some
            defects of one that belong together.
        """
        return {}

    @abstractmethod
    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the variables that the metric makes of the sums.

        Parameters
        ----------
        totals : Totals
            Each sum in B resamples: ``totals[name]`` over all images, shape (B, ...), ``totals.of_images(name)`` of
            each.

        Returns
        -------
        mapping of str to Variable
            With dimensions and names as above and ``units`` wherever a number has a dimension. Values have the shape
            (B, ...) with their dimensions behind B; where the first of these is ``image``, 1 may stand for B. What
            cannot be said is NaN, and counted.
        """

    def labels(self, units: Units) -> Mapping[str, ArrayLike]:
        """Return the labels of dimensions that the comparison does not have; none by default."""
        return {}

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return the metric of a comparison, each image counted once.

        Parameters
        ----------
        comparison : Comparison

        Returns
        -------
        xarray.Dataset
            The variables of :meth:`values`, with labels.
        """
        return value_of(self, Units.images(comparison))
