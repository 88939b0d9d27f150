"""How many lines a metric, a size rule, a convention, a label format and a detector that learns take from outside."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
import pytest
from PIL import Image as Picture
from scipy.ndimage import label

from defectkit import evaluate, measure_labels, read_labels, write_analysis, write_labels
from defectkit.conventions import DEFECTKIT
from defectkit.detectors import TrainableDetector, TrainingSet, detect
from defectkit.errors import LabelReadError, PairingError, RefusedRegionsError
from defectkit.formats import LabelFile, LabelledImage, Outline, Region, RegionFormat
from defectkit.formats.shapes import ellipse
from defectkit.geometry.masks import label_image_to_runs
from defectkit.measurement import size_rules
from defectkit.measurement.size_rules import SIZE_RULES, SizeRule
from defectkit.metrics import Metric, Variable
from defectkit.records import Image, Instances, LabelSet
from defectkit.resources import registry_path
from defectkit.statistics import Bootstrap
from defectkit.storage import load_results
from defectkit.studies import bootstrap_difference, evaluate_resampleable
from defectkit.testing.synthetic import synthetic_dataset

if TYPE_CHECKING:
    from conftest import User

Scene = tuple[dict[str, Image], LabelSet]

HOW = Bootstrap(n_resamples=200, seed=2)


def n_lines(thing: Any) -> int:
    """The lines of a class or function that are not empty."""
    return len([line for line in inspect.getsource(thing).splitlines() if line.strip()])


@pytest.fixture(scope="module")
def scene() -> Scene:
    return synthetic_dataset(5, 6, shape=(128, 128), counts={"bdot": 6, "loop_111": 3}, n_lines=0)


# A metric: sums and values.


class MissedArea(Metric):
    """How much of the area of true defects belongs to defects that were not found."""

    name = "missed-area"
    description = "Share of the true area that was missed."

    def sums(self, units):
        areas = units.comparison.true.sizes**2
        return {"all": units.over_true(areas), "found": units.over_found(areas[units.comparison.found.truth])}

    def values(self, totals):
        share = 1 - totals["found"] / totals["all"]
        return {"missed_area": Variable(dims=(), values=share, long_name="share of the true area that was missed")}


def without_every(nth: int, labels: LabelSet) -> dict[str, Instances]:
    """A prediction that misses each nth defect of all."""
    place, found = 0, {}
    for name, instances in labels.instances.items():
        found[name] = instances.take([k for k in range(len(instances)) if (place + k) % nth])
        place += len(instances)
    return found


def test_a_metric_takes_less_than_40_lines() -> None:
    assert Metric.__abstractmethods__ <= {"sums", "values"}
    assert n_lines(MissedArea) < 40


def test_a_metric_has_intervals_and_paired_differences(scene: Scene) -> None:
    images, labels = scene
    worse, better = without_every(2, labels), without_every(5, labels)
    found = evaluate(labels, worse, images, metrics=[MissedArea()], bootstrap=HOW)
    low, value, high = (float(found[f"missed_area{end}"]) for end in ("_low", "", "_high"))
    assert 0 < low < value < high < 1
    one, two = (evaluate_resampleable(labels, side, images) for side in (worse, better))
    difference = bootstrap_difference(one, two, HOW, metrics=[MissedArea()])
    assert float(difference["missed_area_low"]) < float(difference["missed_area_high"]) < 0


# A size rule: one entry of one table.


def side_of_square(instances, spacing, side, taxonomy):
    return np.sqrt(instances.areas * spacing[0] * spacing[1])


def entry() -> SizeRule:
    return SizeRule(
        name="square",
        label="side of the square of equal area",
        units="nanometer",
        description="Side sqrt(A) of the square that has the area A of the mask.",
        function=side_of_square,
    )


def test_a_size_rule_is_one_entry_of_one_table(scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert n_lines(entry) + n_lines(side_of_square) <= 10
    monkeypatch.setattr(size_rules, "SIZE_RULES", {**SIZE_RULES, "square": entry()})
    images, labels = scene
    analysis = measure_labels(labels, images, convention=attrs.evolve(DEFECTKIT, size_rule="square"))
    sizes = analysis.defects["size"]
    assert sizes.values == pytest.approx(np.sqrt(analysis.defects["area"].values))
    assert sizes.attrs["units"] == "nanometer"
    write_analysis(analysis, tmp_path / "out")
    assert "side of the square of equal area" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


# A convention: a file.


def test_a_convention_is_a_file(scene: Scene, user: Callable[..., User]) -> None:
    built_in = (registry_path() / "conventions" / "defectkit.toml").read_text(encoding="utf-8")
    (images, labels), somebody = scene, user()
    file = somebody.folder / "strict.toml"
    file.write_text(built_in.replace("iou_threshold = 0.3", "iou_threshold = 0.75"), encoding="utf-8")
    result = evaluate(labels, labels, images, convention=file)
    assert (result.attrs["convention"], result.attrs["iou_threshold"]) == ("strict", 0.75)
    for name, image in images.items():
        frame = somebody.folder / "frames" / f"{name}.png"
        frame.parent.mkdir(exist_ok=True)
        Picture.fromarray(image.pixels).save(frame)
    write_labels(labels, somebody.folder / "a.json", format="coco", images=images)
    done = somebody.run(
        "evaluate", "--truth", "a.json", "--predicted", "a.json", "--images", "frames", "--pixel-size", "0.5 nm",
        "--convention", "strict.toml", "--resamples", "0", "-o", "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    stored = load_results(somebody.folder / "out" / "evaluation.zarr")
    assert (stored.attrs["convention"], stored.attrs["iou_threshold"]) == ("strict", 0.75)


# A label format: the regions of a file.


class Discs(RegionFormat):
    """A file with one line for each disc."""

    name = "discs"
    description = "One disc per line: image, type, x, y, radius."
    suffixes = (".discs",)

    def contents(self, path):
        by_image = {}
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                image, kind, x, y, radius = line.split(",")
                area = Outline.of_ring(ellipse(float(y), float(x), float(radius), float(radius)))
                by_image.setdefault(image, []).append(Region(area=area, type=kind))
        except (OSError, ValueError) as error:
            raise LabelReadError(f"{path}: each line has image, type, x, y and radius") from error
        return LabelFile(images=[LabelledImage(file_name=n, regions=r) for n, r in by_image.items()])


def test_a_label_format_takes_less_than_25_lines() -> None:
    assert RegionFormat.__abstractmethods__ == {"contents"}
    assert n_lines(Discs) < 25


def test_a_label_format_is_paired_mended_mapped_calibrated_reported_and_refused(tmp_path: Path) -> None:
    blank = np.zeros((100, 120), np.uint8)
    images = {name: Image.from_array(name, blank, pixel_size="0.5 nm/px") for name in ("one", "two")}
    file = tmp_path / "a.discs"
    lines = [f"frames/one.tif,Black Dot,{10 * k},20,4" for k in range(1, 11)] + ["frames/one.tif,odd,118,50,6"]
    file.write_text("\n".join(lines), encoding="utf-8")
    reading = read_labels(file, images=images, format=Discs(types="odd=cavity"))
    assert reading.labels["one"].type_names == ("bdot",) * 10 + ("cavity",)
    assert [line.problem for line in reading.report.mended] == ["out of frame"]
    assert reading.unlabelled == ("two",)
    sizes = measure_labels(reading.labels, images).defects["size"].values
    assert sizes[0] == pytest.approx(0.5 * 8, rel=0.05)
    file.write_text(
        "\n".join([*lines, "frames/one.tif,bdot,400,400,3", "frames/one.tif,bdot,900,1,3"]), encoding="utf-8"
    )
    with pytest.raises(RefusedRegionsError, match="2 of 13 regions were refused"):
        read_labels(file, images=images, format=Discs())
    with pytest.raises(PairingError, match="none of its 1 images"):
        read_labels(file, images=[Image.from_array("three", blank)], format=Discs())


# A detector that learns: learn, find, write and read.


@attrs.frozen(kw_only=True, eq=False)
class Darkest(TrainableDetector[float]):
    """Connected patches that are darker than half of the labelled pixels."""

    name: ClassVar[str] = "darkest"
    description: ClassVar[str] = "Dark patches, from a level on that is learned."
    version: ClassVar[str] = "1"

    def learn(self, training, validation):
        return float(np.median(np.concatenate([i.pixels[d.mask()] for i, labels in training for d in labels])))

    def find(self, model, image):
        runs, _ = label_image_to_runs(label(image.pixels < model)[0])
        types, scores = ["bdot"] * len(runs), np.ones(len(runs))
        return Instances.from_runs(runs, types=types, shape=image.shape, known_types=("bdot",), scores=scores)

    def write(self, model, folder):
        (folder / "level.json").write_text(json.dumps(model))

    def read(self, folder):
        return float(json.loads((folder / "level.json").read_text()))


def test_a_detector_that_learns_takes_four_methods_and_less_than_30_lines() -> None:
    assert TrainableDetector.__abstractmethods__ == {"learn", "find", "write", "read"}
    assert n_lines(Darkest) < 30


def test_a_detector_that_learns_is_fitted_saved_loaded_and_has_a_card(scene: Scene, tmp_path: Path) -> None:
    images, labels = scene
    training = TrainingSet(images=images, labels=labels)
    fitted = Darkest().fit(training, training)
    fitted.save(tmp_path / "model")
    again = Darkest.load(tmp_path / "model")
    found = [[p.instances.areas.tolist() for p in detect(d, images.values())] for d in (fitted, again)]
    assert found[0] == found[1]
    assert sum(map(len, found[0])) > 0
    card = again.card()
    assert card.trained_on[0].labels_digest
    assert {metric.name for metric in card.metrics} >= {"find_recall", "find_precision"}


def test_the_page_on_the_architecture_says_how_many_lines() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| (a [a-z ]+) \| (\d+) \|", page, re.MULTILINE))
    assert said == {
        "a metric": str(n_lines(MissedArea)),
        "a size rule": str(n_lines(entry) + n_lines(side_of_square)),
        "a label format that is read": str(n_lines(Discs)),
        "a detector that learns": str(n_lines(Darkest)),
    }
