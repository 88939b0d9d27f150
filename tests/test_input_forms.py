"""One contract for inputs: images and defects come in any form, and one text is never taken for its letters."""

from __future__ import annotations

import inspect
import itertools
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import attrs
import numpy as np
import pytest
import xarray
from hypothesis import Phase, given, seed, settings, strategies as st

import defectkit as dk
from defectkit import hooks, series, studies, workflows
from defectkit.conventions import convention
from defectkit.datasets import health, merging
from defectkit.detectors import TrainingSet, detect
from defectkit.errors import DefectkitError
from defectkit.formats.report import ReportBuilder
from defectkit.formats.type_names import TypeNames
from defectkit.hooks.kinds import KINDS
from defectkit.measurement.counting import counted, fractions_by_type, rows_of
from defectkit.metrics import Find
from defectkit.records import Image, Instances, LabelSet, Prediction, Split, Taxonomy
from defectkit.records.colors import type_colors
from defectkit.reports.agreement import write_agreement
from defectkit.reports.csv_tables import csv_text
from defectkit.reports.label_diff import write_diff
from defectkit.reports.series import write_series
from defectkit.reports.series_figures import tracks_figure
from defectkit.series.frames import frames_of
from defectkit.series.growth import track_table
from defectkit.splitters import (
    RandomKFold,
    check_split,
    find_leaks,
    kept_together,
    leave_group_out,
    make_splits,
    near_duplicates,
    relations,
)
from defectkit.statistics import Bootstrap, comparing, resample
from defectkit.statistics.comparison import Defects
from defectkit.studies.data import StudyData
from defectkit.synthesis.ellipses import Ellipses
from defectkit.testing import strategies
from defectkit.testing.compared import comparison_of
from defectkit.testing.scenes import disc_scene
from defectkit.workflows import FieldRule, simulation
from defectkit.workflows.pairing import pair_images
from defectkit.workflows.sides import read_side
from defectkit.workflows.thickness import Foils

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
DIRECTIVE = re.compile(r"(public-names|autofunction|autoclass):: (defectkit\.\S+)")


def documented() -> dict[str, Any]:
    """Every class and function that the reference documents, and every class that defectkit registers, by its home."""
    found: dict[str, Any] = {}

    def add(thing: object) -> None:
        if isinstance(thing, ModuleType):
            for name in getattr(thing, "__all__", None) or vars(thing):
                inner = getattr(thing, name)
                if name[0] != "_" and (hasattr(thing, "__all__") or getattr(inner, "__module__", "") == thing.__name__):
                    add(inner)
        elif inspect.isclass(thing) or inspect.isfunction(thing):
            found[f"{thing.__module__}.{thing.__qualname__}"] = thing

    for page in sorted(REFERENCE.glob("*.md")):
        for directive, name in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            module, _, last = name.rpartition(".")
            add(import_module(name) if directive == "public-names" else getattr(import_module(module), last))
    for kind in KINDS:
        for row in hooks.table(kind).values():
            add(row.cls)
    return {name: thing for name, thing in found.items() if name.startswith("defectkit.")}


DOCUMENTED = documented()


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every documented function, and every public method of a documented class that the class itself defines."""
    for name, thing in DOCUMENTED.items():
        if inspect.isfunction(thing):
            yield name, inspect.unwrap(thing)
            continue
        for own, method in vars(thing).items():
            function = getattr(method, "__func__", method)
            if own[0] != "_" and inspect.isfunction(function):
                yield f"{name}.{own}", function


def parameters(annotation: str) -> set[str]:
    """``module.function(parameter)`` of each parameter whose annotation matches a pattern."""
    return {
        f"{name.removeprefix('defectkit.')}({parameter.name})"
        for name, function in functions()
        for parameter in inspect.signature(function).parameters.values()
        if re.search(annotation, str(parameter.annotation))
    }


# Images and the defects in them.

SHAPE = (24, 24)
MASKS = np.zeros((2, *SHAPE), bool)
MASKS[0, 3:9, 3:9] = MASKS[1, 14:20, 12:18] = True
TWO = Instances.from_masks(MASKS, types=["bdot", "loop_111"], shape=SHAPE)
BY_IMAGE = {"a": TWO, "b": TWO.take([0]), "c": TWO, "d": TWO.take([1])}
PIXELS = np.random.default_rng(0).random((4, *SHAPE))
IMAGES = [
    Image.from_array(name, pixels, pixel_size="1 nm", foil_thickness="90 nm", specimen=dk.Specimen(alloy=name))
    for name, pixels in zip(BY_IMAGE, PIXELS, strict=True)
]
IMAGE_FORMS: dict[str, Callable[[], Any]] = {
    "iterable": lambda: iter(IMAGES),
    "mapping": lambda: {image.name: image for image in IMAGES},
}
SET_FORMS: dict[str, Callable[[], Any]] = {
    "label set": lambda: LabelSet(name="labels", instances=BY_IMAGE),
    "mapping": lambda: dict(BY_IMAGE),
    "predictions": lambda: (Prediction(image=n, instances=i, detector="mine") for n, i in BY_IMAGE.items()),
}
SPLIT = Split(name="s", train=("a", "b", "c"), test=("d",), train_labels="mine@1", test_labels="mine@1")
SIDES: dict[str, Any] = {"train_labels": "mine@1", "test_labels": "mine@1"}
DIFFERENCE = dk.diff(BY_IMAGE, {**BY_IMAGE, "a": TWO.take([0])})


def numbers(table: xarray.Dataset) -> str:
    """The values of a table, without what it says of their origin."""
    return repr({str(name): values.values.tolist() for name, values in table.variables.items()})


def findings(found: Any) -> list[str]:
    return sorted(f"{one.check} {one.what}" for one in found)


def stored(folder: Path, method: str, images: Any) -> list[Any]:
    if method == "refer_to_images":
        images = _with_files(folder, images)
    store = dk.Store.create(folder / "store.zarr")
    getattr(store, method)(images)
    return [image.digest() for image in store.images()]


def _with_files(folder: Path, images: Any) -> Any:
    import tifffile

    mapped = isinstance(images, dict)
    made = []
    for image in images.values() if mapped else images:
        tifffile.imwrite(folder / f"{image.name}.tif", image.pixels)
        made.append(dk.read_image(folder / f"{image.name}.tif", pixel_size="1 nm"))
    return {image.name: image for image in made} if mapped else iter(made)


def written(folder: Path, write: Callable[[Path], Any], *names: str) -> list[Any]:
    write(folder)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".csv", ".png"))
    return [files, *((folder / name).read_bytes() for name in names)]


def via_file(folder: Path) -> Path:
    dk.write_labels(BY_IMAGE, folder / "via.json", format="via")
    return folder / "via.json"


OF_STUDY: Any = SimpleNamespace(
    item=SimpleNamespace(label_sets=lambda: {"k": SimpleNamespace(covers=lambda name: True)}),
    images=dict.fromkeys("abcde"),
    locks={"k": SimpleNamespace(images=None)},
)

TAKES: dict[str, Callable[[Any, Any, Path], Any]] = {
    "datasets.differences.diff": lambda i, s, p: dk.diff(s(), {**BY_IMAGE, "a": TWO.take([0])}).changes,
    "datasets.health.calibration_oddities": lambda i, s, p: findings(health.calibration_oddities(i())),
    "datasets.health.coverage": lambda i, s, p: findings(health.coverage("k", s(), OF_STUDY)),
    "datasets.health.duplicate_images": lambda i, s, p: findings(health.duplicate_images(i())),
    "datasets.health.outside_frame": lambda i, s, p: findings(health.outside_frame("k", s())),
    "datasets.health.size_outliers": lambda i, s, p: findings(health.size_outliers("k", s(), i())),
    "datasets.health.tag_oddities": lambda i, s, p: findings(health.tag_oddities(i())),
    "datasets.merging.merge": lambda i, s, p: merging.merge(s(), s(), name="both").digest(),
    "detectors.detect.detect": lambda i, s, p: [f.instances.digest() for f in detect(dk.make_detector("blob"), i())],
    "formats.labels.read_labels": lambda i, s, p: dk.read_labels(via_file(p), images=i()).labels.digest(),
    "formats.labels.write_labels": lambda i, s, p: written(
        p, lambda folder: dk.write_labels(s(), folder / "labels.json", format="coco", images=i()), "labels.json"
    ),
    "hardening.harden.harden": lambda i, s, p: numbers(dk.harden(dk.measure(IMAGES, BY_IMAGE), i(), material="fecral")),
    "measurement.counting.counted": lambda i, s, p: numbers(counted(dk.measure(IMAGES, BY_IMAGE), i())),
    "measurement.counting.rows_of": lambda i, s, p: [
        (image.name, rows.tolist()) for image, rows in rows_of(dk.measure(IMAGES, BY_IMAGE), i())
    ],
    "measurement.measure.measure": lambda i, s, p: numbers(dk.measure(i(), s())),
    "measurement.summary.summarize": lambda i, s, p: numbers(dk.summarize(dk.measure(IMAGES, BY_IMAGE), i(), s())),
    "reports.agreement.write_agreement": lambda i, s, p: written(
        p,
        lambda folder: write_agreement(dk.agree(BY_IMAGE, BY_IMAGE), s(), s(), i(), folder),
        "agreement.csv",
    ),
    "reports.label_diff.write_diff": lambda i, s, p: written(
        p, lambda folder: write_diff(DIFFERENCE, s(), s(), i(), folder), "changes.csv", "overlays/a.png"
    ),
    "splitters.k_fold.RandomKFold.split": lambda i, s, p: list(RandomKFold(n_splits=2).split(i(), **SIDES)),
    "splitters.leaks.check_split": lambda i, s, p: check_split(SPLIT, i()),
    "splitters.leaks.find_leaks": lambda i, s, p: find_leaks(SPLIT, i()),
    "splitters.leaks.make_splits": lambda i, s, p: list(make_splits(RandomKFold(n_splits=2), i(), **SIDES)),
    "splitters.leave_group_out.groups_by_fact": lambda i, s, p: leave_group_out.groups_by_fact(i(), "alloy"),
    "reports.series.write_series": lambda i, s, p: written(
        p, lambda folder: write_series(tracked(i()), s(), Taxonomy.standard(), folder), "tracks.csv", "overlays/a.png"
    ),
    "reports.series_figures.tracks_figure": lambda i, s, p: tracks_figure(tracked(i()), s()) is None,
    "series.drift.estimate_drift": lambda i, s, p: series.estimate_drift(i()).pixels.tolist(),
    "series.growth.track_table": lambda i, s, p: track_table(
        tracked(IMAGES).defects, i(), tracked(IMAGES).frames, np.zeros((len(IMAGES), 2))
    ).to_dict(),
    "series.tracking.track_series": lambda i, s, p: tracked(i()).tracks.to_dict(),
    "splitters.near_duplicates.near_duplicate_groups": lambda i, s, p: near_duplicates.near_duplicate_groups(i()),
    "splitters.relations.sorted_images": lambda i, s, p: list(relations.sorted_images(i())),
    "splitters.relations.kept_together": lambda i, s, p: kept_together(i()),
    "storage.store.Store.add_images": lambda i, s, p: stored(p, "add_images", i()),
    "storage.store.Store.refer_to_images": lambda i, s, p: stored(p, "refer_to_images", i()),
    "studies.conventions.explore.explore_conventions": lambda i, s, p: numbers(
        studies.explore_conventions(s(), s(), i(), matchers=["greedy"], iou_kinds=["mask"], size_rules="equal-area")
    ),
    "studies.floor.error_budget": lambda i, s, p: numbers(studies.error_budget(s(), s(), i())),
    "studies.floor.measurement_floor": lambda i, s, p: numbers(studies.measurement_floor(s(), i())),
    "studies.resampleable.evaluate_resampleable": lambda i, s, p: numbers(studies.evaluate_resampleable(s(), s(), i())),
    "studies.retraining.assess_retraining": lambda i, s, p: repr(_retrained(i(), s())),
    "studies.training.train_detector": lambda i, s, p: _trained(i(), s()),
    "studies.training.training_sides": lambda i, s, p: [
        list(side.images) for side in studies.training_sides(i(), s(), validation_fraction=0.25) if side
    ],
    "workflows.agreement.agree": lambda i, s, p: numbers(dk.agree(s(), s(), i(), bootstrap=None)),
    "workflows.analyze.analyze": lambda i, s, p: numbers(dk.analyze(i()).summary),
    "workflows.evaluate.evaluate": lambda i, s, p: numbers(dk.evaluate(s(), s(), i())),
    "workflows.pixel_report.pixel_report": lambda i, s, p: numbers(workflows.pixel_report(s(), s(), i())),
    "workflows.score_sweep.sweep_scores": lambda i, s, p: numbers(workflows.sweep_scores(s(), s(), i(), scores=[0.5])),
    "workflows.fields.FieldRule.of_images": lambda i, s, p: [
        (image.name, image.field.n_pixels) for image in FieldRule(crop=(0, 0, 6, 6)).of_images(i(), s()).values()
    ],
    "workflows.measure.measure_labels": lambda i, s, p: numbers(dk.measure_labels(s(), i()).summary),
    "workflows.simulation.hit_rates": lambda i, s, p: simulation.hit_rates(s(), s(), i(), edges_nm=[0.0, 100.0]),
    "workflows.thickness.Foils.of": lambda i, s, p: Foils.of("100 nm", i()).settings(),
    "workflows.sides.read_side": lambda i, s, p: cast(LabelSet, read_side(via_file(p), images=i()).labels).digest(),
}


def _retrained(images: Any, labels: Any) -> studies.Retraining:
    """What a detector gains that is the same after learning."""
    detector: Any = dk.make_detector("blob")
    learner: Any = SimpleNamespace(fit=lambda training, watched: detector)
    return studies.assess_retraining(learner, detector, images, labels, n_folds=2)


def _trained(images: Any, labels: Any, **how: Any) -> tuple[list[str], int]:
    """What a detector that learns nothing is given to learn from."""
    seen: list[Any] = []
    detector: Any = SimpleNamespace(fit=lambda training, watched: seen.append(training))
    studies.train_detector(detector, images, labels, **how)
    return list(seen[0].images), seen[0].n_defects


def test_each_function_that_takes_images_or_defects_is_tried() -> None:
    taken = {name.partition("(")[0] for name in parameters(r"^(Images|InstanceSets)\b")}
    splits = {name for name in taken if name.endswith(".split") and name.startswith("splitters.")}
    assert taken - splits - set(TAKES) == set()


@pytest.mark.parametrize("name", TAKES)
def test_images_and_defects_come_in_any_form(name: str, tmp_path: Path) -> None:
    results = []
    for n, (images, sets) in enumerate(itertools.product(IMAGE_FORMS.values(), SET_FORMS.values())):
        (tmp_path / str(n)).mkdir()
        results.append(TAKES[name](images, sets, tmp_path / str(n)))
    assert all(result == results[0] for result in results[1:])


WRITTEN_BY_PLUGINS = ("Detector.", "Format.", "HardeningModel.", "Suite.")
"""What authors of plugins write, and what calls it hands one form only; so do the suites that test them."""

ONE_FORM = {
    "detectors.blob.detector.Blob.predict(images)",
    "detectors.loopnet.detector.LoopNet.predict(images)",
    "detectors.tiling.Tiled.predict(images)",
    "measurement.counting.kept_instances(instances)",
    "measurement.measure.check_pairs(images)",
    "measurement.measure.check_pairs(instances)",
    "storage.store.Store.add_labels(labels)",
    "storage.store.Store.write_labels(about)",
    "storage.store.Store.write_predictions(predictions)",
    "datasets.adding.add_version(labels)",
    "datasets.lock.Lock.of(labels)",
    "splitters.interface.Splitter.split(images)",
    "testing.synthetic.second_opinion.second_opinion(labels)",
    "testing.synthetic.second_opinion.second_opinion(seen)",
    "workflows.fields.FieldRule.check(images)",
}
"""Detectors are handed images one by one by ``detect``; stores, locks and second opinions keep the name of a set."""


def test_nothing_else_takes_images_or_defects_in_one_form() -> None:
    narrow = parameters(
        r"(Mapping|dict)\[str, (Image|Instances)\]|(Iterable|Sequence)\[(Image|Prediction)\]|^LabelSet$"
    )
    assert {n for n in narrow if not any(part in n for part in WRITTEN_BY_PLUGINS)} == ONE_FORM


def test_records_take_images_in_any_form() -> None:
    for images in IMAGE_FORMS.values():
        for sets in SET_FORMS.values():
            assert list(TrainingSet(images=images(), labels=sets()).images) == list(BY_IMAGE)
        assert list(StudyData(name="x", images=images(), label_sets={}).images) == list(BY_IMAGE)


def test_what_is_no_image_is_told() -> None:
    with pytest.raises(dk.errors.RecordError, match=r"ndarray is not an Image; make one with Image\.from_array"):
        dk.measure([np.zeros((4, 4))], {})  # type: ignore[list-item]  # what is refused


# Texts.

SEVERAL = r"^(Sequence|Iterable|Collection|tuple|list|set|frozenset)\[(str|str, \.\.\.)\]( \| None)?$"
BELOW_RECORDS = ("cli.", "files.", "hooks.", "detectors.learning.")
"""What only defectkit itself hands over, and what lies below the one function that reads texts."""

TAXONOMY = Taxonomy.standard()
ONE = TWO.take([0])
PARTLY_READ = StudyData(
    name="x", images=IMAGES, label_sets={"mine@1": LabelSet(name="mine", instances=BY_IMAGE, refused={"a": 1})}
)
POLYGON = [[(3.0, 3.0), (3.0, 9.0), (9.0, 9.0), (9.0, 3.0)]]
EVALUATION = studies.evaluate_resampleable(BY_IMAGE, BY_IMAGE)
COMPARISON = comparison_of({name: (truth, truth) for name, truth in BY_IMAGE.items()})
SOME = Bootstrap(n_resamples=5)
BLOB = studies.DetectorChoice(detector="blob")
MEASURED = dk.measure(IMAGES, dict.fromkeys(BY_IMAGE, ONE))


@cache
def store() -> dk.Store:
    made = dk.Store.create(Path(tempfile.mkdtemp()) / "store.zarr")
    made.add_images(IMAGES)
    made.add_labels(LabelSet(name="mine", instances=BY_IMAGE))
    return made


def drawn(strategy: st.SearchStrategy[Any], look: Callable[[Any], Any]) -> list[Any]:
    """What a strategy gives first."""
    found: list[Any] = []

    @seed(0)
    @settings(max_examples=1, database=None, phases=[Phase.generate])
    @given(strategy)
    def run(value: Any) -> None:
        found.append(look(value))

    run()
    return found


def types_of(labels: LabelSet) -> set[str]:
    return {name for image in labels.images for name in labels[image].types}


ASKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "datasets.loading.load_dataset(labels)": ("truth@1", lambda v: dk.load_dataset("none", labels=v)),
    "detectors.training.TrainingSet.only(names)": (
        "a",
        lambda v: list(TrainingSet(images=IMAGES, labels=BY_IMAGE).only(v).images),
    ),
    "formats.type_names.TypeNames.sorted(names)": (
        "bdot",
        lambda v: TypeNames(table={}, taxonomy=TAXONOMY, report=ReportBuilder("labels")).sorted(v),
    ),
    "hardening.harden.harden(types)": (
        "bdot",
        lambda v: numbers(dk.harden(MEASURED, IMAGES, material="fecral", types=v)),
    ),
    "measurement.counting.fractions_by_type(types)": ("loop_111", lambda v: fractions_by_type({}, v, TAXONOMY)),
    "measurement.summary.summarize(left_out)": (
        "a",
        lambda v: numbers(dk.summarize(MEASURED, IMAGES, dict.fromkeys(BY_IMAGE, ONE), n_refused={"a": 1}, left_out=v)),
    ),
    "measurement.summary.summarize(types)": (
        "bdot",
        lambda v: numbers(dk.summarize(MEASURED, IMAGES, dict.fromkeys(BY_IMAGE, ONE), types=v)),
    ),
    "records.defect_type.Taxonomy.canonical(among)": ("loop", lambda v: TAXONOMY.canonical("loop_111", v)),
    "records.defect_type.Taxonomy.with_types(names)": ("mine", lambda v: TAXONOMY.with_types(v).names),
    "records.instances.Instances.empty(types)": ("bdot", lambda v: Instances.empty(SHAPE, v).types),
    "records.instances.Instances.fold_types(among)": ("bdot", lambda v: ONE.fold_types(TAXONOMY, v).types),
    "records.instances.Instances.from_masks(known_types)": (
        "void",
        lambda v: Instances.from_masks(MASKS[:1], types=["bdot"], shape=SHAPE, known_types=v).types,
    ),
    "records.instances.Instances.from_masks(types)": (
        "bdot",
        lambda v: Instances.from_masks(MASKS[:1], types=v, shape=SHAPE).types,
    ),
    "records.instances.Instances.from_polygons(known_types)": (
        "void",
        lambda v: Instances.from_polygons(POLYGON, types=["bdot"], shape=SHAPE, known_types=v).types,
    ),
    "records.instances.Instances.from_polygons(types)": (
        "bdot",
        lambda v: Instances.from_polygons(POLYGON, types=v, shape=SHAPE).types,
    ),
    "records.instances.Instances.from_runs(known_types)": (
        "void",
        lambda v: Instances.from_runs(ONE.runs, types=["bdot"], shape=SHAPE, known_types=v).types,
    ),
    "records.instances.Instances.from_runs(types)": (
        "bdot",
        lambda v: Instances.from_runs(ONE.runs, types=v, shape=SHAPE).types,
    ),
    "records.colors.type_colors(types)": ("bdot", lambda v: type_colors(v, TAXONOMY)),
    "reports.csv_tables.csv_text(header)": ("size", lambda v: csv_text(v, [])),
    "reports.label_diff.write_diff(locks)": ("lock line", lambda v: _about(locks=v)),
    "reports.label_diff.write_diff(notes)": ("a note", lambda v: _about(notes=v)),
    "statistics.bootstrap.resample(names)": (
        "find_recall",
        lambda v: list(resample([Find()], [COMPARISON], SOME, names=v)[0]),
    ),
    "statistics.comparing.compared_types(occurring)": (
        "loop",
        lambda v: comparing.compared_types(v, convention("defectkit"), TAXONOMY),
    ),
    "statistics.comparison.Defects.side_by_side(names)": ("bdot", lambda v: Defects.side_by_side([], v).names),
    "storage.store.Store.images(names)": ("a", lambda v: [image.name for image in store().images(v)]),
    "storage.store.Store.labels(images)": ("a", lambda v: store().labels("mine@1", images=v).images),
    "studies.conventions.explore.explore_conventions(matchers)": (
        "greedy",
        lambda v: numbers(
            studies.explore_conventions(BY_IMAGE, BY_IMAGE, matchers=v, iou_kinds=["mask"], size_rules=["equal-area"])
        ),
    ),
    "studies.conventions.explore.explore_conventions(size_rules)": (
        "equal-area",
        lambda v: numbers(
            studies.explore_conventions(BY_IMAGE, BY_IMAGE, matchers=["greedy"], iou_kinds="mask", size_rules=v)
        ),
    ),
    "studies.data.catalogue_data(labels)": ("truth@1", lambda v: studies.catalogue_data("none", v)),
    "studies.data.StudyData.refusals(keys)": ("mine@1", lambda v: PARTLY_READ.refusals(v)),
    "studies.results.variance.variance_decomposition(factors)": (
        "seeds",
        lambda v: studies.variance_decomposition(EVALUATION, factors=v),
    ),
    "studies.results.variance.variance_decomposition(statistics)": (
        "luck",
        lambda v: studies.variance_decomposition(EVALUATION, statistics=v),
    ),
    "studies.test_types.label_set_comparison(labels)": (
        "new@1",
        lambda v: studies.label_set_comparison(BLOB, v, splits=studies.SplitChoice(named="s")).labels,
    ),
    "studies.test_types.leave_group_out(facts)": (
        "alloy",
        lambda v: studies.leave_group_out(BLOB, "new@1", facts=v).splits,
    ),
    "studies.training.train_detector(validation)": ("a", lambda v: _trained(IMAGES, BY_IMAGE, validation=v)),
    "studies.training.training_sides(validation)": (
        "a",
        lambda v: [list(side.images) for side in studies.training_sides(IMAGES, BY_IMAGE, validation=v) if side],
    ),
    "series.frames.frames_of(names)": ("one", lambda v: frames_of(v).names),
    "series.frames.read_frame_table(names)": ("one", lambda v: series.read_frame_table(_frame_file(), v).names),
    "series.frames.series_order(names)": ("one", lambda v: series.series_order(v)),
    "studies.uncertainty.bootstrap.bootstrap(statistics)": (
        "find_recall",
        lambda v: numbers(studies.bootstrap(EVALUATION, SOME, statistics=v)),
    ),
    "studies.uncertainty.bootstrap.bootstrap_difference(statistics)": (
        "find_recall",
        lambda v: numbers(studies.bootstrap_difference(EVALUATION, EVALUATION, SOME, statistics=v)),
    ),
    "studies.uncertainty.bootstrap.resample_statistics(statistics)": (
        "find_recall",
        lambda v: numbers(studies.resample_statistics([EVALUATION], SOME, statistics=v)[0]),
    ),
    "synthesis.ellipses.Ellipses.instances(types)": (
        "bdot",
        lambda v: Ellipses.of(ONE, ["bdot"]).instances(SHAPE, v).types,
    ),
    "synthesis.ellipses.Ellipses.of(types)": ("bdot", lambda v: Ellipses.of(ONE, v).types.tolist()),
    "testing.strategies.images(dtypes)": ("uint8", lambda v: drawn(strategies.images(dtypes=v), lambda i: i.dtype)),
    "testing.scenes.disc_scene(types)": ("bdot", lambda v: disc_scene(3, n=2, types=v)[1].type_names),
    "testing.strategies.instances(types)": ("bdot", lambda v: drawn(strategies.instances(types=v), lambda i: i.types)),
    "testing.strategies.label_sets(types)": ("bdot", lambda v: drawn(strategies.label_sets(types=v), types_of)),
    "workflows.pairing.pair_images(predicted)": ("one", lambda v: pair_images(["one"], v)),
    "workflows.pairing.pair_images(truth)": ("one", lambda v: pair_images(v, ["one"])),
}

ENUMERATED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "find_leaks(relations)": ("area", lambda v: find_leaks(SPLIT, IMAGES, relations=v)),
    "kept_together(relations)": ("area", lambda v: kept_together(IMAGES, relations=v)),
    "make_splits(accepted)": (
        "area",
        lambda v: list(make_splits(RandomKFold(n_splits=2), IMAGES, **SIDES, accepted=v)),
    ),
    "RandomKFold(keep_together)": ("area", lambda v: RandomKFold(keep_together=v)),
    "evaluate(metrics)": ("find", lambda v: numbers(dk.evaluate(BY_IMAGE, BY_IMAGE, metrics=v))),
    "Study(conventions)": (
        "jacobs2022",
        lambda v: studies.Study(name="s", splits=[studies.SplitChoice(named="s")], detectors=[BLOB], conventions=v),
    ),
}


def tracked(images: Any) -> series.TrackedSeries:
    table = dk.measure(IMAGES, BY_IMAGE)
    return series.track_series(images, table, dk.summarize(table, IMAGES, BY_IMAGE))


def _frame_file() -> Path:
    path = Path(tempfile.mkdtemp()) / "frames.csv"
    path.write_text("image\none\n", encoding="utf-8")
    return path


def _about(**lines: Any) -> str:
    folder = Path(tempfile.mkdtemp())
    write_diff(DIFFERENCE, BY_IMAGE, BY_IMAGE, (), folder, **lines)
    return (folder / "about.txt").read_text(encoding="utf-8")


def outcome(call: Callable[[Any], Any], value: Any) -> Any:
    try:
        return call(value)
    except DefectkitError as error:
        return type(error), str(error)


def test_each_parameter_that_takes_several_texts_is_tried() -> None:
    several = {name.replace("accept.<locals>.", "") for name in parameters(SEVERAL)}
    theirs = (
        "HardeningModel.harden(types)",
        "size_distances(types)",
        "Strengthening.of(types)",
        "options.one_of(allowed)",
    )  # handed over by us
    assert {n for n in several if not n.startswith(BELOW_RECORDS) and not n.endswith(theirs)} - set(ASKS) == set()


@pytest.mark.parametrize("name", ASKS | ENUMERATED)
def test_a_text_is_not_taken_for_its_letters(name: str) -> None:
    value, call = (ASKS | ENUMERATED)[name]
    assert outcome(call, value) == outcome(call, [value])


FIELDS = {
    f"{name.removeprefix('defectkit.')}.{field.name}": field
    for name, thing in DOCUMENTED.items()
    if attrs.has(thing) and not name.removeprefix("defectkit.").startswith(BELOW_RECORDS)
    for field in attrs.fields(thing)
    if field.init and re.match(SEVERAL, str(field.type))
}


def test_there_are_fields_of_several_texts() -> None:
    assert len(FIELDS) > 30


@pytest.mark.parametrize("name", FIELDS)
def test_a_text_is_not_taken_for_its_letters_by_a_record(name: str) -> None:
    if name == "records.instances.Instances.types":
        text: Any = "bdot"
        assert Instances(shape=SHAPE, types=text, type_codes=ONE.type_codes, runs=ONE.runs).types == ("bdot",)
        return
    assert FIELDS[name].converter is not None
    assert FIELDS[name].converter("bdot") == ("bdot",)
