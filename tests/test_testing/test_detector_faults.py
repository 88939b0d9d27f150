from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.errors import DetectorError, OutputError
from defectkit.records import Instances, Prediction
from defectkit.testing import DetectorSuite


class NoSubclass:
    name = "good"
    description = "Splits well."


@attrs.frozen(kw_only=True)
class Darkest(Detector):
    """The darkest pixel of an image with contrast is a defect."""

    name = "darkest"
    description = "The darkest pixel."

    score: float = 1.0

    @property
    def capability(self):
        return Capability(types=("defect",), max_detections=5)

    def card(self):
        return ModelCard(
            name=self.name,
            version="1",
            description="x",
            types=("defect",),
            license="MIT",
            settings={"score": self.score},
        )

    def find(self, image):
        pixels = np.asarray(image.pixels)
        mask = np.zeros(image.shape, bool)
        if np.ptp(pixels) == 0:
            return Instances.empty(image.shape, ("defect",))
        mask.flat[np.argmin(pixels)] = True
        return Instances.from_masks([mask], types=["defect"], shape=image.shape, scores=[self.score])

    def predict(self, images):
        for image in images:
            yield Prediction(image=image.name, instances=self.find(image), detector=self.name)

    def save(self, folder):

        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError("it holds something")
        folder.mkdir(exist_ok=True)
        (folder / "score.txt").write_text(str(self.score))

    @classmethod
    def load(cls, folder):
        try:
            return cls(score=float((folder / "score.txt").read_text()))
        except OSError as error:
            raise DetectorError("no detector") from error


def finding(rule: Callable[[Any], Instances]) -> type[Detector]:
    """A detector that finds what a rule says."""

    class Ruled(Darkest):
        def find(self, image):
            return rule(image)

    return Ruled


def darkest(image: Any) -> Instances:
    return Darkest().find(image)


def drifting() -> type[Detector]:
    calls = count(1)

    class Drifting(Darkest):
        def find(self, image):
            return attrs.evolve(darkest(image), scores=np.array([1 / next(calls)]))

    return Drifting


class ByPlace(Darkest):
    def predict(self, images):
        for k, image in enumerate(images):
            found = darkest(image)
            yield Prediction(
                image=image.name,
                instances=attrs.evolve(found, scores=np.full(len(found), 1 / (k + 2))),
                detector=self.name,
            )


class Stubborn(Darkest):
    def fit(self, training, validation=None):
        return self


class Impatient(Darkest):
    def predict(self, images):
        yield Prediction(image="x", instances=Instances.empty((1, 1)), detector=self.name)


def writing(image: Any) -> Instances:
    image.pixels[0, 0] += 1
    return darkest(image)


def eight_bit(image: Any) -> Instances:
    if image.dtype != np.uint8:
        raise TypeError("8 bit only")
    return darkest(image)


def windowed(image: Any) -> Instances:
    np.lib.stride_tricks.sliding_window_view(image.pixels, (8, 8))
    return darkest(image)


def always(image: Any) -> Instances:
    mask = np.ones(image.shape, bool)
    return Instances.from_masks([mask], types=["defect"], shape=image.shape, scores=[1.0])


def scaled(image: Any) -> Instances:
    assert image.calibration.pixel_size_nm
    return darkest(image)


class Forgetful(Darkest):
    def save(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "score.txt").write_text("0.5")


class Dated(Darkest):
    times = count()

    def save(self, folder):
        super().save(folder)
        (folder / "date.txt").write_text(str(next(self.times)))


class Blithe(Darkest):
    @classmethod
    def load(cls, folder):
        return cls()


class Unlicensed(Darkest):
    def card(self):
        return attrs.evolve(super().card(), license=" ")


class Terse(Darkest):
    def card(self):
        return attrs.evolve(super().card(), settings={})


class DetectsWell(DetectorSuite):
    cls = Darkest
    options: ClassVar = {"score": 0.75}
    is_registered = False


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of Detector"),
    "test_its_name_is_one_word": (type("Spaced", (Darkest,), {"name": None}), "name is None"),
    "test_its_description_is_one_line": (type("Mute", (Darkest,), {"description": ""}), "description is empty"),
    "test_it_is_found_by_its_name": (type("Shadow", (Darkest,), {"name": "blob"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (
        type("Needy", (Darkest,), {"__init__": lambda self, threshold: None}),
        "threshold is positional",
    ),
    "test_the_card_is_complete": (Unlicensed, "the card has no licence"),
    "test_the_card_names_every_option": (Terse, "the card lacks the options score"),
    "test_predictions_keep_to_the_interface": (
        finding(lambda i: attrs.evolve(darkest(i), scores=np.array([2.0]))),
        r"the score 2 does not lie between 0 and 1",
    ),
    "test_no_image_gives_no_prediction": (Impatient, "without drawing an image"),
    "test_the_same_image_gives_the_same_prediction": (drifting(), "the scores differ"),
    "test_images_do_not_influence_each_other": (ByPlace, "the scores differ"),
    "test_pixels_are_left_as_they_are": (finding(writing), "read-only"),
    "test_any_dtype_is_read": (finding(eight_bit), "8 bit only"),
    "test_a_tiny_image_is_no_fault_of_the_program": (finding(windowed), "it failed: .*window"),
    "test_a_flat_image_holds_nothing": (finding(always), "1 defects in an image without contrast"),
    "test_a_missing_pixel_size_is_said_or_not_needed": (finding(scaled), "pixel_size_nm"),
    "test_what_is_saved_comes_back": (Forgetful, "the card is another one"),
    "test_saving_twice_writes_the_same_files": (Dated, "the second time it wrote other files"),
    "test_saving_does_not_overwrite": (Forgetful, "DID NOT RAISE"),
    "test_a_folder_without_a_detector_is_refused": (Blithe, "DID NOT RAISE"),
    "test_fitting_gives_a_new_detector_or_says_that_it_cannot": (Stubborn, "DID NOT RAISE"),
}


@pytest.mark.parametrize("test", [name for name in dir(DetectsWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (DetectsWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(DetectsWell(), test)
