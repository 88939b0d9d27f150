"""One of each kind: the classes, each as small as it can be."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np

from defectkit import Image, Instances, LabelSet, Prediction, Split
from defectkit.datasets.entry import Citation, DatasetEntry, Expected, LabelsEntry
from defectkit.datasets.interface import DatasetSource
from defectkit.datasets.sources import RegisteredSource
from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.errors import (
    DetectorError,
    ImageReadError,
    LabelReadError,
    LabelWriteError,
    OutputError,
    SplitError,
    UnknownDatasetError,
)
from defectkit.files import write_text
from defectkit.formats.interface import ImageFormat, LabelFormat, LabelReading, Repair, RepairKind, RepairReport
from defectkit.geometry.masks import label_image_to_runs
from defectkit.hardening.interface import HardeningModel
from defectkit.metrics import Metric, Variable
from defectkit.splitters import Splitter

VERSION = "0.3"


@attrs.frozen(kw_only=True)
class Threshold(Detector):
    """Each connected patch of pixels darker than ``fraction`` of the brightest one is a defect."""

    name: ClassVar[str] = "threshold"
    description: ClassVar[str] = "Connected dark patches."

    fraction: float = 0.5

    @property
    def capability(self) -> Capability:
        return Capability(types=("defect",))

    def card(self) -> ModelCard:
        return ModelCard(
            name=self.name,
            version=VERSION,
            description=self.description,
            types=("defect",),
            license="MIT",
            settings={"fraction": self.fraction},
        )

    def predict(self, images):
        from scipy.ndimage import label

        for image in images:
            pixels = np.asarray(image.pixels, np.float64)
            patches, n = label(pixels < pixels.min() + self.fraction * np.ptp(pixels))
            runs, _ = label_image_to_runs(patches)
            found = Instances.from_runs(runs, types=["defect"] * n, shape=image.shape, scores=np.ones(n))
            if found.types == ():
                found = Instances.empty(image.shape, ("defect",))
            yield Prediction(image=image.name, instances=found, detector=self.name, detector_version=VERSION)

    def save(self, folder: Path) -> None:
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} holds something")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "threshold.json").write_text(json.dumps({"fraction": self.fraction}))

    @classmethod
    def load(cls, folder: Path):
        try:
            return cls(**json.loads((folder / "threshold.json").read_text()))
        except OSError as error:
            raise DetectorError(f"{folder} holds no threshold detector") from error


@attrs.frozen(kw_only=True)
class FirstHalf(Splitter):
    """The first half of the images, by name, trains; images of one area go with the first of them."""

    name: ClassVar[str] = "first-half"
    description: ClassVar[str] = "Trains on the first half of the names."

    def split(self, images, *, train_labels, test_labels):
        names = [image.name for image in images]
        if len(names) < 2 or len(set(names)) < len(names):
            raise SplitError("at least two images with names of their own are needed")
        train = set(sorted(names)[: len(names) // 2])
        areas = {image.specimen.area for image in images if image.name in train} - {None}
        train |= {image.name for image in images if image.specimen.area in areas}
        yield Split(
            name="halves",
            train=tuple(sorted(train)),
            test=tuple(sorted(set(names) - train)),
            train_labels=train_labels,
            test_labels=test_labels,
        )


@attrs.frozen(kw_only=True)
class CountDifference(Metric):
    """How many defects too many were predicted."""

    name: ClassVar[str] = "count-difference"
    description: ClassVar[str] = "How many defects too many were predicted."

    def sums(self, units):
        return {"true": units.over_true(), "predicted": units.over_predicted()}

    def values(self, totals):
        excess = totals["predicted"] - totals["true"]
        each = totals.of_images("predicted") - totals.of_images("true")
        return {
            "count_difference": Variable(dims=(), values=excess, long_name="defects too many"),
            "image_count_difference": Variable(dims=("image",), values=each, long_name="defects too many"),
        }


@attrs.frozen(kw_only=True)
class Constant(HardeningModel):
    """Every defect hardens by the same."""

    name: ClassVar[str] = "constant"
    description: ClassVar[str] = "The same for every defect, whatever its size."
    needs_barrier_strength: ClassVar[bool] = False

    mpa_a_defect: float = 0.5

    def contributions(self, populations):
        return populations.numbers * self.mpa_a_defect


@attrs.frozen(kw_only=True)
class BoxTable(LabelFormat):
    """A CSV table with one row per box; an image without a box has a row without numbers."""

    name: ClassVar[str] = "box-table"
    description: ClassVar[str] = "Boxes in a CSV table."
    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def read(self, path, images, taxonomy):
        try:
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            boxes = defaultdict(list)
            for row in rows:
                boxes[row["image"]] += [(row["type"], *(int(row[k]) for k in EDGES))] if row["type"] else []
        except (OSError, ValueError, KeyError) as error:
            raise LabelReadError(f"{path} is no table of boxes: {error}") from error
        if not boxes:
            raise LabelReadError(f"{path} is no table of boxes: it has no row")
        gone = sorted(set(boxes) - set(images))
        taxonomy = taxonomy.with_types(t for name in boxes for t, *_ in boxes[name])
        labels = {name: _instances(boxes[name], images[name].shape) for name in boxes if name in images}
        return LabelReading(
            labels=LabelSet(name=path.stem, instances=labels, taxonomy=taxonomy),
            report=RepairReport(
                Repair(kind=RepairKind.REFUSED, problem="no image", what="left out", file=path.name, image=name)
                for name in gone
            ),
            unlabelled=tuple(sorted(set(images) - set(boxes))),
            without_image=tuple(gone),
        )

    def write(self, labels, path, images):
        rows = []
        for name, instances in labels.instances.items():
            boxes = instances.boxes
            if ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) != instances.areas).any():
                raise LabelWriteError(f"image {name!r} has a defect that is no box")
            rows += [(name, kind, *box) for kind, box in zip(instances.type_names, boxes.tolist(), strict=True)]
            rows += [] if len(instances) else [(name, "", "", "", "", "")]
        table = io.StringIO()
        csv.writer(table).writerows([("image", "type", *EDGES), *rows])
        write_text(path, table.getvalue())
        return RepairReport()


EDGES = ("top", "left", "bottom", "right")


def _instances(boxes, shape) -> Instances:
    masks = []
    for _, top, left, bottom, right in boxes:
        mask = np.zeros(shape, np.bool_)
        mask[top:bottom, left:right] = True
        masks.append(mask)
    return Instances.from_masks(masks, types=[kind for kind, *_ in boxes], shape=shape)


@attrs.frozen(kw_only=True)
class NumpyImage(ImageFormat):
    """A two-dimensional array in a ``.npy`` file."""

    name: ClassVar[str] = "npy"
    description: ClassVar[str] = "Arrays of NumPy."
    suffixes: ClassVar[tuple[str, ...]] = (".npy",)

    def read(self, path):
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ImageReadError(f"{path} is no array of NumPy: {error}") from error
        return attrs.evolve(Image.from_array(path.stem, array), path=path)


@attrs.frozen(kw_only=True)
class Squares(DatasetSource):
    """Four images of one square each."""

    name: ClassVar[str] = "squares"
    description: ClassVar[str] = "Four images of one square each."

    def entry(self) -> DatasetEntry:
        return DatasetEntry(
            format=1,
            name=self.name,
            title=self.description,
            citation=Citation(text="nobody"),
            source=RegisteredSource(registered=self.name),
            labels=(LabelsEntry(name="squares", version="1", expected=Expected(images=4, defects=4)),),
        )

    def images(self):
        for k in range(4):
            pixels = np.full((16, 16), 200, np.uint8)
            pixels[2 : 6 + k, 2 : 6 + k] = 20
            yield Image.from_array(f"square-{k}", pixels, pixel_size="1 nm/px", foil_thickness="100 nm")

    def labels(self, key: str) -> LabelSet:
        if key != "squares@1":
            raise UnknownDatasetError.of("label set of squares", key, ["squares@1"])
        masks = {image.name: image.pixels < 100 for image in self.images()}
        return LabelSet(
            name="squares",
            instances={n: Instances.from_masks([m], types=["bdot"], shape=m.shape) for n, m in masks.items()},
        )
