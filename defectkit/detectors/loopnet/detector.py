"""LoopNet: the detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard
from defectkit.detectors.interface import Detector
from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.model import Model, shipped_model
from defectkit.detectors.loopnet.naming import types_together
from defectkit.detectors.loopnet.operating_point import Aim, OperatingPoint
from defectkit.detectors.loopnet.polarity import Polarity
from defectkit.detectors.model_folder import read_saved, write_model_folder
from defectkit.detectors.options import restore
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.prediction import Prediction, Setting
from defectkit.units import LENGTH, Quantity, QuantityLike, as_quantity

if TYPE_CHECKING:
    from defectkit.detectors.loopnet.pyramid import Pyramid

UNTYPED = "defect"
TYPE_SHARE = 0.5
"""A defect has a type if at least this much of the probability is on it."""


def _length(value: QuantityLike | None) -> Quantity | None:
    return None if value is None else as_quantity(value, LENGTH, what="loopnet: a diameter")


def _point(value: OperatingPoint | str) -> OperatingPoint:
    return OperatingPoint.of(value)


@attrs.frozen(kw_only=True)
class LoopNet(Detector):
    """A small network that ships with defectkit: dark or bright spots, loops, cavities and particles of any size.

    The image is seen at scales from twice its area down to a thumbnail. At each, the network gives an ellipse for
    whatever may be a defect; what is found in one place at neighboring scales supports each other, and gives a
    probability that was calibrated on labelled images. Neither a scale nor a threshold has to be given, nor a pixel
    size.

    Parameters
    ----------
    operating_point : str or OperatingPoint
        What the number of defects is chosen for: ``f1``, ``count`` or ``precision=0.9``; see
        :class:`~defectkit.detectors.loopnet.operating_point.OperatingPoint`.
    polarity : Polarity
        ``dark``, ``bright``, or ``auto``, by which the image itself decides.
    min_diameter, max_diameter : str or pint.Quantity, optional
        Smaller and larger defects are left out, length; the images need a pixel size then.
    model : Model, optional
        Another network than the one that ships; :meth:`load` puts it there.

    Examples
    --------
    >>> from defectkit.detectors import detect
    >>> from defectkit.testing.synthetic import synthetic_micrograph
    >>> image, truth = synthetic_micrograph(5, shape=(256, 256), counts={"bdot": 6}, n_lines=0)
    >>> [prediction] = detect(LoopNet(), [image])
    >>> abs(len(prediction.instances) - len(truth)) <= 1
    True
    """

    name: ClassVar[str] = "loopnet"
    description: ClassVar[str] = "The network that ships: finds loops, spots, cavities and particles as it is."

    operating_point: OperatingPoint = attrs.field(default=OperatingPoint(Aim.F1), converter=_point)
    polarity: Polarity = attrs.field(default=Polarity.AUTO, converter=Polarity)
    min_diameter: Quantity | None = attrs.field(default=None, converter=_length)
    max_diameter: Quantity | None = attrs.field(default=None, converter=_length)
    model: Model = attrs.field(factory=shipped_model, repr=False)

    def __attrs_post_init__(self) -> None:
        low, high = self.min_diameter, self.max_diameter
        if low is not None and high is not None and not low < high:
            raise DetectorError(f"loopnet: min_diameter {low} is not below max_diameter {high}")

    @property
    def capability(self) -> Capability:
        """The types of the network, and ``defect`` where it cannot tell; any pixel size."""
        return Capability(types=tuple(dict.fromkeys((*self.model.facts.types, UNTYPED))))

    def card(self) -> ModelCard:
        """Return the card of the network with these options."""
        return attrs.evolve(self.model.card, types=self.capability.types, settings=self.settings())

    def options(self) -> dict[str, Setting]:
        """Return the options as plain values."""
        return {
            "operating_point": str(self.operating_point),
            "polarity": str(self.polarity),
            "min_diameter": None if self.min_diameter is None else str(self.min_diameter),
            "max_diameter": None if self.max_diameter is None else str(self.max_diameter),
        }

    def settings(self) -> dict[str, Setting]:
        """Return the options, and the digest of the model."""
        return self.options() | {"model": self.model.digest}

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield what is found in each image.

        Raises
        ------
        MissingCalibrationError
            If a diameter is limited and an image has no pixel size.
        DetectorError
            If an image has pixels that are not finite.
        """
        for image in images:
            yield self.call(image, *self.see(image))

    def save(self, folder: Path) -> None:
        """Write the network, its options and its card."""
        with new_folder(folder) as made:
            self.model.write(made)
            write_model_folder(made, detector=self.name, options=self.options(), card=self.card())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector that ``folder`` holds.

        Raises
        ------
        DetectorError
            If it holds none.
        """
        options = read_saved(folder, cls.name).options
        model = Model.read(folder)
        _ = model.facts
        return restore(cls, {**options, "model": model}, folder)

    def see(self, image: Image) -> tuple[Pyramid, int]:
        """Return what the network says of an image at all scales, and how many of its rows an information strip takes.

        Nothing is looked for in a strip at the lower edge.

        Operating point and limits of size play no part yet, so what several of them give can be had from one look.

        Raises
        ------
        DetectorError
            If the image has pixels that are not finite.
        """
        from defectkit.detectors.loopnet.pyramid import pyramid
        from defectkit.measurement.overprints import strip_height

        pixels = image.pixels
        if not np.isfinite(pixels).all():
            raise DetectorError(
                f"detector {self.name!r}, image {image.name!r}: some pixels are not finite; "
                "replace NaN and infinite values before detection"
            )
        strip = strip_height(pixels[::-1])
        looked_at = pixels[: pixels.shape[0] - strip]
        return pyramid(looked_at, self.model.network, self.model.fusion, self.polarity), strip

    def call(self, image: Image, seen: Pyramid, strip: int) -> Prediction:
        """Return which of the candidates of an image are called defects."""
        from defectkit.detectors.loopnet.masks import masks

        found = self._within(seen.found, image)
        called = found.take(np.arange(self.operating_point.calls(found.scores)))
        runs, kept = masks(
            called,
            [level.foreground for level in seen.levels],
            [level.factors for level in seen.levels],
            image.shape,
            strip,
        )
        called = called.take(kept)
        notes = []
        if strip:
            notes.append(f"the lowest {strip} rows look like an information strip: nothing was looked for there")
        if self.polarity is Polarity.AUTO and seen.polarity is Polarity.BRIGHT and len(called):
            notes.append("defects were taken to be brighter than what is around them; polarity dark overrules it")
        return Prediction(
            image=image.name,
            instances=Instances.from_runs(
                runs,
                types=self._types(called),
                shape=image.shape,
                known_types=self.capability.types,
                scores=called.scores,
            ),
            detector=self.name,
            detector_version=self.model.facts.version,
            settings=self.settings(),
            notes=tuple(notes),
        )

    def _within(self, found: Candidates, image: Image) -> Candidates:
        if self.min_diameter is None and self.max_diameter is None:
            return found
        diameters = found.diameters * float(np.sqrt(np.prod(image.required_calibration().pixel_size_nm)))
        low = 0.0 if self.min_diameter is None else self.min_diameter.magnitude
        high = np.inf if self.max_diameter is None else self.max_diameter.magnitude
        return found.take((diameters >= low) & (diameters <= high))

    def _types(self, found: Candidates) -> list[str]:
        names: NDArray[np.object_] = np.array([*self.model.facts.types, UNTYPED], object)
        if not len(found) or not self.model.facts.types:
            return [UNTYPED] * len(found)
        types = types_together(found.types, found.scores)
        best = types.argmax(axis=1)
        sure = types[np.arange(len(found)), best] >= TYPE_SHARE
        return [str(name) for name in names[np.where(sure, best, len(names) - 1)]]
