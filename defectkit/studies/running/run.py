"""Run: a study from its declaration to its result, cell by cell, going on where an earlier run was killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from defectkit import hooks
from defectkit.detectors import detect
from defectkit.errors import StudyError
from defectkit.files import locked
from defectkit.hooks.provenance import distribution_of
from defectkit.parallel import Executor, Workers, check_executor, threads_here
from defectkit.records.label_set import combined_digest
from defectkit.records.prediction import Prediction
from defectkit.statistics.comparing import fold
from defectkit.storage.results import save_results
from defectkit.studies.data import StudyData
from defectkit.studies.resampleable import evaluate_resampleable
from defectkit.studies.running.cell_store import LOCK, CellStore, PredictedCell
from defectkit.studies.running.cells import EvaluationCell, PredictionCell, cells_of, side
from defectkit.studies.running.joining import join_evaluations
from defectkit.studies.running.progress import Clock, StudyProgress
from defectkit.studies.study import Study
from defectkit.studies.training import train_detector
from defectkit.workflows.sides import joined_taxonomy
from defectkit.workflows.versions import distributions_of, versions

if TYPE_CHECKING:
    import xarray

Report = Callable[[StudyProgress], None]


def silent(progress: StudyProgress) -> None:
    """Report nothing."""


def run_study(
    study: Study, data: StudyData, folder: str | Path, *, report: Report = silent, workers: Workers = 1
) -> xarray.Dataset:
    """Run a study, or resume it, and return its result.

    Parameters
    ----------
    study : Study
    data : StudyData
    folder : str or pathlib.Path
        Where finished cells and the result are kept; made where it is missing. The same folder can be given again, with
        the same study or a changed one: what is finished and still holds is not done again.
    report : callable
        Told of each cell before it is made and when all is done.
    workers : int or Executor
        Threads that evaluate; cells are made one after the other then. With an executor, each of its processes makes a
        cell of predictions and all its evaluations at a time, and keeps them in the folder, which all of them have to
        see. The figures are the same to the bit whoever works; the times that it took are not.

    Returns
    -------
    xarray.Dataset
        Also kept as ``results.zarr`` in the folder. Dimension ``run``: one for each split, detector, seed and
        convention, with the coordinates ``splits``, ``split``, ``train_labels``, ``test_labels``, ``detector``,
        ``seed`` and ``convention``. The variables of :func:`defectkit.studies.evaluate_resampleable` over ``run`` (see
        :func:`~defectkit.studies.running.joining.join_evaluations`), and ``n_train_images``, ``n_test_images``,
        ``train_count`` (run, defect_type), ``train_seconds``, ``predict_seconds``, ``prediction_key`` and
        ``evaluation_key``.

    Raises
    ------
    OutputError
        If the folder holds something else, cannot be written, or another process runs a study in it.
    StudyError, SplitError, LeakError, UnknownPluginError
        If study and data do not fit each other; before anything is trained.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor, or its processes lack a distribution, have another version
        or do not see the folder; before anything is trained.
    DetectorError
        If a detector fails; what was finished before stays finished.

    Warns
    -----
    ResumeWarning
        If a finished cell is damaged; it is made again.

    Notes
    -----
    A cell is found again by a digest of all it depends on: pixels, calibration and specimen of its images, labels and
    their types, options and seed of the detector, versions and code. Cells of predictions do not depend on conventions,
    so another convention trains nothing.
    """
    check_executor(workers)
    place = Path(folder)
    busy = f"another process runs a study in {place}; wait for it, or give another folder"
    with locked(place / LOCK, timeout_s=1.0, busy=busy):
        kept = CellStore.open(place, study.settings() | {"data": data.name})
        cells = cells_of(study, data)
        if isinstance(workers, Executor):
            _make_elsewhere(study, data, cells, kept, report, workers)
        evaluations, seconds = _evaluated(study, data, cells, kept, report, threads_here(workers))
        result = data.lock(_described(study, data, cells, evaluations, seconds))
        save_results(result, kept.results)
    return result


def _evaluated(
    study: Study,
    data: StudyData,
    cells: Sequence[EvaluationCell],
    kept: CellStore,
    report: Report,
    threads: int,
) -> tuple[list[xarray.Dataset], list[tuple[float, float]]]:
    """Return the evaluation of each cell, and the seconds that its training and its detection took."""
    to_train = {c.predictions.key: c.predictions for c in cells if not kept.has_predictions(c.predictions.key)}
    clock = Clock.over(to_train.values())
    evaluations, seconds = [], []
    for number, cell in enumerate(cells, start=1):
        report(
            StudyProgress(
                number=number,
                total=len(cells),
                cell=str(cell),
                is_kept=not clock.is_open(cell.predictions.key),
                seconds_left=clock.seconds_left(),
            )
        )
        predicted = _predicted(study, data, cell.predictions, kept)
        seconds.append((predicted.train_seconds, predicted.predict_seconds))
        clock.done(cell.predictions, sum(seconds[-1]))
        evaluations.append(_kept_evaluation(study, data, cell, predicted, kept, threads))
    report(StudyProgress(number=len(cells), total=len(cells), cell="", is_kept=True, seconds_left=0.0))
    return evaluations, seconds


def _make_elsewhere(
    study: Study,
    data: StudyData,
    cells: Sequence[EvaluationCell],
    kept: CellStore,
    report: Report,
    executor: Executor,
) -> None:
    """Let processes make what is not there yet."""
    groups: dict[str, list[EvaluationCell]] = {}
    for cell in cells:
        if kept.predicted.find(cell.predictions.key) is None or kept.evaluated.find(cell.key) is None:
            groups.setdefault(cell.predictions.key, []).append(cell)
    if not groups:
        return
    detectors = [group[0].predictions.detector() for group in groups.values()]
    used = distributions_of([*detectors, *(image.source for image in data.images.values())])
    executor.check(versions(*used), folder=kept.folder)
    clock = Clock.over(group[0].predictions for group in groups.values())
    task = StudyTask(study=study, data=data, kept=kept)
    results = executor.map_blocks(task, list(groups.values()), block=1)
    with closing(results):
        for number, (group, seconds) in enumerate(zip(groups.values(), results, strict=True), start=1):
            clock.done(group[0].predictions, seconds / executor.n_workers)
            left = clock.seconds_left()
            made = str(group[0].predictions)
            report(StudyProgress(number=number, total=len(groups), cell=made, is_kept=False, seconds_left=left))


@attrs.frozen(kw_only=True, eq=False)
class StudyTask:
    """What a process does with cells of one detector: it makes and keeps its predictions, and their evaluations.

    Parameters
    ----------
    study : Study
    data : StudyData
    kept : CellStore
    """

    study: Study
    data: StudyData
    kept: CellStore

    def __call__(self, groups: Sequence[Sequence[EvaluationCell]]) -> list[float]:
        """Return the seconds that each group of cells took."""
        return [self._make(group) for group in groups]

    def _make(self, group: Sequence[EvaluationCell]) -> float:
        start = time.perf_counter()
        predicted = _predicted(self.study, self.data, group[0].predictions, self.kept)
        for cell in group:
            _kept_evaluation(self.study, self.data, cell, predicted, self.kept, threads=1)
        return time.perf_counter() - start


def _kept_evaluation(
    study: Study, data: StudyData, cell: EvaluationCell, predicted: PredictedCell, kept: CellStore, threads: int
) -> xarray.Dataset:
    evaluation = kept.evaluation(cell.key)
    if evaluation is None:
        evaluation = _evaluation(study, data, cell, predicted, threads)
        kept.put_evaluation(cell.key, evaluation)
    return evaluation


def _predicted(study: Study, data: StudyData, cell: PredictionCell, kept: CellStore) -> PredictedCell:
    found = kept.predictions(cell.key)
    if found is not None:
        return found
    start = time.perf_counter()
    detector = cell.detector()
    if cell.is_trained:
        detector = train_detector(
            detector,
            side(data, cell.split.train),
            data.labels(cell.split.train_labels),
            validation_fraction=study.validation_fraction,
            seed=cell.seed,
        )
    between = time.perf_counter()
    predictions = tuple(detect(detector, side(data, cell.split.test)))
    predicted = PredictedCell(
        predictions=predictions, train_seconds=between - start, predict_seconds=time.perf_counter() - between
    )
    kept.put_predictions(cell.key, predicted)
    return predicted


def _evaluation(
    study: Study, data: StudyData, cell: EvaluationCell, predicted: PredictedCell, threads: int
) -> xarray.Dataset:
    split = cell.predictions.split
    test = data.labels(split.test_labels)
    return evaluate_resampleable(
        attrs.evolve(test, instances={name: test[name] for name in split.test}),
        predicted.predictions,
        side(data, split.test),
        convention=cell.convention,
        min_score=study.min_score,
        taxonomy=joined_taxonomy([test.taxonomy, data.labels(split.train_labels).taxonomy]),
        workers=threads,
    )


def _described(
    study: Study,
    data: StudyData,
    cells: Sequence[EvaluationCell],
    evaluations: Sequence[xarray.Dataset],
    seconds: Sequence[tuple[float, float]],
) -> xarray.Dataset:
    from defectkit import __version__

    result = join_evaluations(evaluations)
    splits = [cell.predictions.split for cell in cells]
    texts = {
        "splits": [c.predictions.splits_label for c in cells],
        "split": [split.name for split in splits],
        "train_labels": [split.train_labels for split in splits],
        "test_labels": [split.test_labels for split in splits],
        "detector": [c.predictions.choice.label for c in cells],
        "convention": [c.convention.name for c in cells],
    }
    numbers: dict[str, tuple[Any, str, str]] = {
        "n_train_images": ([len(split.train) for split in splits], "images trained on", ""),
        "n_test_images": ([len(split.test) for split in splits], "images tested on", ""),
        "train_seconds": ([train for train, _ in seconds], "time that training took", "second"),
        "predict_seconds": ([predict for _, predict in seconds], "time that detection took", "second"),
    }
    types = [str(name) for name in result["defect_type"].values]
    notes = data.refusals(_label_sets(cells))
    notes += [f"{c}: {note}" for c, e in zip(cells, evaluations, strict=True) for note in e.attrs["notes"]]
    return (
        result.assign({name: ("run", values, {"long_name": t, "units": u}) for name, (values, t, u) in numbers.items()})
        .assign(
            train_count=(
                ("run", "defect_type"),
                np.array([_train_counts(data, cell, types) for cell in cells]),
                {"long_name": "defects trained on", "units": ""},
            ),
            prediction_key=("run", [c.predictions.key for c in cells], {"long_name": "digest of the predictions"}),
            evaluation_key=("run", [c.key for c in cells], {"long_name": "digest of the evaluation"}),
        )
        .assign_coords({name: ("run", values) for name, values in texts.items()})
        .assign_coords(seed=("run", [c.predictions.seed for c in cells]))
        .assign_attrs(
            study=study.name,
            description=study.description,
            settings=json.dumps(study.settings()),
            data=data.name,
            label_digests=json.dumps({key: _digest(data, key) for key in _label_sets(cells)}),
            conventions=json.dumps({rule.name: rule.settings() for rule in study.conventions}),
            versions=json.dumps(versions()),
            distributions=json.dumps(_distributions(study)),
            defectkit_version=__version__,
            notes=list(dict.fromkeys(notes)),
        )
    )


def _distributions(study: Study) -> dict[str, str]:
    """Return the distribution, with its version, of each splitter and detector of a study, by kind and name."""
    chosen = [("splitter", choice.splitter) for choice in study.splits if choice.splitter]
    chosen += [("detector", choice.detector) for choice in study.detectors]
    return {f"{kind} {name}": distribution_of(hooks.find(kind, name)) for kind, name in chosen}


def _label_sets(cells: Sequence[EvaluationCell]) -> list[str]:
    splits = [cell.predictions.split for cell in cells]
    return sorted({key for split in splits for key in (split.train_labels, split.test_labels)})


def _digest(data: StudyData, key: str) -> str:
    labels = data.labels(key)
    return combined_digest({name: labels[name].digest() for name in labels})


def _train_counts(data: StudyData, cell: EvaluationCell, types: Sequence[str]) -> list[int]:
    """Return the number of defects of each type on the train side, under the types that the convention compares."""
    split = cell.predictions.split
    labels = data.labels(split.train_labels)
    names = [fold(t, cell.convention, labels.taxonomy) for n in split.train for t in labels[n].type_names]
    return [names.count(name) for name in types[:-1]] + [len(names)]


def study_predictions(folder: str | Path, result: xarray.Dataset, run: int) -> tuple[Prediction, ...]:
    """Return the predictions of one run of a study, as they were before any lowest score.

    Parameters
    ----------
    folder : str or pathlib.Path
        Of the study.
    result : xarray.Dataset
        Its result.
    run : int
        The position of the run.

    Raises
    ------
    StudyError
        If they are not in the folder.

    Warns
    -----
    ResumeWarning
        If they are damaged; they are removed then.
    """
    key = str(result["prediction_key"].values[run])
    found = CellStore(folder=Path(folder)).predictions(key)
    if found is None:
        raise StudyError(f"{folder}: the predictions of run {run} are not here; run the study again in this folder")
    return found.predictions
