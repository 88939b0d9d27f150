from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import xarray

from defectkit.conventions import DEFECTKIT
from defectkit.detectors import TrainingSet, detect
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.errors import LeakError, OutputError, ResumeWarning, StudyError, UnknownPluginError
from defectkit.files import locked
from defectkit.records import Image, LabelSet, Specimen, Split
from defectkit.storage import load_results
from defectkit.studies import (
    DetectorChoice,
    LabelPair,
    SplitChoice,
    Study,
    StudyData,
    StudyProgress,
    evaluate_resampleable,
    headline,
    run_study,
    select_run,
    study_predictions,
)
from defectkit.studies.running import run as running
from defectkit.studies.training import train_detector
from defectkit.testing.synthetic import Disagreement, second_opinion, synthetic_dataset

OPTIONS: dict[str, Any] = {
    "scales_nm": [1.0, 3.0],
    "n_trees": 3,
    "samples_per_class": 60,
    "threshold": 0.5,
    "min_score": 0.0,
}
FOREST = DetectorChoice(detector="pixel-forest", options=OPTIONS)
TRUTH = LabelPair(train="truth@1", test="truth@1")
CROSS = LabelPair(train="other@1", test="truth@1")
FOLDS = SplitChoice(splitter="random-k-fold", options={"n_splits": 2})


def make_data(n_images: int = 4) -> StudyData:
    options: dict[str, Any] = {"shape": (96, 96), "pixel_size": "1 nm/px", "n_lines": 0}
    images, labels = synthetic_dataset(5, n_images, counts={"bdot": 6, "loop_111": 3}, **options)
    alone, loops = synthetic_dataset(6, 1, prefix="extra", counts={"loop_100_open": 2, "bdot": 2}, **options)
    whole = attrs.evolve(labels, instances=dict(labels.instances) | dict(loops.instances))
    other = second_opinion(
        whole, Disagreement(missed={"bdot": 4}), seed=1, name="other", pixel_sizes_nm=dict.fromkeys(whole, 1.0)
    )
    return StudyData(name="synthetic", images=images | alone, label_sets={"truth@1": whole, "other@1": other})


@pytest.fixture(scope="module")
def data() -> StudyData:
    return make_data()


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(
        name="labels and conventions",
        splits=(FOLDS,),
        detectors=(FOREST,),
        labels=(TRUTH, CROSS),
        conventions=("defectkit", "jacobs2022"),
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, study: Study, data: StudyData) -> tuple[Path, xarray.Dataset]:
    folder = tmp_path_factory.mktemp("study") / "out"
    return folder, run_study(study, data, folder)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The images of the train side of each training that is done."""
    done: list[str] = []
    original = train_detector

    def counted(detector: Any, images: Any, labels: LabelSet, **options: Any) -> Any:
        done.append(f"{labels.key}: {', '.join(image.name for image in images)}")
        return original(detector, images, labels, **options)

    monkeypatch.setattr(running, "train_detector", counted)
    return done


def test_a_run_is_what_is_done_by_hand(finished: tuple[Path, xarray.Dataset], data: StudyData) -> None:
    _, result = finished
    assert result.sizes["run"] == 2 * 2 * 2
    run = 5
    about = {name: str(result[name].values[run]) for name in ("split", "train_labels", "test_labels", "convention")}
    assert about == {"split": "fold 1", "train_labels": "other@1", "test_labels": "truth@1", "convention": "jacobs2022"}
    one = select_run(result, run)
    test = [str(name) for name in one["image"].values]
    train = sorted(set(data.images) - set(test))
    detector = PixelForest(**OPTIONS, seed=0).fit(
        TrainingSet(images={n: data.images[n] for n in train}, labels=data.labels("other@1"))
    )
    truth = data.labels("truth@1")
    by_hand = evaluate_resampleable(
        attrs.evolve(truth, instances={n: truth[n] for n in test}),
        list(detect(detector, [data.images[n] for n in test])),
        data.images,
        convention="jacobs2022",
    )
    xarray.testing.assert_identical(one, by_hand.reset_coords(drop=True))
    assert int(result["n_train_images"][run]) == len(train)
    assert int(result["train_count"].isel(run=run).sel(defect_type="all")) == sum(
        len(data.labels("other@1")[n]) for n in train
    )


def test_every_run_comes_out_as_it_went_in(finished: tuple[Path, xarray.Dataset]) -> None:
    folder, result = finished
    stored = load_results(folder / "results.zarr")
    for run in range(result.sizes["run"]):
        one = select_run(result, run)
        xarray.testing.assert_equal(one, select_run(stored, run))
        assert float(one["n_true"]) == len(one["true_defect_id"])
        paired = one["predicted_defect_partner"].values
        assert paired.max() < one.sizes["true_defect"]


def test_types_and_images_that_a_run_did_not_meet(finished: tuple[Path, xarray.Dataset]) -> None:
    _, result = finished
    counts = result["true_count"].sel(subset="all", defect_type="loop_100")
    assert counts.dtype.kind == "i"
    assert set(counts.values.tolist()) == {0, 2}
    images = result["image_true_count"].sel(subset="all", defect_type="all")
    assert (images.notnull().sum("image") == result["n_test_images"]).all()
    sizes = result["true_size"].sel(subset="all", defect_type="loop_100")
    assert np.isnan(sizes.values[counts.values == 0]).all()


def test_the_result_says_where_it_comes_from(
    finished: tuple[Path, xarray.Dataset], study: Study, data: StudyData
) -> None:
    folder, result = finished
    assert json.loads(result.attrs["settings"]) == json.loads(json.dumps(study.settings()))
    assert json.loads((folder / "study.json").read_text())["name"] == study.name
    assert json.loads(result.attrs["label_digests"])["truth@1"] == data.labels("truth@1").digest()
    assert set(json.loads(result.attrs["conventions"])) == {"defectkit", "jacobs2022"}
    assert "scikit-image" in json.loads(result.attrs["versions"])
    assert result["true_size"].attrs["units"] == "nanometer"
    assert result["train_seconds"].attrs["units"] == "second"
    assert (result["train_seconds"] > 0).all()


def test_headlines_are_at_the_threshold_of_each_convention(finished: tuple[Path, xarray.Dataset]) -> None:
    _, result = finished
    figures = headline(result)
    for run in range(result.sizes["run"]):
        one = select_run(result, run)
        at = one.sel(iou_threshold=one.attrs["iou_threshold"])
        assert float(figures["find_f1_score"][run]) == float(at["find_f1_score"])
        assert float(figures["size_error"][run]) == pytest.approx(
            float(at["overall_size_error"].sel(subset="all")), nan_ok=True
        )


def test_a_finished_study_is_not_run_again(
    finished: tuple[Path, xarray.Dataset], study: Study, data: StudyData, trainings: list[str]
) -> None:
    folder, result = finished
    seen: list[StudyProgress] = []
    again = run_study(study, data, folder, report=seen.append)
    assert trainings == []
    xarray.testing.assert_identical(again, result)
    assert all(progress.is_kept for progress in seen)
    assert str(seen[-1]) == "all 8 runs are done"


def test_each_model_is_trained_once(tmp_path: Path, study: Study, data: StudyData, trainings: list[str]) -> None:
    run_study(study, data, tmp_path / "out")
    assert len(trainings) == len(set(trainings)) == 2 * 2


def test_predictions_are_kept(finished: tuple[Path, xarray.Dataset], tmp_path: Path) -> None:
    folder, result = finished
    predictions = study_predictions(folder, result, 0)
    assert sum(len(p.instances) for p in predictions) == int(result["n_predicted"][0])
    with pytest.raises(StudyError, match="not here"):
        study_predictions(tmp_path, result, 0)


def changed(data: StudyData, study: Study) -> Iterator[tuple[str, StudyData, Study, int]]:
    name = next(iter(data.images))
    image, truth = data.images[name], data.label_sets["truth@1"]
    pixels = np.array(image.pixels)
    pixels[0, 0] += 1
    yield "a pixel", with_image(data, Image.from_array(name, pixels, calibration=image.calibration)), study, 4
    thicker = attrs.evolve(image.required_calibration(), foil_thickness="90 nm")
    yield "a calibration", with_image(data, attrs.evolve(image, calibration=thicker)), study, 4
    yield "a specimen", with_image(data, attrs.evolve(image, specimen=Specimen(alloy="Ti"))), study, 4
    fewer = attrs.evolve(truth, instances=dict(truth.instances) | {name: truth[name].take([0])})
    yield "a label", attrs.evolve(data, label_sets=dict(data.label_sets) | {"truth@1": fewer}), study, 1
    deeper = attrs.evolve(FOREST, options=OPTIONS | {"max_depth": 5})
    yield "an option", data, attrs.evolve(study, detectors=(deeper,)), 4
    yield "a seed", data, attrs.evolve(study, seeds=(1,)), 4
    yield "a convention", data, attrs.evolve(study, conventions=(attrs.evolve(DEFECTKIT, iou_threshold=0.5),)), 0
    yield "a lowest score", data, attrs.evolve(study, min_score=0.9), 0


def with_image(data: StudyData, image: Image) -> StudyData:
    return attrs.evolve(data, images=dict(data.images) | {image.name: image})


@pytest.mark.parametrize("k", range(8))
def test_what_depends_on_a_change_is_made_again_and_nothing_else(
    finished: tuple[Path, xarray.Dataset], tmp_path: Path, study: Study, data: StudyData, trainings: list[str], k: int
) -> None:
    import shutil

    folder, before = finished
    what, new_data, new_study, n_trainings = list(changed(data, study))[k]
    shutil.copytree(folder, tmp_path / "out")
    after = run_study(new_study, new_data, tmp_path / "out")
    assert len(trainings) == n_trainings, what
    fresh = run_study(new_study, new_data, tmp_path / "fresh")
    timings = ["train_seconds", "predict_seconds"]
    xarray.testing.assert_equal(after.drop_vars(timings), fresh.drop_vars(timings))
    assert not np.isin(before["evaluation_key"].values, after["evaluation_key"].values).all(), what


def test_code_is_part_of_what_a_cell_depends_on(
    tmp_path: Path, data: StudyData, trainings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from defectkit.studies.running import cells

    study = Study(name="one", splits=(FOLDS,), detectors=(FOREST,), labels=(TRUTH,))
    run_study(study, data, tmp_path / "out")
    assert len(trainings) == 2
    monkeypatch.setattr(cells, "code_digest", lambda package, parts=("",): "other code")
    run_study(study, data, tmp_path / "out")
    assert len(trainings) == 4


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_run import FOREST, FOLDS, TRUTH, make_data
from defectkit.studies import Study, run_study
study = Study(name="killed", splits=(FOLDS,), detectors=(FOREST,), labels=(TRUTH,), seeds=(0, 1, 2))
run_study(study, make_data(), Path({folder!r}), report=lambda p: print(p.number, flush=True))
"""


def test_a_killed_study_goes_on_where_it_was(tmp_path: Path, data: StudyData, trainings: list[str]) -> None:
    folder = tmp_path / "out"
    script = textwrap.dedent(SCRIPT).format(tests=str(Path(__file__).parent), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "4":
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "results.zarr").exists()
    kept = {p.name for p in (folder / "cells").iterdir() if p.name.endswith(".predictions.jsonl.gz")}
    assert 3 <= len(kept) <= 4
    study = Study(name="killed", splits=(FOLDS,), detectors=(FOREST,), labels=(TRUTH,), seeds=(0, 1, 2))
    resumed = run_study(study, data, folder)
    assert len(trainings) == 6 - len(kept)
    fresh = run_study(study, data, tmp_path / "fresh")
    timings = ["train_seconds", "predict_seconds"]
    xarray.testing.assert_equal(resumed.drop_vars(timings), fresh.drop_vars(timings))
    assert not list(folder.rglob(".*-*"))


def test_a_damaged_cell_is_made_again(tmp_path: Path, data: StudyData, trainings: list[str]) -> None:
    study = Study(name="one", splits=(FOLDS,), detectors=(FOREST,), labels=(TRUTH,))
    first = run_study(study, data, tmp_path / "out")
    cells = tmp_path / "out" / "cells"
    predictions = next(cells.glob("*.predictions.jsonl.gz"))
    predictions.write_bytes(gzip.compress(b"{}"))
    with pytest.warns(ResumeWarning, match="made again"):
        again = run_study(study, data, tmp_path / "out")
    assert len(trainings) == 3
    evaluation = next(cells.glob("*.evaluation.npz"))
    evaluation.write_bytes(evaluation.read_bytes()[:200])
    with pytest.warns(ResumeWarning, match="made again"):
        third = run_study(study, data, tmp_path / "out")
    timings = ["train_seconds", "predict_seconds"]
    xarray.testing.assert_equal(first.drop_vars(timings), again.drop_vars(timings))
    xarray.testing.assert_equal(again, third)


def test_two_studies_do_not_run_in_one_folder(tmp_path: Path, data: StudyData, study: Study) -> None:

    with locked(tmp_path / "out" / "study.lock"), pytest.raises(OutputError, match="another process runs a study"):
        run_study(study, data, tmp_path / "out")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, data: StudyData, study: Study) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="no study wrote"):
        run_study(study, data, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_named_splits_and_detectors_that_do_not_learn(tmp_path: Path, data: StudyData, trainings: list[str]) -> None:
    names = list(data.images)
    split = Split(
        name="own", train=tuple(names[:2]), test=tuple(names[2:4]), train_labels="other@1", test_labels="truth@1"
    )
    study = Study(
        name="named",
        splits=(SplitChoice(named=("own",)),),
        detectors=(DetectorChoice(detector="blob"), FOREST),
        validation_fraction=0.5,
    )
    result = run_study(study, attrs.evolve(data, named_splits={"own": split}), tmp_path / "out")
    assert result["detector"].values.tolist() == ["blob", "pixel-forest"]
    assert result["train_labels"].values.tolist() == ["other@1", "other@1"]
    assert trainings == [f"other@1: {names[0]}, {names[1]}"]
    with pytest.raises(StudyError, match="no split is called 'own'"):
        run_study(study, data, tmp_path / "out")


def test_faults_are_told_before_anything_is_trained(tmp_path: Path, data: StudyData, trainings: list[str]) -> None:
    def run(**fields: Any) -> None:
        whole = {"name": "one", "splits": (FOLDS,), "detectors": (FOREST,), "labels": (TRUTH,)}
        run_study(Study(**whole | fields), data, tmp_path / "out")

    with pytest.raises(StudyError, match="no label set is called 'mine@1'"):
        run(labels=(LabelPair(train="mine@1", test="truth@1"),))
    with pytest.raises(StudyError, match="no option 'folds'"):
        run(splits=(SplitChoice(splitter="random-k-fold", options={"folds": 2}),))
    with pytest.raises(UnknownPluginError):
        run(splits=(SplitChoice(splitter="k-fold"),))
    with pytest.raises(UnknownPluginError):
        run(detectors=(DetectorChoice(detector="forest"),))
    name, other = list(data.images)[:2]
    twin = attrs.evolve(data.images[name], name="twin")
    leak = Split(name="leak", train=(name,), test=("twin", other), train_labels="truth@1", test_labels="truth@1")
    with pytest.raises(LeakError):
        run_study(
            Study(name="one", splits=(SplitChoice(named=("leak",)),), detectors=(FOREST,)),
            attrs.evolve(with_image(data, twin), named_splits={"leak": leak}),
            tmp_path / "out",
        )
    assert trainings == []


def test_label_sets_without_a_common_image_are_refused(tmp_path: Path, data: StudyData) -> None:
    apart = LabelSet(name="apart", instances={})
    study = Study(
        name="one", splits=(FOLDS,), detectors=(FOREST,), labels=(LabelPair(train="truth@1", test="apart@1"),)
    )
    with pytest.raises(StudyError, match="no image in common"):
        run_study(study, attrs.evolve(data, label_sets=dict(data.label_sets) | {"apart@1": apart}), tmp_path / "out")


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "run 1 of 2: x"), (12.0, "12 s left"), (600.0, "10 min left"), (7200.0, "2.0 h left")]
)
def test_progress_says_what_is_left(seconds: float | None, said: str) -> None:
    assert said in str(StudyProgress(number=1, total=2, cell="x", is_kept=False, seconds_left=seconds))


def test_time_left_is_guessed_from_what_was_done(data: StudyData, tmp_path: Path) -> None:
    seen: list[StudyProgress] = []
    study = Study(name="one", splits=(FOLDS,), detectors=(FOREST,), labels=(TRUTH,), seeds=(0, 1))
    run_study(study, data, tmp_path / "out", report=seen.append)
    left = [p.seconds_left for p in seen]
    assert left[0] is None
    assert all(a is not None and a > 0 for a in left[1:4])
    assert left[4] == 0


def test_a_folder_whose_study_was_stopped_while_it_was_made_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from defectkit.files import Cells
    from defectkit.studies.running.cell_store import CellStore

    def interrupt(cells: Cells) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Cells, "tidy", interrupt)
        CellStore.open(tmp_path / "out", {})
    assert (tmp_path / "out" / "cells").is_dir()
    CellStore.open(tmp_path / "out", {})
