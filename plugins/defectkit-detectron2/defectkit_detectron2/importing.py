"""Importing: detectors that others trained with Detectron2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from defectkit.detectors import ModelCard, Trained
from defectkit.detectors.learning.provenance import weights_digest
from defectkit.detectors.model_folder import SelfTest
from defectkit.detectors.network import DEFAULT_MIN_SCORE, NetworkModel
from defectkit.errors import DetectorError
from defectkit.records import Image
from defectkit.units import PIXEL_SIZE, QuantityLike, as_pixel_size
from defectkit_detectron2.detector import Detectron2
from defectkit_detectron2.installation import own_version, require_detectron2


def from_checkpoint(
    path: str | Path,
    *,
    types: Sequence[str],
    pixel_size: QuantityLike,
    config: str = "reference",
    license: str,  # noqa: A002 - what the card calls it
    citation: str = "",
    pixel_sizes: tuple[QuantityLike, QuantityLike] | None = None,
    example: Image | None = None,
    **options: Any,
) -> Detectron2:
    """Return a detector with weights that somebody else trained with Detectron2.

    Parameters
    ----------
    path : str or pathlib.Path
        What Detectron2's trainer writes (``model_final.pth``: weights beside the state of the optimizer and the
        schedule, which are left), a file of its model zoo (``.pkl``), or ``.safetensors``. Only tensors and arrays are
        read, unless the file is named as trusted (:mod:`defectkit_detectron2.trust`).
    types : sequence of str
        What the classes stand for, in the order in which they were trained. The file does not say it.
    pixel_size : str or pint.Quantity
        What images are rescaled to before the network sees them: the one that it was trained at, times the factor by
        which Detectron2 shrank the images (its ``INPUT.MIN_SIZE_TEST``). The file does not say it.
    config : str
        As for :class:`~defectkit_detectron2.detector.Detectron2`.
    license, citation : str
        Of the weights.
    pixel_sizes : tuple of two str or pint.Quantity, optional
        The smallest and largest pixel size that it was trained on; ``pixel_size`` for both unless given.
    example : Image, optional
        Kept with what is found in it, as the self-test of the saved model.
    options
        Others of the detector, such as ``max_detections``, ``min_score`` or ``overrides``.

    Raises
    ------
    DetectorError
        If the file cannot be read, holds objects and is not trusted, is of another network, or has another number of
        classes than there are types.

    Notes
    -----
    Images that the network was trained on without a stretch of their gray values look different to it here: set
    ``lower_percentile=0`` and ``upper_percentile=100`` for the nearest to them.
    """
    require_detectron2()
    from defectkit_detectron2.configurations import Changes, configuration_of
    from defectkit_detectron2.devices import device_of
    from defectkit_detectron2.prediction import LOWEST_SCORE
    from defectkit_detectron2.weights import load_into, n_types_of, read_weights

    file = Path(path).expanduser()
    detector = Detectron2(config=config, initial_weights=str(file), **options)
    weights = read_weights(file)
    known = n_types_of(weights)
    if known != len(types):
        raise DetectorError(
            f"{file}: tells {known or 'no'} types apart, but {len(types)} are named: {', '.join(types)}. Name each "
            "class once, in the order of the training"
        )
    configuration = configuration_of(config, detector.overrides)
    kept = configuration.changed(
        Changes(n_types=len(types), max_detections=detector.max_detections, min_score=LOWEST_SCORE)
    )
    network = kept.network()
    missing = load_into(network, weights, where=file)
    if missing:
        raise DetectorError(
            f"{file}: lacks {missing[0]} (and {len(missing) - 1} more) in the shape that the configuration {config!r} "
            "gives it; name the configuration that it was trained with, and what was overridden"
        )
    card = ModelCard(
        name=Detectron2.name,
        version=own_version(),
        description=f"Network of Detectron2, configuration {config}, trained elsewhere: {weights_digest(str(file))}.",
        types=tuple(types),
        pixel_size_range=pixel_sizes or (pixel_size, pixel_size),
        settings=detector.settings(),
        license=license,
        citation=citation or Detectron2.citation,
        limits=("What it was trained on is not known here beyond what its authors say.",),
    )
    model = NetworkModel(
        network=network.to(device_of(detector.device)).eval(),
        plan=kept,
        types=tuple(types),
        pixel_size_nm=float(as_pixel_size(pixel_size).to(PIXEL_SIZE).magnitude),
        normalization=detector.normalization,
        min_score=DEFAULT_MIN_SCORE if detector.min_score is None else detector.min_score,
    )
    test = None if example is None else SelfTest(image=example, expected=detector.find(model, example))
    return attrs.evolve(detector, trained=Trained(model=model, card=card, self_test=test))
