"""A tiny real reproduction: studies of a few synthetic micrographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import xarray
from defectkit_jacobs2022.artifact import Outcome, Roles
from defectkit_jacobs2022.published import published_tables

from defectkit.records import Calibration, Image, LabelSet, Prediction, Specimen, Split
from defectkit.studies import (
    DetectorChoice,
    LabelPair,
    SplitChoice,
    Study,
    StudyData,
    label_set_comparison,
    run_study,
    run_to_run,
    select_runs,
    study_predictions,
)
from defectkit.testing.synthetic import Disagreement, second_opinion, synthetic_dataset

ROLES = Roles(first="dataset1@1", second="dataset2@1", expanded="dataset2-expanded@1")
PROVENANCE = ("data set a few synthetic micrographs, 100 % made up", "convention jacobs2022")
INITIAL = "initial split"
GROUP = "alloy B"
FOREST = DetectorChoice(
    detector="pixel-forest",
    options={
        "scales_nm": [1.0, 3.0],
        "n_trees": 4,
        "max_depth": 8,
        "samples_per_class": 60,
        "threshold": 0.5,
        "min_score": 0.0,
    },
)
N_FIRST, N_TEST = 7, 3
UNKNOWN_FOIL = "BF X500K-001"
"""An image of the test side of the initial split whose foil thickness is not known."""


def make_data() -> StudyData:
    """Seven images with the labels of both groups of people, and two more with those of the second."""
    counts = {"bdot": 6, "loop_111": 4, "loop_100_open": 2}
    options: dict[str, Any] = {"shape": (96, 96), "pixel_size": "1 nm/px", "n_lines": 0, "counts": counts}
    images, truth = synthetic_dataset(3, N_TEST, prefix="BF X500K", **options)
    others, of_others = synthetic_dataset(4, N_FIRST - N_TEST + 2, prefix="g1_backonzone", **options)
    images = {name: _described(image) for name, image in (images | others).items()}
    instances = {**truth.instances, **of_others.instances}
    first = tuple(images)[:N_FIRST]
    second = LabelSet(name="dataset2", instances={name: instances[name] for name in first})
    disagreement = Disagreement(missed={"bdot": 6}, added={"loop_111": 3}, retyped={("loop_111", "bdot"): 2})
    sizes = {name: image.required_calibration().pixel_size_nm[0] for name, image in images.items()}
    own = second_opinion(second, disagreement, seed=1, name="dataset1", pixel_sizes_nm=sizes)
    expanded = LabelSet(name="dataset2-expanded", instances=instances)
    splits = [
        Split(
            name=INITIAL,
            train=first[N_TEST:],
            test=first[:N_TEST],
            train_labels=ROLES.first,
            test_labels=ROLES.first,
        )
    ]
    for labels in (second, expanded):
        splits.append(
            Split(
                name=f"leave out {GROUP}, trained on {labels.key}",
                train=tuple(name for name in labels if images[name].specimen.alloy != "B"),
                test=tuple(name for name in expanded if images[name].specimen.alloy == "B"),
                train_labels=labels.key,
                test_labels=ROLES.expanded,
            )
        )
    return StudyData(
        name="tiny",
        images=images,
        label_sets={labels.key: labels for labels in (own, second, expanded)},
        named_splits={split.name: split for split in splits},
    )


def _described(image: Image) -> Image:
    thickness = None if image.name == UNKNOWN_FOIL else "100 nm"
    calibration = Calibration.square("1 nm/px", foil_thickness=thickness, source="prefix table")
    alloy = "B" if image.name.startswith("BF") else "A"
    return attrs.evolve(image, calibration=calibration, specimen=Specimen(alloy=alloy))


def make_studies(data: StudyData) -> dict[str, Study]:
    initial = SplitChoice(named=(INITIAL,), label=INITIAL)
    drawn = SplitChoice(
        splitter="leave-fraction-out", options={"fraction": 0.3, "n_repeats": 2, "seed": 1}, label="random"
    )
    both = (LabelPair(train=ROLES.first, test=ROLES.first),)
    split = data.named_splits[INITIAL]
    sides = SplitChoice(
        splitter="predefined",
        options={"split_name": INITIAL, "train": list(split.train), "test": list(split.test)},
        label=INITIAL,
    )
    one: dict[str, Any] = {"detectors": (FOREST,), "conventions": ("jacobs2022",)}
    runs = run_to_run(FOREST, splits=initial, name="runs", conventions=("jacobs2022",))
    groups = tuple(name for name in data.named_splits if name != INITIAL)
    return {
        "initial": Study(name="initial", splits=(initial,), **one),
        "random-cv": Study(name="random-cv", splits=(initial, drawn), labels=both, **one),
        "groups": Study(name="groups", splits=(SplitChoice(named=groups, label="groups"),), **one),
        "label-sets": label_set_comparison(
            FOREST, (ROLES.first, ROLES.second), splits=sides, conventions=("jacobs2022",)
        ),
        "runs": runs,
        "variance": attrs.evolve(runs, name="variance", conventions=("jacobs2022", "defectkit")),
    }


def make_outcome(folder: Path) -> Outcome:
    data = make_data()
    results: dict[str, xarray.Dataset] = {
        name: run_study(study, data, folder) for name, study in make_studies(data).items()
    }

    def predictions(study: str, run: int) -> tuple[Prediction, ...]:
        return study_predictions(folder, results[study], run)

    return Outcome(
        data=data,
        roles=ROLES,
        results={n: r if n == "variance" else select_runs(r, convention="jacobs2022") for n, r in results.items()},
        predictions=predictions,
        published=published_tables(),
        is_original=False,
        provenance=PROVENANCE,
    )
