from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import TrainableDetector, Trained
from defectkit.detectors.blob import Blob
from defectkit.detectors.model_folder import read_card, read_saved
from defectkit.records import Instances
from defectkit.testing import TrainableDetectorSuite


@attrs.frozen(kw_only=True, eq=False)
class Learner(TrainableDetector[float]):
    """Scores the darkest pixel of an image by the number of defects that it learned from."""

    name = "learner"
    description = "The darkest pixel."
    version = "1"

    factor: float = 0.5

    def learn(self, training, validation):
        return self.factor / training.n_defects

    def find(self, model, image):
        pixels = np.asarray(image.pixels)
        mask = np.zeros(image.shape, bool)
        if np.ptp(pixels) == 0:
            return Instances.empty(image.shape, ("bdot",))
        mask.flat[np.argmin(pixels)] = True
        return Instances.from_masks([mask], types=["bdot"], shape=image.shape, scores=[model])

    def write(self, model, folder):
        (folder / "model.json").write_text(json.dumps(model))

    def read(self, folder):
        return float(json.loads((folder / "model.json").read_text()))


class Untrainable(Learner):
    @property
    def capability(self):
        return attrs.evolve(super().capability, is_trainable=False)


class Eager(Learner):
    def required(self):
        return self.trained or self.fit(LearnsWell().training()).trained


class Halving(Learner):
    def options(self):
        return super().options() | {"factor": self.factor / 2}


class Silent(Learner):
    def complete_card(self, card, model):
        return attrs.evolve(card, trained_on=(attrs.evolve(card.trained_on[0], n_images=1),))


class Terse(Learner):
    def complete_card(self, card, model):
        return attrs.evolve(card, settings={})


class Content(Learner):
    def learn(self, training, validation):
        return 0.5

    def fit(self, training, validation=None):
        if training.n_defects:
            return super().fit(training, validation)
        return self


class Drifting(Learner):
    calls = count(1)

    def learn(self, training, validation):
        return 1 / next(self.calls)


class Trusting(Learner):
    @classmethod
    def load(cls, folder):
        saved = read_saved(folder, cls.name)
        made = cls(**saved.options)
        return made if not saved.is_trained else made.untested(folder)

    def untested(self, folder):
        return attrs.evolve(self, trained=Trained(model=self.read(folder), card=read_card(folder)))


class Greedy(Trusting):
    @classmethod
    def load(cls, folder):
        saved = json.loads((folder / "detector.json").read_text())
        made = cls(**saved["options"])
        return made if not saved["is_trained"] else made.untested(folder)


class Careless(Learner):
    def read(self, folder):
        path = folder / "model.json"
        return float(json.loads(path.read_text())) if path.is_file() else 0.5 / 18


class Whole(Learner):
    def find(self, model, image):
        found = super().find(model, image)
        return found if image.shape == (160, 128) or not len(found) else attrs.evolve(found, scores=np.array([2.0]))


class Changing(Learner):
    def fit(self, training, validation=None):
        return attrs.evolve(super().fit(training, validation), factor=0.9)


class LearnsWell(TrainableDetectorSuite):
    cls = Learner
    options: ClassVar = {"factor": 0.75}
    is_registered = False


OWN = sorted(name for name in vars(TrainableDetectorSuite) if name.startswith("test_"))
FAULTS: dict[str, tuple[type, str]] = {
    "test_the_card_names_every_option": (Terse, "the card lacks the options factor"),
    "test_it_is_trainable_and_says_so": (Untrainable, "does not say that it can be trained"),
    "test_an_untrained_one_does_not_predict": (Eager, "the capability names defect"),
    "test_an_untrained_one_is_saved_with_its_options": (Halving, "other options came back"),
    "test_its_card_says_what_it_learned": (Silent, "other numbers are on the card"),
    "test_nothing_to_learn_from_is_said": (Content, "DID NOT RAISE"),
    "test_the_same_training_gives_the_same_detector": (Drifting, "the scores differ"),
    "test_a_saved_model_tests_itself": (Trusting, "DID NOT RAISE"),
    "test_a_folder_of_another_detector_is_named": (Greedy, "DID NOT RAISE"),
    "test_files_of_the_model_that_are_gone_are_missed": (Careless, "DID NOT RAISE"),
    "test_it_works_in_tiles": (Whole, "score"),
    "test_training_leaves_the_detector_as_it_was": (Changing, "an option changed"),
}


@pytest.mark.parametrize("test", OWN)
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (LearnsWell,), {"cls": cls})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", OWN)
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(LearnsWell(), test)


class TestLearner(LearnsWell):
    """It passes the tests of every detector, too."""


def test_what_is_no_trainable_detector_is_told(run_inherited: Callable[[object, str], None]) -> None:
    suite = type("Rules", (LearnsWell,), {"cls": Blob, "options": {}})
    with pytest.raises(AssertionError, match="Blob is no TrainableDetector"):
        run_inherited(suite(), "test_it_is_trainable_and_says_so")
