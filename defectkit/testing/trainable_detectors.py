"""TrainableDetectorSuite: what every detector that learns must do, beside what every detector must."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import Tiled, TrainableDetector, TrainingSet
from defectkit.detectors.model_folder import OPTIONS, README, TEST_IMAGE, TEST_INSTANCES
from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json
from defectkit.records import Instances, LabelSet, to_json
from defectkit.testing.detectors import DetectorSuite

_TRAINED: dict[tuple[type, str], TrainableDetector[Any]] = {}
"""By suite and options, what was trained: once for all laws."""


class TrainableDetectorSuite(DetectorSuite):
    """What every subclass of :class:`~defectkit.detectors.TrainableDetector` must do.

    The tests of :class:`DetectorSuite` run on a detector that was trained on the scenes with the ``options``: choose
    options that make it short.

    Attributes
    ----------
    optional_files : tuple of str
        Those of a saved detector without which it can be loaded.

    Examples
    --------
    >>> from defectkit.detectors.pixel_forest import PixelForest
    >>> class TestPixelForest(TrainableDetectorSuite):
    ...     cls = PixelForest
    ...     options = {"n_trees": 5, "samples_per_class": 200}
    """

    optional_files: ClassVar[tuple[str, ...]] = (README, TEST_IMAGE)

    def untrained(self) -> TrainableDetector[Any]:
        """Return an object of the class under test, with the options of the suite."""
        made: TrainableDetector[Any] = self.cls(**self.options)
        return made

    def make(self) -> TrainableDetector[Any]:
        """Return the object that was trained on :meth:`training`; it is trained once for all tests of a class."""
        key = (type(self), repr(sorted(self.options.items())))
        if key not in _TRAINED:
            _TRAINED[key] = self.untrained().fit(self.training(), self.training())
        return _TRAINED[key]

    def pixel_size(self) -> str:
        """Return the pixel size of the scenes that it is trained on."""
        return "1 nm/px"

    def test_the_card_names_every_option(self) -> None:
        """Each option is among the settings of the card, but for those that say where it runs."""
        options = set(self.options) & set(self.untrained().options())
        missing = options - set(self.make().card().settings)
        assert not missing, f"the card lacks the options {', '.join(sorted(missing))}"

    def test_it_is_trainable_and_says_so(self) -> None:
        """It fulfils the template, and its capability says so before and after a training."""
        assert issubclass(self.cls, TrainableDetector), f"{self.cls.__qualname__} is no TrainableDetector"
        for detector in (self.untrained(), self.make()):
            assert detector.capability.is_trainable, "the capability does not say that it can be trained"

    def test_an_untrained_one_does_not_predict(self) -> None:
        """Before a training, prediction raises DetectorError."""
        with pytest.raises(DetectorError, match="not trained"):
            self.predict(self.untrained(), self.images())

    def test_an_untrained_one_is_saved_with_its_options(self, tmp_path: Path) -> None:
        """Options come back without a model, and the constructor takes what was saved."""
        detector = self.untrained()
        detector.save(tmp_path / "model")
        loaded = self.cls.load(tmp_path / "model")
        assert loaded.trained is None, "a model came out of a folder without one"
        assert loaded.options() == detector.options(), "other options came back"

    def test_its_card_says_what_it_learned(self) -> None:
        """The card has the training set by digest, what was found in the validation images, and the settings."""
        training, card = self.training(), self.make().card()
        (data,) = card.trained_on
        assert (data.n_images, data.n_defects) == (len(training), training.n_defects), "other numbers are on the card"
        assert data.images_digest, "the images have no digest on the card"
        assert set(training.types) <= set(card.types), "a type of the training set is not on the card"
        assert any(metric.name == "find_f1_score" for metric in card.metrics), "no F1 score of the validation images"
        assert set(self.untrained().settings()) <= set(card.settings), "an option is not on the card"

    def test_nothing_to_learn_from_is_said(self) -> None:
        """Images without a labelled defect raise DetectorError."""
        images = {image.name: image for image in self.images()}
        empty = LabelSet(name="none", instances={n: Instances.empty(i.shape) for n, i in images.items()})
        with pytest.raises(DetectorError):
            self.untrained().fit(TrainingSet(images=images, labels=empty))

    def test_the_same_training_gives_the_same_detector(self) -> None:
        """The seed among the options decides: nothing else is drawn."""
        images = self.images()
        again = self.untrained().fit(self.training(), self.training())
        for first, second in zip(self.predict(self.make(), images), self.predict(again, images), strict=True):
            self.assert_same(second, first, f"image {first.image!r} after the same training")

    def test_a_saved_model_tests_itself(self, tmp_path: Path) -> None:
        """A model that finds something else than it did when it was saved is refused."""
        self.make().save(tmp_path / "model")
        path = tmp_path / "model" / TEST_INSTANCES
        test = self.make().required().self_test
        assert test is not None, "it has no self-test"
        found = test.expected
        whole = np.ones((1, *found.shape), bool)
        everything = Instances.from_masks(whole, types=[self.make().card().types[0]], shape=found.shape)
        other = Instances.empty(found.shape) if len(found) else everything
        path.write_text(to_json(other))
        with pytest.raises(DetectorError, match="self-test"):
            self.cls.load(tmp_path / "model")

    def test_a_folder_of_another_detector_is_named(self, tmp_path: Path) -> None:
        """The message names the detector that the folder belongs to."""
        self.make().save(tmp_path / "model")
        path = tmp_path / "model" / OPTIONS
        path.write_text(json.dumps(read_json(path) | {"detector": "somebody-else"}))
        with pytest.raises(DetectorError, match="somebody-else"):
            self.cls.load(tmp_path / "model")

    def test_files_of_the_model_that_are_gone_are_missed(self, tmp_path: Path) -> None:
        """Without one of the files that it wrote, a model is not loaded."""
        self.make().save(tmp_path / "whole")
        own = sorted(path.name for path in (tmp_path / "whole").iterdir())
        for name in own:
            if name not in self.optional_files:
                self.make().save(tmp_path / name)
                (tmp_path / name / name).unlink()
                with pytest.raises(DetectorError):
                    self.cls.load(tmp_path / name)

    def test_it_works_in_tiles(self) -> None:
        """Shown a larger image in tiles, it keeps to the interface."""
        tiled = Tiled(detector=self.make(), tile=100, overlap=40)
        for prediction, image in zip(self.predict(tiled, self.images()), self.images(), strict=True):
            assert prediction.instances.shape == image.shape, f"the shape is {prediction.instances.shape}"

    def test_training_leaves_the_detector_as_it_was(self) -> None:
        """Options are the same before and after a training."""
        assert attrs.evolve(self.make(), trained=None).options() == self.untrained().options(), "an option changed"
