"""Detectors that learn: a right one, and wrong ones."""

from __future__ import annotations

import json
from itertools import count
from typing import ClassVar

import attrs
import numpy as np
from scipy import ndimage

from defectkit.detectors import TrainableDetector, Trained
from defectkit.detectors.model_folder import read_card, read_saved
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Instances
from defectkit.testing import TrainableDetectorSuite
from tests.laws.mutant import mutant


@attrs.frozen(kw_only=True)
class Learned:
    """How dark a defect is, and the score of all."""

    level: float
    score: float


@attrs.frozen(kw_only=True, eq=False)
class Learner(TrainableDetector[Learned]):
    """Patches darker than halfway between labelled pixels and the others."""

    name = "learner"
    description = "Dark patches."
    version = "1"

    factor: float = 0.5

    def learn(self, training, validation):
        inside, outside = [], []
        for image, labels in training:
            mask = np.any([defect.mask() for defect in labels], axis=0)
            pixels = np.asarray(image.pixels, np.float64)
            inside.append(pixels[mask] / np.median(pixels))
            outside.append(pixels[~mask] / np.median(pixels))
        level = (np.median(np.concatenate(inside)) + np.median(np.concatenate(outside))) / 2
        return Learned(level=float(level), score=self.factor / training.n_defects)

    def find(self, model, image):
        pixels = np.asarray(image.pixels, np.float64)
        dark = pixels < model.level * np.median(pixels)
        patches = ndimage.label(ndimage.binary_opening(ndimage.binary_fill_holes(dark), iterations=2))[0]
        runs, _ = label_image_to_runs(patches)
        n = len(runs)
        return Instances.from_runs(
            runs, types=["bdot"] * n, shape=image.shape, known_types=("bdot",), scores=np.full(n, model.score)
        )

    def write(self, model, folder):
        (folder / "model.json").write_text(json.dumps(attrs.asdict(model)))

    def read(self, folder):
        return Learned(**json.loads((folder / "model.json").read_text()))


class Right(TrainableDetectorSuite):
    cls = Learner
    options: ClassVar = {"factor": 0.75}
    is_registered = False
    exceptions: ClassVar = {"16_bit_is_read_like_8_bit": "it knows gray values by their ratio to the median"}


class Untrainable(Learner):
    @property
    def capability(self):
        return attrs.evolve(super().capability, is_trainable=False)


class Eager(Learner):
    def required(self):
        return self.trained or self.fit(Right().training()).trained


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
    def fit(self, training, validation=None):
        if training.n_defects:
            return super().fit(training, validation)
        return self


class Drifting(Learner):
    calls = count(1)

    def learn(self, training, validation):
        return attrs.evolve(super().learn(training, validation), score=1 / next(self.calls))


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
        return super().read(folder) if path.is_file() else Right().make().required().model


class Whole(Learner):
    def find(self, model, image):
        found = super().find(model, image)
        if image.shape in ((128, 112), (120, 120)) or len(found) == 0:
            return found
        return attrs.evolve(found, scores=np.full(len(found), 2.0))


class Changing(Learner):
    def fit(self, training, validation=None):
        return attrs.evolve(super().fit(training, validation), factor=0.9)


MUTANTS = [
    mutant(Right, Terse, "leaves its options off the card", "the_card_names_every_option", "lacks the options factor"),
    mutant(
        Right,
        Untrainable,
        "does not say that it can be trained",
        "it_is_trainable_and_says_so",
        "does not say that it can be trained",
    ),
    mutant(Right, Eager, "predicts untrained", "an_untrained_one_does_not_predict", "the capability names defect"),
    mutant(
        Right,
        Halving,
        "saves half of its option",
        "an_untrained_one_is_saved_with_its_options",
        "other options came back",
    ),
    mutant(Right, Silent, "does not say what it learned", "its_card_says_what_it_learned", "other numbers"),
    mutant(Right, Content, "learns from nothing", "nothing_to_learn_from_is_said", "DID NOT RAISE"),
    mutant(Right, Drifting, "learns otherwise each time", "the_same_training_gives_the_same_detector", "scores differ"),
    mutant(Right, Trusting, "loads without a self-test", "a_saved_model_tests_itself", "DID NOT RAISE"),
    mutant(Right, Greedy, "loads the folder of another", "a_folder_of_another_detector_is_named", "DID NOT RAISE"),
    mutant(Right, Careless, "loads without its model", "files_of_the_model_that_are_gone_are_missed", "DID NOT RAISE"),
    mutant(Right, Whole, "fails in tiles", "it_works_in_tiles", "score"),
    mutant(Right, Changing, "changes its option by training", "training_leaves_the_detector_as_it_was", "an option"),
]
