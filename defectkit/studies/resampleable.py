"""Evaluations that can be resampled later on: those of :func:`defectkit.workflows.evaluate` with their comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defectkit.metrics import BUILT_IN
from defectkit.records.inputs import Images, InstanceSets
from defectkit.studies.uncertainty.stored_comparison import StoredComparison
from defectkit.workflows.evaluate import evaluate

if TYPE_CHECKING:
    import xarray


def evaluate_resampleable(
    truth: InstanceSets, predicted: InstanceSets, images: Images = (), **options: Any
) -> xarray.Dataset:
    """Return every statistic of predictions against truth, and what it takes to resample them later on.

    Parameters
    ----------
    truth, predicted, images, **options
        As :func:`defectkit.workflows.evaluate` takes them, ``metrics`` excepted: all built-in ones are computed.

    Returns
    -------
    xarray.Dataset
        That of :func:`defectkit.workflows.evaluate` with the variables of
        :class:`~defectkit.studies.uncertainty.stored_comparison.StoredComparison`.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances
    >>> from defectkit.statistics import Bootstrap
    >>> from defectkit.studies.uncertainty import bootstrap
    >>> masks = np.zeros((2, 16, 16), bool)
    >>> masks[0, 2:6, 2:6] = masks[1, 9:14, 9:14] = True
    >>> truth = {"one": Instances.from_masks(masks, types=["bdot", "bdot"], shape=(16, 16))}
    >>> result = evaluate_resampleable(truth, {"one": truth["one"].take([0])})
    >>> how = Bootstrap(n_resamples=200, level="images-and-defects")
    >>> interval = bootstrap(result, how, statistics=["find_recall"]).sel(iou_threshold=0.3)
    >>> float(interval["find_recall_low"]), float(interval["find_recall_high"])
    (0.0, 1.0)
    """
    return evaluate(
        truth, predicted, images, metrics=[*(metric() for metric in BUILT_IN), StoredComparison()], **options
    )
