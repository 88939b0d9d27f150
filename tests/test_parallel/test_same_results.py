"""The same to the bit, whoever works: each workflow on threads and on the processes of a Dask cluster."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
import tifffile
import xarray

from defectkit.errors import WorkersError
from defectkit.formats import read_images
from defectkit.parallel import Executor
from defectkit.records import Image, LabelSet
from defectkit.storage import load_results
from defectkit.studies import DetectorChoice, LabelPair, SplitChoice, Study, StudyData, run_study
from defectkit.testing.synthetic import Disagreement, second_opinion, synthetic_dataset
from defectkit.workflows import analyze, evaluate, measure_labels
from defectkit.workflows.agreement import agree

pytest.importorskip("distributed", reason="needs the extra dask")

N_IMAGES = 20


@pytest.fixture(scope="module")
def truth() -> LabelSet:
    return synthetic_dataset(3, N_IMAGES, shape=(160, 160), pixel_size="1 nm/px", n_lines=0)[1]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """Images that lie in files, as those of users do: processes read them themselves."""
    folder = tmp_path_factory.mktemp("images")
    drawn, _ = synthetic_dataset(3, N_IMAGES, shape=(160, 160), pixel_size="1 nm/px", n_lines=0)
    for name, image in drawn.items():
        tifffile.imwrite(folder / f"{name}.tif", image.pixels)
    return read_images([folder], pixel_size="1 nm/px", foil_thickness="100 nm")


@pytest.fixture(scope="module")
def other(truth: LabelSet) -> LabelSet:
    sizes = dict.fromkeys(truth, 1.0)
    return second_opinion(truth, Disagreement(missed={"bdot": 4}), seed=1, name="other", pixel_sizes_nm=sizes)


@pytest.mark.parametrize("detector", ["blob", "loopnet"])
def test_an_analysis(two_processes: Executor, images: dict[str, Image], tmp_path: Path, detector: str) -> None:
    here = analyze(images, detector)
    there = analyze(images, detector, unfinished=tmp_path / "unfinished", workers=two_processes)
    assert here.n_defects > 0
    assert dict(there.predictions) == dict(here.predictions)
    assert there == here


def test_an_analysis_needs_a_folder_for_what_processes_find(two_processes: Executor, images: dict[str, Image]) -> None:
    with pytest.raises(WorkersError, match="say which, unfinished=FOLDER"):
        analyze(images, "blob", workers=two_processes)


def test_an_analysis_whose_workers_are_killed_again_and_again(
    two_processes: Any, images: dict[str, Image], tmp_path: Path
) -> None:
    here = analyze(images, "loopnet")
    kept, done, killed = tmp_path / "unfinished", threading.Event(), []

    def kill() -> None:
        for n in (2, 9):
            while len(list(kept.glob("*/*.prediction"))) < n and not done.is_set():
                time.sleep(0.01)
            pids = list(two_processes.client.run(os.getpid).values())
            if pids and not done.is_set():
                os.kill(pids[0], signal.SIGKILL)
                killed.append(pids[0])

    killing = threading.Thread(target=kill)
    killing.start()
    there = analyze(images, "loopnet", unfinished=kept, workers=two_processes)
    done.set()
    killing.join()
    assert killed
    assert there == here
    assert len(list(kept.glob("*/*.prediction"))) == N_IMAGES


def test_measured_labels(two_processes: Executor, images: dict[str, Image], truth: LabelSet) -> None:
    assert measure_labels(truth, images, workers=two_processes) == measure_labels(truth, images)


def test_an_evaluation(two_processes: Executor, images: dict[str, Image], truth: LabelSet, other: LabelSet) -> None:
    xarray.testing.assert_identical(
        evaluate(truth, other, images, workers=two_processes), evaluate(truth, other, images)
    )


def test_an_agreement(two_processes: Executor, images: dict[str, Image], truth: LabelSet, other: LabelSet) -> None:
    xarray.testing.assert_identical(agree(truth, other, images, workers=two_processes), agree(truth, other, images))


def test_a_study(
    two_processes: Executor, images: dict[str, Image], truth: LabelSet, other: LabelSet, tmp_path: Path
) -> None:
    options = {"scales_nm": [1.0, 3.0], "n_trees": 3, "samples_per_class": 60, "threshold": 0.5, "min_score": 0.0}
    few = list(truth)[:6]
    sets = {s.key: attrs.evolve(s, instances={name: s[name] for name in few}) for s in (truth, other)}
    data = StudyData(name="synthetic", images={name: images[name] for name in few}, label_sets=sets)
    study = Study(
        name="both",
        splits=(SplitChoice(splitter="random-k-fold", options={"n_splits": 2}),),
        detectors=(DetectorChoice(detector="pixel-forest", options=options), DetectorChoice(detector="blob")),
        labels=(LabelPair(train=truth.key, test=truth.key),),
        conventions=("defectkit", "jacobs2022"),
    )
    here = run_study(study, data, tmp_path / "here")
    told: list[str] = []
    there = run_study(study, data, tmp_path / "there", workers=two_processes, report=lambda p: told.append(str(p)))
    times = ["train_seconds", "predict_seconds"]
    xarray.testing.assert_identical(there.drop_vars(times), here.drop_vars(times))
    xarray.testing.assert_identical(load_results(tmp_path / "there" / "results.zarr"), there)
    assert told[0].startswith("run 1 of 4")
    assert sum(line.startswith("run") and "(kept)" not in line for line in told) == 4
