"""Tiled: any detector on images larger than it can take at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Self

import attrs

from defectkit.detectors.capability import Capability
from defectkit.detectors.card import ModelCard
from defectkit.detectors.detect import detect
from defectkit.detectors.interface import Detector
from defectkit.detectors.merging import merge_tiles
from defectkit.detectors.model_folder import read_saved, saved_detector, write_model_folder
from defectkit.detectors.options import restore
from defectkit.detectors.tiles import Tile, tiles_of
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.records.image import ArrayPixels, Image, Pixels
from defectkit.records.prediction import Prediction

DETECTOR = "detector"
"""The folder of the detector that is tiled, in that of the tiling."""

WHOLE_BYTES = 2**27
"""An image of up to so many bytes is read once, and cut then."""


@attrs.frozen(kw_only=True)
class Tiled(Detector):
    """A detector that is shown one tile of an image at a time.

    What is found in the tiles is merged with :func:`~defectkit.detectors.merging.merge_tiles`: a defect that a border
    cuts is united with its other part, and one that two tiles show is kept once. An image that is no larger than a tile
    goes to the detector as it is.

    Parameters
    ----------
    detector : Detector
        Any detector.
    tile : int
        Edge of a tile in pixels.
    overlap : int
        By how many pixels neighboring tiles overlap: best a little more than the largest defect.

    Raises
    ------
    DetectorError
        If a tile is not larger than the overlap, or there is none.

    Examples
    --------
    >>> from defectkit.detectors.blob import Blob
    >>> from defectkit.testing.synthetic import synthetic_micrograph
    >>> image, truth = synthetic_micrograph(5, shape=(300, 300), counts={"bdot": 6}, n_lines=0)
    >>> [prediction] = detect(Tiled(detector=Blob(), tile=200, overlap=80), [image])
    >>> len(prediction.instances), prediction.settings["tile"]
    (6, 200)
    """

    name: ClassVar[str] = "tiled"
    description: ClassVar[str] = "Another detector, shown an image in overlapping tiles."

    detector: Detector
    tile: int = 1024
    overlap: int = 128

    def __attrs_post_init__(self) -> None:
        tiles_of((1, 1), tile=self.tile, overlap=self.overlap)
        if isinstance(self.detector, Tiled):
            raise DetectorError("a tiled detector cannot be tiled again; change its tile and overlap")

    @property
    def capability(self) -> Capability:
        """That of the detector, but for the limit on detections, which holds in each tile."""
        return attrs.evolve(self.detector.capability, max_detections=None)

    def card(self) -> ModelCard:
        """Return the detector's card with the tiling among its settings."""
        card = self.detector.card()
        return attrs.evolve(card, settings={**card.settings, "tile": self.tile, "overlap": self.overlap})

    def fit(self, training: TrainingSet, validation: TrainingSet | None = None) -> Self:
        """Return the fitted detector, tiled; how it cuts training images is the detector's own matter."""
        return attrs.evolve(self, detector=self.detector.fit(training, validation))

    def predict(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Yield what is found in each image."""
        for image in images:
            tiles = tiles_of(image.shape, tile=self.tile, overlap=self.overlap)
            if len(tiles) == 1:
                parts = list(detect(self.detector, [image]))
                instances = parts[0].instances
            else:
                parts = list(detect(self.detector, _tile_images(image, tiles)))
                instances = merge_tiles(tiles, [part.instances for part in parts], image.shape)
            yield attrs.evolve(
                parts[0],
                image=image.name,
                instances=instances,
                settings={**parts[0].settings, "tile": self.tile, "overlap": self.overlap},
                capped=any(part.capped for part in parts),
                notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
            )

    def save(self, folder: Path) -> None:
        """Write the tiling, and the detector into a folder of its own."""
        with new_folder(folder) as made:
            self.detector.save(made / DETECTOR)
            options = {"tile": self.tile, "overlap": self.overlap}
            write_model_folder(made, detector=self.name, options=options, card=self.card())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the tiled detector that was saved in ``folder``; its detector has to be registered.

        Raises
        ------
        DetectorError
            If the folder holds no tiled detector, or a damaged one.
        UnknownPluginError
            If no detector of that name is registered.
        """
        from defectkit import hooks

        options = read_saved(folder, cls.name).options
        kind = hooks.find("detector", saved_detector(folder / DETECTOR))
        return restore(cls, {**options, "detector": kind.load(folder / DETECTOR)}, folder)


def _tile_images(image: Image, tiles: list[Tile]) -> Iterator[Image]:
    """Give the tiles; of a large file that is read in parts, one at a time is in memory."""
    in_parts = image.reads_boxes and image.shape[0] * image.shape[1] * image.dtype.itemsize > WHOLE_BYTES
    pixels: Pixels | None = None if in_parts else image.pixels
    for number, tile in enumerate(tiles, start=1):
        yield attrs.evolve(
            image,
            name=f"{image.name} (tile {number} of {len(tiles)})",
            source=ArrayPixels(
                array=image.box(tile.top, tile.left, tile.bottom, tile.right) if pixels is None else tile.crop(pixels)
            ),
        )
