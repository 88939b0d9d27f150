"""DetectorSuite: what every detector must do, as tests to inherit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import Detector, TrainingSet, detect
from defectkit.detectors.card import ModelCard
from defectkit.errors import DefectkitError, DetectionCapWarning, DetectorError, MissingCalibrationError, OutputError
from defectkit.records import Image, Instances, Prediction, from_json, to_json
from defectkit.testing.scenes import training_set
from defectkit.testing.suite import Suite, assert_same_instances
from defectkit.testing.synthetic.micrograph import synthetic_micrograph


class DetectorSuite(Suite[Detector]):
    """What every detector must do.

    Attributes
    ----------
    cls : type
        The detector under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    score_tolerance : float
        How far the scores of one image may differ from run to run.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.detectors.blob import Blob
    >>> class TestBlob(DetectorSuite):
    ...     cls = Blob
    """

    kind: ClassVar[str] = "detector"
    score_tolerance: ClassVar[float] = 1e-6

    def scenes(self) -> Sequence[tuple[Image, Instances]]:
        """Return calibrated images and what is in them; override it for a detector of other things."""
        counts = {"bdot": 6, "loop_111": 3}
        return [
            synthetic_micrograph(
                seed, name=f"scene-{seed}", shape=(160, 128), pixel_size=self.pixel_size(), counts=counts, n_lines=0
            )
            for seed in (1, 2)
        ]

    def pixel_size(self) -> str:
        """Return the pixel size of the scenes: one that the capability covers."""
        limits = self.make().capability.pixel_size_range
        return "0.478516 nm/px" if limits is None else str((limits[0] + limits[1]) / 2)

    def images(self) -> list[Image]:
        """Return the images of the scenes."""
        return [image for image, _ in self.scenes()]

    def training(self) -> TrainingSet:
        """Return a small set to learn from, labelled with the detector's own types where it names them."""
        return training_set(self.scenes())

    def predict(self, detector: Detector, images: Sequence[Image]) -> list[Prediction]:
        """Run a detector as the workflows do: every prediction is checked against the interface."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DetectionCapWarning)
            return list(detect(detector, images))

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

    def test_no_image_gives_no_prediction(self) -> None:
        """An empty folder is worked through without an error."""
        assert self.predict(self.make(), []) == [], "there is a prediction without an image"

    def test_the_same_image_gives_the_same_prediction(self) -> None:
        """Two runs over the same images agree."""
        images = self.images()
        for first, again in zip(self.predict(self.make(), images), self.predict(self.make(), images), strict=True):
            self.assert_same(again, first, "a second run")

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
