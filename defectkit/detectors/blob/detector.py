"""The built-in classical detector: dark blobs and open loops, sizes in nm."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Self

import attrs
import numpy as np

from defectkit.detectors.blob.candidates import Candidate, best_of
from defectkit.detectors.blob.ellipses import ellipse_of
from defectkit.detectors.blob.flatten import darkness, noise_level
from defectkit.detectors.blob.interior import interior_of
from defectkit.detectors.blob.loops import dark_lines, find_loops, without_outlines
from defectkit.detectors.blob.rules import TypeRule, type_by_rules, type_rules, types_of
from defectkit.detectors.blob.solids import Limits, find_seeds, find_solids
from defectkit.detectors.blob.working import Floats, WorkingImage, working_image
from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard
from defectkit.detectors.interface import Detector
from defectkit.detectors.model_folder import read_saved, write_model_folder
from defectkit.detectors.options import restore
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.json import record_converter
from defectkit.records.prediction import Prediction, Setting
from defectkit.units import LENGTH, Quantity, QuantityLike, as_quantity

VERSION = "1"
WORKING_PIXELS = 4
"""The smallest diameter is at least so many working pixels, where the image has them."""
NOISE_WINDOW = 2.5
"""The window in which noise is judged, as a multiple of the background's."""
LINE_LOW, LINE_HIGH = 0.6, 1.25
"""How dark the line of a loop is everywhere and at its darkest, as multiples of the contrast asked for."""
HALF_SCORE = 4.0
"""The contrast-to-noise ratio whose score is one half."""
FEWEST_PIXELS = 2.0
"""Defects of fewer pixels across cannot be told from noise."""
WIDEST_PX = 4096
"""Windows and widths have no more working pixels."""
UNTILED_PIXELS = 2**24
"""Larger images, over 4096 x 4096 pixels, are analysed in tiles, so that memory does not grow with them."""
TILE = 3072
"""Edge of such a tile in pixels."""
OVERLAP = 1.25
"""By how much tiles overlap, as a multiple of the largest diameter, as far as that is no more than half a tile."""


class Contrast(enum.StrEnum):
    """Whether defects are darker or brighter than the foil around them."""

    DARK = "dark"
    BRIGHT = "bright"


def _length(value: QuantityLike) -> Quantity:
    return as_quantity(value, LENGTH, what="blob: a diameter, width or scale")


@attrs.frozen(kw_only=True)
class Blob(Detector):
    """Dark blobs and open loops by classical image analysis; nothing is learned.

    The background is taken off, open loops are found as bright regions within a dark line, blobs at the maxima of the
    scale-space Laplacian with an outline halfway between background and darkest part; touching ones are parted by a
    watershed, and long thin ones, dislocation lines, are left out. All lengths are in nm, and the image is brought to a
    scale that they fix, so that the options mean the same at every magnification. An image of over 4096 x 4096 pixels
    is analysed in tiles, as :class:`~defectkit.detectors.tiling.Tiled` does it; its settings say so.

    Parameters
    ----------
    min_diameter, max_diameter : str or pint.Quantity
        The smallest and largest defect, length.
    max_solid_width : str or pint.Quantity
        The widest dark blob; what is darker over a wider area is background. Open loops may be wider.
    background_scale : str or pint.Quantity
        Edge of the window whose median is the background.
    min_contrast_to_noise : float
        How many standard deviations of the noise a blob has to stand out by.
    edge_level : float
        How far from background (0) to darkest part (1) the outline of a defect runs.
    max_elongation : float
        What is more times as long as wide is a dislocation line.
    contrast : Contrast
        Whether defects are dark (bright field) or bright (dark field).
    rules : str or iterable of TypeRule
        What to call which defect: rules in order, their keywords, or the name of a set
        (:data:`~defectkit.detectors.blob.rules.RULE_SETS`). Without rules all are of type ``defect``.
    max_detections : int, optional
        Keep at most so many, the highest scores.

    Notes
    -----
    The score is ``r / (r + 4)`` for a contrast-to-noise ratio r: one half at 4, 0.8 at 16. The noise is the local
    standard deviation of the smoothed image, mottling of the foil included. It says how clearly something stands out,
    not how likely it is a defect.

    Examples
    --------
    >>> from defectkit.detectors import detect
    >>> from defectkit.testing.synthetic import synthetic_micrograph
    >>> image, truth = synthetic_micrograph(5, shape=(256, 256), counts={"bdot": 6}, n_lines=0)
    >>> [prediction] = detect(Blob(), [image])
    >>> len(prediction.instances), len(truth)
    (6, 6)
    """

    name: ClassVar[str] = "blob"
    description: ClassVar[str] = "Classical analysis: dark blobs and open loops of given sizes in nm; nothing to train."

    min_diameter: Quantity = attrs.field(default="3 nm", converter=_length)
    max_diameter: Quantity = attrs.field(default="100 nm", converter=_length)
    max_solid_width: Quantity = attrs.field(default="40 nm", converter=_length)
    background_scale: Quantity = attrs.field(default="100 nm", converter=_length)
    min_contrast_to_noise: float = attrs.field(default=4.0, validator=attrs.validators.gt(0))
    edge_level: float = attrs.field(
        default=0.5, validator=attrs.validators.and_(attrs.validators.gt(0), attrs.validators.lt(1))
    )
    max_elongation: float = attrs.field(default=9.0, validator=attrs.validators.ge(1))
    contrast: Contrast = attrs.field(default=Contrast.DARK, converter=Contrast)
    rules: tuple[TypeRule, ...] = attrs.field(default=(), converter=type_rules)
    max_detections: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.gt(0)))

    def __attrs_post_init__(self) -> None:
        sizes = (self.min_diameter, self.max_solid_width, self.max_diameter)
        if not 0 < sizes[0].magnitude <= sizes[1].magnitude <= sizes[2].magnitude:
            raise DetectorError(
                f"blob: min_diameter, max_solid_width and max_diameter are {', '.join(map(str, sizes))}; "
                "they must be positive and rise"
            )
        if self.background_scale < 2 * self.min_diameter:
            raise DetectorError(
                f"blob: the background_scale {self.background_scale} must be at least twice the min_diameter "
                f"{self.min_diameter}, or defects become background"
            )

    @property
    def capability(self) -> Capability:
        """The types of the rules, any pixel size."""
        return Capability(types=types_of(self.rules), max_detections=self.max_detections)

    def card(self) -> ModelCard:
        """Return the card; it says by which rules types are told apart, if at all."""
        typed = (
            "Types are given by rules on size, elongation and inside, in order: "
            + "; ".join(_said(rule) for rule in self.rules)
            if self.rules
            else "It tells no types apart: everything is a 'defect' unless rules are configured."
        )
        return ModelCard(
            name=self.name,
            version=VERSION,
            description=f"{self.description} {typed}",
            types=self.capability.types,
            settings=self.settings(),
            license="MIT",
            limits=(
                "The score is a contrast-to-noise ratio mapped to [0, 1], not a probability.",
                "It finds what stands out, defect or not: in mottled images thresholds have to be tuned and results "
                "looked at.",
                "Loops whose dark line is broken are missed or found in parts, and so are loops crossed by more than "
                "two others.",
                f"Defects under {FEWEST_PIXELS:g} pixels across are not found.",
                "Dislocation lines are told from edge-on loops by length and elongation alone.",
            ),
        )

    def settings(self) -> dict[str, Setting]:
        """Return the options as plain values."""
        plain: dict[str, Setting] = {}
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if field.name == "rules":
                plain[field.name] = "; ".join(_said(rule) for rule in self.rules)
            else:
                plain[field.name] = value if value is None or isinstance(value, int | float) else str(value)
        return plain

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield what is found in each image.

        Raises
        ------
        MissingCalibrationError
            If an image has no pixel size.
        DetectorError
            If an image has pixels that are not finite.
        """
        for image in images:
            yield self._prediction(image) if image.shape[0] * image.shape[1] <= UNTILED_PIXELS else self._tiled(image)

    def save(self, folder: Path) -> None:
        """Write the options and the card."""
        with new_folder(folder) as made:
            options = record_converter().unstructure(self)
            write_model_folder(made, detector=self.name, options=options, card=self.card())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the detector with the options that ``folder`` holds."""
        return restore(cls, read_saved(folder, cls.name).options, folder)

    def _prediction(self, image: Image) -> Prediction:
        working = self._working(image)
        candidates, dark = self._candidates(working)
        scores = np.array([c.contrast_to_noise / (c.contrast_to_noise + HALF_SCORE) for c in candidates])
        kept = np.argsort(-scores, kind="stable")[: self.max_detections]
        chosen = [candidates[i] for i in np.sort(kept)]
        instances = Instances.from_runs(
            working.to_runs([c.mask for c in chosen], [c.top for c in chosen], [c.left for c in chosen]),
            types=[self._type(c, dark, working.spacing_nm) for c in chosen],
            shape=image.shape,
            known_types=self.capability.types,
            scores=scores[np.sort(kept)],
        )
        return Prediction(
            image=image.name,
            instances=instances.take(instances.areas > 0),
            detector=self.name,
            detector_version=VERSION,
            settings=self.settings(),
            capped=self.max_detections is not None and len(candidates) >= self.max_detections,
            notes=self._notes(image),
        )

    def _tiled(self, image: Image) -> Prediction:
        """Return what is found in an image that is analysed tile by tile: at once it would take 51 bytes a pixel."""
        from defectkit.detectors.tiling import Tiled

        largest_px = self.max_diameter.magnitude / min(image.required_calibration().pixel_size_nm)
        overlap = int(min(max(OVERLAP * largest_px, TILE // 16), TILE // 2))
        unlimited = attrs.evolve(self, max_detections=None)
        [found] = Tiled(detector=unlimited, tile=TILE, overlap=overlap).predict([image])
        most, instances = self.max_detections, found.instances
        if most is not None and len(instances) > most:
            instances = instances.take(np.sort(np.argsort(-instances.scores, kind="stable")[:most]))
        return attrs.evolve(
            found,
            instances=instances,
            settings={**found.settings, "max_detections": most},
            capped=most is not None and len(found.instances) >= most,
        )

    def _working(self, image: Image) -> WorkingImage:
        pixel_size_nm = image.required_calibration().pixel_size_nm
        largest_px = self.max_diameter.magnitude / max(pixel_size_nm)
        if largest_px < FEWEST_PIXELS:
            raise DetectorError(
                f"detector {self.name!r}, image {image.name!r}: the largest defect it looks for, max_diameter = "
                f"{self.max_diameter:~g}, is {largest_px:.2g} of the image's pixels of {max(pixel_size_nm):g} nm, and "
                f"under {FEWEST_PIXELS:g} nothing is told from noise; raise the diameters, or check the pixel size"
            )
        finest_nm = max(*pixel_size_nm, self.min_diameter.magnitude / WORKING_PIXELS)
        for what in ("max_solid_width", "background_scale"):
            width = getattr(self, what)
            if width.magnitude / finest_nm > WIDEST_PX:
                raise DetectorError(
                    f"detector {self.name!r}, image {image.name!r}: {what} is {width}, over {WIDEST_PX} of the pixels "
                    f"of {finest_nm:g} nm that the image is looked at in; lower it, or raise min_diameter"
                )
        working = working_image(image.pixels, pixel_size_nm, self.min_diameter.magnitude / WORKING_PIXELS)
        if not np.isfinite(working.pixels).all():
            raise DetectorError(
                f"detector {self.name!r}, image {image.name!r}: some pixels are not finite; "
                "replace NaN and infinite values before detection"
            )
        return working

    def _candidates(self, working: WorkingImage) -> tuple[list[Candidate], Floats]:
        from scipy.ndimage import gaussian_filter

        scale = working.spacing_nm
        pixels = working.pixels if self.contrast is Contrast.DARK else -working.pixels
        window = self.background_scale.magnitude / scale
        dark = darkness(pixels, window)
        smooth = gaussian_filter(dark, max(self.min_diameter.magnitude / WORKING_PIXELS / scale, 0.7))
        noise = noise_level(smooth, NOISE_WINDOW * window)
        lines = dark_lines(
            smooth,
            noise,
            spacing_nm=scale,
            min_nm=self.min_diameter.magnitude,
            edge_level=self.edge_level,
            low=LINE_LOW * self.min_contrast_to_noise,
            high=LINE_HIGH * self.min_contrast_to_noise,
        )
        loops, outline = find_loops(lines, min_nm=self.min_diameter.magnitude, max_nm=self.max_diameter.magnitude)
        rest, taken = without_outlines(dark, outline, spacing_nm=scale, min_nm=self.min_diameter.magnitude)
        seeds = find_seeds(
            rest,
            min_px=self.min_diameter.magnitude / scale,
            max_px=self.max_solid_width.magnitude / scale,
            window_px=NOISE_WINDOW * window,
            threshold=self.min_contrast_to_noise,
        )
        limits = Limits(
            min_px=self.min_diameter.magnitude / scale,
            max_px=self.max_diameter.magnitude / scale,
            max_width_px=self.max_solid_width.magnitude / scale,
            max_elongation=self.max_elongation,
            edge_level=self.edge_level,
            min_contrast=self.min_contrast_to_noise,
        )
        solids = find_solids(rest, np.where(taken, 0, smooth), noise, taken, seeds, limits)
        return best_of([*loops, *solids], dark.shape), dark

    def _type(self, candidate: Candidate, dark: Floats, spacing_nm: float) -> str:
        height, width = candidate.mask.shape
        crop = dark[candidate.top : candidate.top + height, candidate.left : candidate.left + width]
        major, minor, _ = ellipse_of(candidate.mask)
        interior = interior_of(crop, candidate.mask, spacing_nm)
        return type_by_rules(self.rules, major * spacing_nm, major / minor, interior)

    def _notes(self, image: Image) -> tuple[str, ...]:
        pixels = self.min_diameter.magnitude / max(image.required_calibration().pixel_size_nm)
        if pixels >= FEWEST_PIXELS:
            return ()
        return (
            f"the smallest diameter asked for, {self.min_diameter.magnitude:g} nm, is {pixels:.2g} pixels: "
            f"defects under {FEWEST_PIXELS:g} pixels are not told from noise, so the smallest ones are missing",
        )


def _said(rule: TypeRule) -> str:
    limits = [
        f"{field.name} {', '.join(value) if field.name == 'interior' else value}"
        for field in attrs.fields(TypeRule)
        if field.name != "type" and (value := getattr(rule, field.name)) not in (None, ())
    ]
    return f"{rule.type} ({', '.join(limits) or 'all else'})"
