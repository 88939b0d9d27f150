"""Detectors: a right one, and wrong ones."""

from __future__ import annotations

import json
import threading
from itertools import count
from typing import Any, ClassVar

import attrs
import numpy as np
from scipy import ndimage

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.errors import DetectorError, OutputError
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Instances, Prediction
from defectkit.testing import DetectorSuite, disc_scene
from defectkit.units import LENGTH, Quantity, as_quantity
from tests.laws.mutant import mutant, shared_mutants

CALLS = count()


def _length(value: Any) -> Quantity:
    return as_quantity(value, LENGTH, what="dark: a diameter")


@attrs.frozen(kw_only=True)
class Dark(Detector):
    """Dark patches, filled, of diameters in nm between two."""

    name: ClassVar[str] = "dark"
    description: ClassVar[str] = "Dark patches of diameters between two."

    smallest: Quantity = attrs.field(default="3 nm", converter=_length)
    largest: Quantity = attrs.field(default="40 nm", converter=_length)
    level: float = 0.5

    @property
    def capability(self):
        return Capability(types=("defect",))

    def card(self):
        return ModelCard(
            name=self.name,
            version="1",
            description=self.description,
            types=("defect",),
            license="MIT",
            settings={"smallest": str(self.smallest), "largest": str(self.largest), "level": self.level},
        )

    def pixel_nm(self, image):
        return float(np.sqrt(np.prod(image.required_calibration().pixel_size_nm)))

    def pixels(self, image):
        return np.asarray(image.pixels, np.float64)

    def patches(self, image):
        pixels = self.pixels(image)
        ground = np.median(pixels)
        dark = ndimage.binary_fill_holes(pixels < ground - self.level * (ground - np.percentile(pixels, 1)))
        return ndimage.label(ndimage.binary_opening(dark, iterations=2))[0]

    def diameters_nm(self, areas, image):
        return np.sqrt(4 * areas / np.pi) * self.pixel_nm(image)

    def find(self, image):
        if min(image.shape) < 8 or np.ptp(image.pixels) == 0:
            return Instances.empty(image.shape, ("defect",))
        patches = self.patches(image)
        diameters = self.diameters_nm(np.bincount(patches.ravel()), image)
        kept = (diameters >= self.smallest.magnitude) & (diameters <= self.largest.magnitude)
        kept[0] = False
        runs, _ = label_image_to_runs(np.where(kept[patches], patches, 0))
        n = len(runs)
        return Instances.from_runs(
            runs, types=["defect"] * n, shape=image.shape, known_types=("defect",), scores=np.full(n, 0.5)
        )

    def predict(self, images):
        for image in images:
            yield Prediction(image=image.name, instances=self.find(image), detector=self.name)

    def saved(self):
        return {"smallest": str(self.smallest), "largest": str(self.largest), "level": self.level}

    def save(self, folder):
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} holds something")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dark.json").write_text(json.dumps(self.saved()))

    @classmethod
    def load(cls, folder):
        try:
            return cls(**json.loads((folder / "dark.json").read_text()))
        except OSError as error:
            raise DetectorError(f"{folder} holds no detector") from error


class Right(DetectorSuite):
    cls = Dark
    is_registered = False
    smallest_option = "smallest"

    def scenes(self):
        return [disc_scene(1, shape=(112, 96)), disc_scene(2, shape=(104, 104))]


class IgnoresPixelSize(Dark):
    def diameters_nm(self, areas, image):
        return np.sqrt(4 * areas / np.pi)


class TenfoldPixelSize(Dark):
    def pixel_nm(self, image):
        return 10 * super().pixel_nm(image)


class RadiusForDiameter(Dark):
    def diameters_nm(self, areas, image):
        return super().diameters_nm(areas, image) / 2


class SeedsAll(Dark):
    def find(self, image):
        np.random.seed(0)  # noqa: NPY002 - the fault that is to be caught
        return super().find(image)


class ScoresByHash(Dark):
    def find(self, image):
        found = super().find(image)
        return attrs.evolve(found, scores=np.full(len(found), abs(hash(image.name)) % 1000 / 1000))


class SwapsOnSquares(Dark):
    def patches(self, image):
        found = super().patches(image)
        return found.T if found.shape[0] == found.shape[1] else found


class WritesIntoPixels(Dark):
    def pixels(self, image):
        array = image.source.read()
        array.setflags(write=True)
        array -= array.min()
        return array.astype(float)


class NeedsToWrite(Dark):
    def pixels(self, image):
        array = image.pixels
        array -= array.min()
        return array.astype(float)


class ReadsAllFirst(Dark):
    def predict(self, images):
        yield from super().predict(list(images))


class Noisy(Dark):
    def find(self, image):
        found = super().find(image)
        drawn = np.random.default_rng(next(CALLS)).random(len(found))
        return found.take(np.flatnonzero(drawn >= 0.02))


class ForgetsOptions(Dark):
    def saved(self):
        return {"smallest": str(self.smallest), "largest": str(self.largest)}


class KeepsForty(Dark):
    def find(self, image):
        found = super().find(image)
        return found.take(range(min(len(found), 40)))


@attrs.frozen(kw_only=True)
class HoldsALock(Dark):
    lock: Any = attrs.field(factory=threading.Lock, eq=False)


class FindsNothing(Dark):
    def find(self, image):
        return Instances.empty(image.shape, ("defect",))


class Wide(Dark):
    """Masks of twice the diameter."""

    def patches(self, image):
        found = super().patches(image)
        return ndimage.grey_dilation(found, footprint=np.hypot(*np.ogrid[-15:16, -15:16]) <= 15)


class EightBitOnly(Dark):
    def patches(self, image):
        pixels = self.pixels(image)
        return ndimage.label(ndimage.binary_opening(ndimage.binary_fill_holes(pixels < 115), iterations=2))[0]


class Prints(Dark):
    def find(self, image):
        print(image.name)
        return super().find(image)


class Unlicensed(Dark):
    def card(self):
        return attrs.evolve(super().card(), license=" ")


class Terse(Dark):
    def card(self):
        return attrs.evolve(super().card(), settings={})


class Overconfident(Dark):
    def find(self, image):
        found = super().find(image)
        return attrs.evolve(found, scores=np.full(len(found), 2.0))


class Impatient(Dark):
    def predict(self, images):
        yield Prediction(image="x", instances=Instances.empty((1, 1)), detector=self.name)


class ByPlace(Dark):
    def predict(self, images):
        for k, found in enumerate(super().predict(images)):
            scores = np.full(len(found.instances), 1 / (k + 2))
            yield attrs.evolve(found, instances=attrs.evolve(found.instances, scores=scores))


class OnlyBytes(Dark):
    def pixels(self, image):
        if image.dtype not in (np.uint8, np.uint16):
            raise TypeError("whole numbers only")
        return super().pixels(image)


class Windowed(Dark):
    def find(self, image):
        np.lib.stride_tricks.sliding_window_view(image.pixels, (8, 8))
        return super().find(image)


class Always(Dark):
    def find(self, image):
        if np.ptp(image.pixels):
            return super().find(image)
        whole = np.ones((1, *image.shape), bool)
        return Instances.from_masks(whole, types=["defect"], shape=image.shape, scores=[1.0])


class Assuming(Dark):
    def pixel_nm(self, image):
        return image.calibration.pixel_size_nm[0]


class Dated(Dark):
    times = count()

    def save(self, folder):
        super().save(folder)
        (folder / "date.txt").write_text(str(next(self.times)))


class Overwrites(Dark):
    def save(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "dark.json").write_text(json.dumps(self.saved()))


class Halves(Dark):
    @classmethod
    def load(cls, folder):
        found = super().load(folder)
        return attrs.evolve(found, level=0.25 if found.level == 0.5 else found.level)


class Blithe(Dark):
    @classmethod
    def load(cls, folder):
        return super().load(folder) if (folder / "dark.json").is_file() else cls()


class Stubborn(Dark):
    def fit(self, training, validation=None):
        return self


MUTANTS = [
    mutant(Right, IgnoresPixelSize, "takes pixels for nm", "finer_pixels_change_nothing"),
    mutant(Right, TenfoldPixelSize, "misreads the pixel size tenfold", "what_is_there_is_found"),
    mutant(
        Right, RadiusForDiameter, "takes the smallest diameter for a radius", "nothing_smaller_than_asked_for_is_found"
    ),
    mutant(Right, Wide, "outlines twice the diameter", "what_is_there_is_found"),
    mutant(Right, SeedsAll, "seeds the generator of all", "global_chance_is_left_alone"),
    mutant(Right, ScoresByHash, "scores by Python's hash", "another_process_says_the_same"),
    mutant(Right, SwapsOnSquares, "swaps row and column of square images", "what_is_there_is_found"),
    mutant(Right, WritesIntoPixels, "writes into the pixels", "what_it_is_given_is_left_as_it_is"),
    mutant(Right, NeedsToWrite, "needs pixels to write into", "pixels_are_left_as_they_are", "read-only"),
    mutant(Right, ReadsAllFirst, "reads all images before it answers", "images_are_drawn_as_they_are_needed"),
    mutant(Right, Noisy, "drops 2 % by chance", "the_same_image_gives_the_same_prediction"),
    mutant(Right, ForgetsOptions, "forgets an option on saving", "every_option_is_saved"),
    mutant(Right, KeepsForty, "keeps forty and says nothing", "a_crowd_is_found_like_its_parts"),
    mutant(Right, HoldsALock, "cannot be pickled", "it_can_be_pickled"),
    mutant(Right, FindsNothing, "finds nothing at all", "what_is_there_is_found"),
    mutant(Right, EightBitOnly, "knows gray values of 8 bit only", "16_bit_is_read_like_8_bit"),
    mutant(Right, Prints, "prints", "nothing_is_printed"),
    mutant(Right, Unlicensed, "has no licence", "the_card_is_complete", "the card has no licence"),
    mutant(
        Right,
        Terse,
        "leaves its options off the card",
        "the_card_names_every_option",
        "lacks the options level",
        options={"level": 0.4},
    ),
    mutant(Right, Overconfident, "gives scores above 1", "predictions_keep_to_the_interface", "score 2"),
    mutant(Right, Impatient, "answers before it was asked", "no_image_gives_no_prediction", "without drawing an image"),
    mutant(Right, ByPlace, "scores by the place of an image", "images_do_not_influence_each_other", "scores differ"),
    mutant(Right, OnlyBytes, "takes whole numbers only", "any_dtype_is_read", "whole numbers only"),
    mutant(Right, Windowed, "fails on tiny images", "a_tiny_image_is_no_fault_of_the_program", "it failed: .*window"),
    mutant(Right, Always, "finds something in nothing", "a_flat_image_holds_nothing", "without contrast"),
    mutant(
        Right,
        Assuming,
        "takes it that there is a pixel size",
        "a_missing_pixel_size_is_said_or_not_needed",
        "pixel_size_nm",
    ),
    mutant(Right, Halves, "loads another level", "what_is_saved_comes_back", "the card is another one"),
    mutant(Right, Dated, "saves the date", "saving_twice_writes_the_same_files", "other files"),
    mutant(Right, Overwrites, "saves over what is there", "saving_does_not_overwrite", "DID NOT RAISE"),
    mutant(Right, Blithe, "loads an empty folder", "a_folder_without_a_detector_is_refused", "DID NOT RAISE"),
    mutant(
        Right,
        Stubborn,
        "says that it learns, and does not",
        "fitting_gives_a_new_detector_or_says_that_it_cannot",
        "DID NOT RAISE",
    ),
    *shared_mutants(Right, "blob"),
]
