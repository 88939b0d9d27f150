from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from defectkit_jacobs2022.artifact import Outcome, Roles
from defectkit_jacobs2022.published import published_tables

from defectkit.records import Split
from defectkit.splitters import Relation
from defectkit.studies import DetectorChoice, SplitChoice, Study, StudyData, run_study, study_predictions
from defectkit.testing.synthetic import synthetic_dataset

KEY = "truth@1"
OPTIONS = {"scales_nm": [1.0, 3.0], "samples_per_class": 60, "threshold": 0.5, "n_trees": 5}
FOREST = DetectorChoice(
    detector="pixel-forest", label="five trees", options=OPTIONS | {"min_score": 0.0, "pixel_size": "1 nm/px"}
)


def _forest(label: str, **options: object) -> DetectorChoice:
    return attrs.evolve(FOREST, label=label, options={**FOREST.options, **options})


def _data() -> StudyData:
    """Eight images with all types and three with black dots only, of two pixel sizes."""
    shared: dict[str, Any] = {"shape": (96, 96), "n_lines": 0}
    images, labels = synthetic_dataset(
        11, 8, pixel_size="1 nm/px", counts={"bdot": 6, "loop_111": 4, "loop_100": 2}, **shared
    )
    dots, dot_labels = synthetic_dataset(12, 3, prefix="dots", pixel_size="0.8 nm/px", counts={"bdot": 5}, **shared)
    every = images | dots
    truth = attrs.evolve(labels, instances=dict(labels.instances) | dict(dot_labels.instances))
    names = list(every)
    sides = {
        "initial": (names[4:10], [*names[:4], names[10]]),
        "random 1": (names[:6], names[6:]),
        "random 2": ([*names[:2], *names[7:]], names[2:7]),
        "leave out prefix dots, trained on truth@1": (names[:8], names[8:]),
        "leave out prefix synthetic, trained on truth@1": (names[8:], names[:8]),
        "leave out 25 %, run 1": (names[:8], names[8:]),
        "leave out 25 %, run 2": (names[3:], names[:3]),
        "leave out 75 %, run 1": (names[:3], names[3:]),
        "leave out 75 %, run 2": (names[8:], names[:8]),
        "curve, 2 images": (names[4:6], [*names[:4], names[10]]),
        "curve, 4 images": (names[4:8], [*names[:4], names[10]]),
    }
    splits = {
        name: Split(name=name, train=train, test=test, train_labels=KEY, test_labels=KEY)
        for name, (train, test) in sides.items()
    }
    return StudyData(name="tiny", images=every, label_sets={KEY: truth}, named_splits=splits)


def _choice(label: str, names: Iterable[str]) -> SplitChoice:
    return SplitChoice(named=tuple(names), label=label, accepted=tuple(Relation))


@pytest.fixture(scope="session")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Every study that a figure needs, run for real on eleven images."""
    folder = tmp_path_factory.mktemp("study")
    data = _data()
    names = list(data.named_splits)
    choices = {
        "initial": (_choice("initial", ["initial"]),),
        "random-cv": (_choice("random", ["initial", "random 1", "random 2"]),),
        "groups": (_choice("groups", [n for n in names if "trained on" in n]),),
        "leave-percent-out": tuple(
            _choice(label, [n for n in names if n.startswith(label)]) for label in ("leave out 25 %", "leave out 75 %")
        ),
        "learning-curve": (_choice("curve", [*(n for n in names if n.startswith("curve")), "initial"]),),
        "hyperparameters": (_choice("initial", ["initial"]),),
    }
    detectors = {"hyperparameters": (_forest("one tree", n_trees=1), FOREST, _forest("strict", threshold=0.8))}
    results = {
        name: run_study(
            Study(
                name=name, splits=splits, detectors=detectors.get(name, (FOREST,)), conventions=("jacobs2022",),
                min_score=0.1,
            ),
            data,
            folder,
        )
        for name, splits in choices.items()
    }  # fmt: skip
    return Outcome(
        data=data,
        roles=Roles(first=KEY, second=KEY, expanded=KEY),
        results=results,
        predictions=lambda study, run: study_predictions(folder, results[study], run),
        published=published_tables(),
        is_original=False,
        provenance=(
            "tiny: eleven synthetic images",
            "labels truth@1",
            "pixel-forest, five trees, convention jacobs2022",
        ),
    )
