"""DetectorSuite: what every detector must do, as tests to inherit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import Detector, TrainingSet, detect
from defectkit.detectors.card import ModelCard
from defectkit.detectors.options import MACHINE
from defectkit.errors import DefectkitError, DetectionCapWarning, DetectorError, MissingCalibrationError, OutputError
from defectkit.geometry.overlap import mask_iou
from defectkit.records import Image, Instances, Prediction, from_json, to_json
from defectkit.testing.asked import GivenSuite
from defectkit.testing.magnified import in_finer_pixels, side_by_side
from defectkit.testing.other_options import changed_options
from defectkit.testing.scenes import disc_scene, training_set
from defectkit.testing.suite import assert_same_instances

FINER = 3
"""By how much the pixels of a scene are made finer."""
N_BESIDE = 4
"""How many copies of a scene lie side by side, each way."""
SAME = 0.3
"""The IoU from which a mask is that of a defect of the scene."""


def recall_of(found: Instances, truth: Instances) -> float:
    """Return the share of the defects of a scene that a mask of a found one covers with an IoU of 0.3; 1 of none."""
    if len(truth) == 0:
        return 1.0
    return float((mask_iou(truth.runs, found.runs).max(axis=1, initial=0) >= SAME).mean())


class DetectorSuite(GivenSuite[Detector]):
    """What every detector must do.

    Attributes
    ----------
    cls : type
        The detector under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    score_tolerance : float
        How far the scores of one image may differ from run to run.
    least_recall : float
        The share of what is in the scenes that it finds at least, by masks of an IoU of 0.3.
    smallest_option : str
        The option that is the smallest diameter of a defect, a length; without one its law is not asked.
    images_at_a_time : int
        How many images it draws at most before its first answer.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.detectors.blob import Blob
    >>> class TestBlob(DetectorSuite):
    ...     cls = Blob
    """

    kind: ClassVar[str] = "detector"
    score_tolerance: ClassVar[float] = 1e-6
    least_recall: ClassVar[float] = 0.5
    smallest_option: ClassVar[str] = ""
    images_at_a_time: ClassVar[int] = 8

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        """Return calibrated images, one square and one not, with their defects; override it to find other things."""
        return [
            disc_scene(seed, shape=shape, pixel_size=self.pixel_size())
            for seed, shape in ((1, (128, 112)), (2, (120, 120)))
        ]

    def pixel_size(self) -> str:
        """Return the pixel size of the scenes: 1 nm, or the middle of what the capability covers."""
        capability = self.make().capability
        limits = capability.pixel_size_range
        return "1 nm/px" if limits is None or capability.covers((1.0, 1.0)) else str((limits[0] + limits[1]) / 2)

    def images(self) -> list[Image]:
        """Return the images of the scenes."""
        return [image for image, _ in self.scenes()]

    def training(self) -> TrainingSet:
        """Return a small set to learn from, labelled with the detector's own types where it names them."""
        return training_set(self.scenes())

    def predict(self, detector: Detector, images: Sequence[Image]) -> list[Prediction]:
        """Run a detector as the workflows do: every prediction is checked against the interface."""
        return self.answer(detector, images)

    def question(self) -> list[Image]:
        """Return the images of the scenes."""
        return self.images()

    @staticmethod
    def answer(made: Detector, question: Sequence[Image]) -> list[Prediction]:
        """Return the predictions of images."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DetectionCapWarning)
            return list(detect(made, question))

    def assert_same_answer(self, found: Any, expected: Any, what: str) -> None:
        """Assert that two lists of predictions hold the same defects."""
        for one, other in zip(found, expected, strict=True):
            self.assert_same(one, other, f"{what}, image {other.image!r}")

    def test_the_card_is_complete(self) -> None:
        """The model card has the name and the types of the detector, a version, a licence, and comes back from JSON."""
        detector = self.make()
        card = detector.card()
        assert card.name == self.cls.name, f"the card says {card.name!r}"
        assert card.types == detector.capability.types, "card and capability name different types"
        assert card.pixel_size_range == detector.capability.pixel_size_range, (
            "card and capability differ in pixel sizes"
        )
        assert card.version.strip(), "the card has no version"
        assert card.description.strip(), "the card has no description"
        assert card.license.strip(), "the card has no licence"
        assert from_json(to_json(card), ModelCard) == card, "the card does not come back from JSON"

    def test_the_card_names_every_option(self) -> None:
        """Each option of the constructor is among the settings of the card, so that a result can be repeated."""
        missing = set(self.options) - set(self.make().card().settings)
        assert not missing, f"the card lacks the options {', '.join(sorted(missing))}"

    def test_predictions_keep_to_the_interface(self) -> None:
        """One prediction per image, in order; its shape, scores in [0, 1], types and limit as the capability says."""
        images = self.images()
        predictions = self.predict(self.make(), images)
        assert [p.image for p in predictions] == [i.name for i in images], "the predictions are not in order"
        assert {p.detector for p in predictions} == {self.cls.name}, "a prediction names another detector"

    def test_what_is_there_is_found(self) -> None:
        """It finds what the scenes show, where they show it and as large, in images that are square and not."""
        for prediction, (image, truth) in zip(self.predict(self.make(), self.images()), self.scenes(), strict=True):
            recall = recall_of(prediction.instances, truth)
            assert recall >= self.least_recall, (
                f"{image.name} of {image.shape}: {recall:.0%} of {len(truth)} defects are found by masks of IoU 0.3, "
                f"but {self.least_recall:.0%} are to be"
            )

    def test_finer_pixels_change_nothing(self) -> None:
        """The same field in pixels of a third of the size shows as many defects, of the same sizes in nm."""
        image = self.images()[0]
        finer = in_finer_pixels(image, FINER)
        capability = self.make().capability
        if not capability.covers(finer.required_calibration().pixel_size_nm):
            pytest.skip("its capability says that it was not made for pixels that fine")
        coarse, fine = (self.predict(self.make(), [each])[0].instances for each in (image, finer))
        n_coarse, n_fine = len(coarse), len(fine)
        assert abs(n_fine - n_coarse) <= max(1, 0.25 * n_coarse), f"{n_fine} defects in finer pixels, not {n_coarse}"
        if n_coarse and n_fine:
            ratio = np.median(np.sqrt(fine.areas)) / np.median(np.sqrt(coarse.areas)) / FINER
            assert abs(ratio - 1) <= 0.15, f"in finer pixels their median size is {ratio:.2f} times as large"

    def test_a_crowd_is_found_like_its_parts(self) -> None:
        """Sixteen copies of an image, side by side, show sixteen times as many defects, or ``capped`` is set."""
        image = self.images()[0]
        crowd = side_by_side(image, N_BESIDE)
        (alone,), (together,) = self.predict(self.make(), [image]), self.predict(self.make(), [crowd])
        expected = N_BESIDE**2 * len(alone.instances)
        found = len(together.instances)
        assert together.capped or found >= 0.85 * expected, (
            f"{found} defects, not {expected}, and nothing is said of it"
        )

    def test_nothing_smaller_than_asked_for_is_found(self) -> None:
        """The option of the smallest diameter means nm and the diameter of the circle of the same area."""
        if not self.smallest_option:
            pytest.skip("the suite names no option that is the smallest diameter")
        pixel_nm = self.images()[0].required_calibration().pixel_size_nm[0]
        diameters = np.sqrt(4 / np.pi * np.concatenate([truth.areas for _, truth in self.scenes()])) * pixel_nm
        limit = float(np.median(diameters))
        detector = self.cls(**{**self.options, self.smallest_option: f"{limit!r} nm"})
        found = np.concatenate([p.instances.areas for p in self.predict(detector, self.images())]).astype(np.float64)
        smallest = np.sqrt(4 / np.pi * found.min(initial=np.inf)) * pixel_nm
        assert len(found) > 0, f"with {self.smallest_option} = {limit:.3g} nm nothing is found"
        assert smallest >= 0.8 * limit, (
            f"with {self.smallest_option} = {limit:.3g} nm there is one of {smallest:.3g} nm"
        )

    def test_images_are_drawn_as_they_are_needed(self) -> None:
        """The first answer comes before more than a few images were drawn, so that a folder need not fit in memory."""
        drawn = 0
        image = self.images()[0]

        def many() -> Iterator[Image]:
            nonlocal drawn
            for k in range(4 * self.images_at_a_time):
                drawn += 1
                yield attrs.evolve(image, name=f"image-{k:03}")

        next(iter(self.make().predict(many())))
        assert drawn <= self.images_at_a_time, f"{drawn} images were drawn before the first answer"

    def test_16_bit_is_read_like_8_bit(self) -> None:
        """An image of 8 bit and the same over the full range of 16 bit show the same defects."""
        image = self.images()[0]
        pixels = np.asarray(image.pixels, np.float64)
        low, high = pixels.min(), pixels.max()
        eight = np.round((pixels - low) / (high - low) * 255).astype(np.uint8)
        answers = [
            self.predict(self.make(), [Image.from_array(image.name, array, calibration=image.calibration)])[0].instances
            for array in (eight, eight.astype(np.uint16) * 257)
        ]
        few, many = sorted(map(len, answers))
        assert many - few <= 0.1 * many, f"{len(answers[1])} defects in 16 bit, {len(answers[0])} in 8 bit"

    def test_every_option_is_saved(self, tmp_path: Path) -> None:
        """A detector with any option of its own comes back from a folder with it."""
        for option, value, detector in changed_options(self.cls, self.options):
            if MACHINE in attrs.fields_dict(self.cls)[option].metadata:
                continue  # it says where a detector runs, which is not saved
            detector.save(tmp_path / option)
            loaded = self.cls.load(tmp_path / option)
            found, expected = loaded.card().settings, detector.card().settings
            assert found == expected, f"{option} = {value!r} is lost: the settings were {expected}, and are {found}"
            assert getattr(loaded, option) == getattr(detector, option), f"{option} = {value!r} is lost"

    def test_no_image_gives_no_prediction(self) -> None:
        """An empty folder is worked through without an error."""
        assert self.predict(self.make(), []) == [], "there is a prediction without an image"

    def test_the_same_image_gives_the_same_prediction(self) -> None:
        """Three runs over an image of many defects agree, to the pixel."""
        crowd = side_by_side(self.images()[0], N_BESIDE)
        (first,) = self.predict(self.make(), [crowd])
        for time in ("second", "third"):
            (again,) = self.predict(self.make(), [crowd])
            self.assert_same(again, first, f"a {time} run")

    def test_images_do_not_influence_each_other(self) -> None:
        """An image gives the same prediction alone as among others."""
        images = self.images()
        for image, among in zip(images, self.predict(self.make(), images), strict=True):
            (alone,) = self.predict(self.make(), [image])
            self.assert_same(alone, among, f"image {image.name!r} alone")

    def test_pixels_are_left_as_they_are(self) -> None:
        """The pixels of an image are not written to; they may even be read-only."""
        image = self.images()[0]
        array = np.array(image.pixels)
        array.flags.writeable = False
        given = Image.from_array(image.name, array, calibration=image.calibration)
        before = array.copy()
        self.predict(self.make(), [given])
        assert np.array_equal(array, before), "the pixels were changed"

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
    def test_any_dtype_is_read(self, dtype: str) -> None:
        """Integers and floats of any width are taken."""
        image = self.images()[0]
        pixels = np.asarray(image.pixels, np.float64)
        span = max(float(np.ptp(pixels)), 1.0)
        scaled = ((pixels - pixels.min()) / span * 200).astype(dtype)
        (prediction,) = self.predict(self.make(), [Image.from_array(image.name, scaled, calibration=image.calibration)])
        assert prediction.instances.shape == image.shape, f"{dtype}: the shape is {prediction.instances.shape}"

    @pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (7, 5)])
    def test_a_tiny_image_is_no_fault_of_the_program(self, shape: tuple[int, int]) -> None:
        """An image of a few pixels gives a prediction or an error of defectkit, never a stray exception."""
        image = Image.from_array("tiny", np.zeros(shape, np.uint8), calibration=self.images()[0].calibration)
        try:
            (prediction,) = self.predict(self.make(), [image])
        except DetectorError as error:
            assert error.__cause__ is None or isinstance(error.__cause__, DefectkitError), f"it failed: {error}"
        else:
            assert prediction.instances.shape == shape, f"the shape is {prediction.instances.shape}"

    @pytest.mark.parametrize("level", [0, 128, 255])
    def test_a_flat_image_holds_nothing(self, level: int) -> None:
        """An image without contrast gives a prediction without a defect."""
        image = self.images()[0]
        flat = np.full(image.shape, level, np.uint8)
        (prediction,) = self.predict(self.make(), [Image.from_array("flat", flat, calibration=image.calibration)])
        assert len(prediction.instances) == 0, f"{len(prediction.instances)} defects in an image without contrast"

    def test_a_missing_pixel_size_is_said_or_not_needed(self) -> None:
        """Without a pixel size there is a prediction, or a MissingCalibrationError."""
        bare = attrs.evolve(self.images()[0], calibration=None)
        try:
            (prediction,) = self.predict(self.make(), [bare])
        except MissingCalibrationError:
            return
        assert prediction.image == bare.name, f"the prediction is for {prediction.image!r}"

    def test_what_is_saved_comes_back(self, tmp_path: Path) -> None:
        """A detector that was saved and loaded says of an image what it said before."""
        detector, images = self.make(), self.images()
        detector.save(tmp_path / "model")
        loaded = self.cls.load(tmp_path / "model")
        assert loaded.capability == detector.capability, "the capability is another one"
        assert loaded.card() == detector.card(), "the card is another one"
        for before, after in zip(self.predict(detector, images), self.predict(loaded, images), strict=True):
            self.assert_same(after, before, f"image {before.image!r} after loading")

    def test_saving_twice_writes_the_same_files(self, tmp_path: Path) -> None:
        """The files of a detector depend on the detector alone: their digest is its fingerprint in results."""
        folders = [tmp_path / "first", tmp_path / "second"]
        for folder in folders:
            self.make().save(folder)
        first, second = (
            {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()} for folder in folders
        )
        assert first, "nothing was written"
        assert first == second, "the second time it wrote other files"

    def test_saving_does_not_overwrite(self, tmp_path: Path) -> None:
        """A folder that holds something is refused."""
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(OutputError):
            self.make().save(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"], "something was written"

    def test_a_folder_without_a_detector_is_refused(self, tmp_path: Path) -> None:
        """Loading from an empty folder raises DetectorError."""
        with pytest.raises(DetectorError):
            self.cls.load(tmp_path)

    def test_fitting_gives_a_new_detector_or_says_that_it_cannot(self) -> None:
        """A trainable detector returns another one that predicts; one that is not raises DetectorError."""
        detector = self.make()
        if not detector.capability.is_trainable:
            with pytest.raises(DetectorError):
                detector.fit(self.training())
            return
        before = self.predict(detector, self.images())
        fitted = detector.fit(self.training(), self.training())
        assert fitted is not detector, "fit changed the detector in place"
        assert fitted.card().trained_on, "the card of a fitted detector does not say what it was trained on"
        self.predict(fitted, self.images())
        for first, again in zip(before, self.predict(detector, self.images()), strict=True):
            self.assert_same(again, first, "the detector that was not fitted")

    def assert_same(self, found: Prediction, expected: Prediction, what: str) -> None:
        """Assert that two predictions hold the same defects."""
        assert_same_instances(found.instances, expected.instances, what=what, score_tolerance=self.score_tolerance)
