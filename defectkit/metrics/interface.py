"""The interface of a metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from defectkit.statistics.comparison import ALL_PARTS, Comparison, Part

if TYPE_CHECKING:
    import xarray


class Metric(ABC):
    """Says how far predictions are from the truth.

    A metric is a class with the two class variables below and one method; its options are keyword arguments of its
    constructor. It sees a :class:`~defectkit.metrics.Comparison`: every defect of both sides with its type,
    size and shape, and which predicted one stands for which true one at each IoU threshold. No mask is needed any more.
    Several metrics may look at one comparison at a time, each in a thread of its own, so none may change it.
    It is registered by the hook ``defectkit_register_metrics`` and run by :func:`defectkit.workflows.evaluate`, which
    puts the data sets of all metrics into one.

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
    (every type, then ``background``). :func:`defectkit.statistics.variables.dataset` lays variables out over them.

    Examples
    --------
    >>> from defectkit.statistics.variables import Variable, dataset
    >>> class CountDifference(Metric):
    ...     name = "count-difference"
    ...     description = "How many defects too many were predicted in each image."
    ...
    ...     def compute(self, comparison):
    ...         counts = [i.predicted.n - i.true.n for i in comparison.images]
    ...         variable = Variable(dims=("image",), values=counts, long_name="defects too many")
    ...         return dataset(comparison, {"count_difference": variable})
    """

    name: ClassVar[str]
    description: ClassVar[str]
    needs: ClassVar[frozenset[Part]] = ALL_PARTS

    @abstractmethod
    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return the metric of a comparison.

        Parameters
        ----------
        comparison : Comparison
            Of any number of images, none included.

        Returns
        -------
        xarray.Dataset
            With dimensions and names as above and ``units`` wherever a number has a dimension. What cannot be said is
            NaN, and counted.
        """
