"""Label formats: a right one, and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np

from defectkit import Instances, LabelSet
from defectkit.errors import LabelReadError
from defectkit.files import write_text
from defectkit.formats import LabelFormat, LabelReading, Repair, RepairReport
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from defectkit.testing import LabelFormatSuite
from defectkit.testing.known_labels import KNOWN_IMAGE
from tests.laws.mutant import mutant, shared_mutants


@attrs.frozen(kw_only=True)
class Listed(LabelFormat):
    """By image, a list of defects: type, outline where one was drawn, else runs."""

    name: ClassVar[str] = "listed"
    description: ClassVar[str] = "Lists of defects in JSON."
    suffixes: ClassVar[tuple[str, ...]] = (".listed",)

    def put(self, content, path):
        write_text(path, json.dumps(content))

    def outline_out(self, ring):
        return ring.tolist()

    def outline_in(self, ring):
        return np.asarray(ring, np.float64).reshape(-1, 2)

    def runs_out(self, one):
        return [one.row.tolist(), one.start.tolist(), one.end.tolist()]

    def runs_in(self, columns):
        return columns

    def written(self, instances):
        return range(len(instances))

    def image_name(self, name):
        return name

    def write(self, labels, path, images):
        content = {}
        for name, instances in labels.instances.items():
            content[self.image_name(name)] = [
                {
                    "type": instances.type_names[k],
                    "outline": self.outline_out(instances.polygons.ring(k)),
                    "runs": None if len(instances.polygons.ring(k)) else self.runs_out(instances.runs.take([k])),
                }
                for k in self.written(instances)
            ]
        self.put(content, path)
        return RepairReport()

    def read(self, path, images, taxonomy):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            rows = {name: list(map(dict, defects)) for name, defects in dict(content).items()}
        except (OSError, ValueError, TypeError) as error:
            raise LabelReadError(f"{path} holds no lists of defects: {error}") from error
        if not rows:
            raise LabelReadError(f"{path} holds no lists of defects")
        gone = tuple(name for name in rows if name not in images)
        found = {name: self.instances(rows[name], images[name].shape) for name in rows if name in images}
        kinds = {row["type"] for defects in rows.values() for row in defects}
        return LabelReading(
            labels=LabelSet(name=path.stem, instances=found, taxonomy=taxonomy.with_types(sorted(kinds))),
            report=RepairReport(
                Repair(kind="refused", problem="no image", what="left out", file=path.name, image=name) for name in gone
            ),
            unlabelled=tuple(name for name in images if name not in rows),
            without_image=gone,
        )

    def instances(self, rows, shape):
        outlines = [self.outline_in(row["outline"]) for row in rows]
        polygons = Polygons.from_list([ring if len(ring) else None for ring in outlines])
        drawn = polygons_to_runs(polygons, shape)
        each = []
        for k, row in enumerate(rows):
            if row["runs"] is None:
                each.append(drawn.take([k]))
                continue
            row_, start, end = (np.asarray(column, np.int32) for column in self.runs_in(row["runs"]))
            each.append(Runs(row=row_, start=start, end=end, offsets=np.array([0, len(row_)], np.int64)))
        return Instances.from_runs(
            Runs.empty().concatenate(each), types=[row["type"] for row in rows], shape=shape, polygons=polygons
        )

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        return path.suffix == ".listed" and path.is_file() and path.read_bytes().startswith(b"{")


class Right(LabelFormatSuite):
    cls = Listed
    is_registered = False
    target = "labels.listed"

    def write_known(self, path):
        rows = [{"type": d.type, "outline": d.outline, "runs": None} for d in self.known()]
        path.write_text(json.dumps({KNOWN_IMAGE: rows}))


class HalfAPixel(Listed):
    def outline_out(self, ring):
        return (ring - 0.5).tolist()

    def outline_in(self, ring):
        return super().outline_in(ring) + 0.5


class Swapped(Listed):
    def outline_out(self, ring):
        return ring[:, ::-1].tolist()

    def outline_in(self, ring):
        return super().outline_in(ring)[:, ::-1]


class LosesOutlines(Listed):
    def instances(self, rows, shape):
        found = super().instances(rows, shape)
        return attrs.evolve(found, polygons=Polygons.empty(len(found)))


class LosesNames(Listed):
    def image_name(self, name):
        return Path(name).stem


class LosesOrder(Listed):
    def written(self, instances):
        return np.argsort(instances.areas, kind="stable")


class DropsSmall(Listed):
    def written(self, instances):
        return np.flatnonzero(instances.areas >= 3)


class LeavesHalf(Listed):
    def put(self, content, path):
        with path.open("w", encoding="utf-8") as file:
            file.write("{")
            for k, (name, rows) in enumerate(content.items()):
                file.write((", " if k else "") + json.dumps(name) + ": " + json.dumps(rows))
                file.flush()
            file.write("}")


class KnowsAll(Listed):
    @classmethod
    def recognizes(cls, path: Path) -> bool:
        return path.is_file() and path.read_bytes().lstrip()[:1] in (b"{", b"[", b"<")


class TakesImages(Listed):
    def read(self, path, images, taxonomy):
        found = super().read(path, images, taxonomy)
        for name in found.labels.images:
            images.pop(name)
        return found


def reading(name: str, rule: Callable[[LabelReading], LabelReading]) -> type[LabelFormat]:
    """A format whose readings are changed by a rule."""
    return type(name, (Listed,), {"read": lambda self, *given: rule(Listed.read(self, *given))})


def without_empty(found: LabelReading) -> LabelReading:
    kept = {name: each for name, each in found.labels.instances.items() if len(each)}
    return attrs.evolve(found, labels=attrs.evolve(found.labels, instances=kept))


MENDED = RepairReport([Repair(kind="mended", problem="open polygon", what="closed", file="x")])


class Lenient(Listed):
    def read(self, path, images, taxonomy):
        try:
            return super().read(path, images, taxonomy)
        except LabelReadError:
            if not path.exists():
                raise
            return LabelReading(labels=LabelSet(name="none", instances={}), report=RepairReport())


class Hopeful(Listed):
    def read(self, path, images, taxonomy):
        if not path.exists():
            return LabelReading(labels=LabelSet(name="none", instances={}), report=RepairReport())
        return super().read(path, images, taxonomy)


class Fragile(Listed):
    @classmethod
    def recognizes(cls, path: Path) -> bool:
        return b"outline" in path.read_bytes()


KNOWN = "a_file_made_by_other_means_has_the_known_pixels"
MUTANTS = [
    mutant(Right, HalfAPixel, "is half a pixel off, and undoes it on writing", KNOWN),
    mutant(Right, Swapped, "swaps row and column, and undoes it on writing", KNOWN),
    mutant(Right, LosesOutlines, "loses the outlines", "outlines_come_back"),
    mutant(Right, LosesNames, "cuts names at a dot", "names_of_images_come_back"),
    mutant(Right, LosesOrder, "sorts defects by area", "the_order_of_defects_is_kept"),
    mutant(Right, DropsSmall, "drops small defects and says nothing", "what_is_written_is_read_again"),
    mutant(Right, LeavesHalf, "leaves half a file on an error", "a_failed_write_leaves_nothing"),
    mutant(Right, KnowsAll, "recognizes everything as its own", "labels_of_other_formats_are_not_taken_for_its_own"),
    mutant(Right, TakesImages, "takes images out of the mapping", "what_it_is_given_is_left_as_it_is"),
    mutant(
        Right,
        type("Bare", (Listed,), {"suffixes": ("listed",)}),
        "has a suffix without a dot",
        "its_suffixes_are_lower_case_with_a_dot",
        "has no dot",
    ),
    mutant(
        Right,
        reading("Mends", lambda r: attrs.evolve(r, report=MENDED)),
        "mends what it wrote itself",
        "reading_changes_nothing_in_what_it_wrote_itself",
        "closed",
    ),
    mutant(
        Right,
        reading("LosesEmpty", without_empty),
        "loses images without a defect",
        "an_image_without_a_defect_is_there",
        "void",
    ),
    mutant(
        Right,
        reading("Unlisted", lambda r: attrs.evolve(r, unlabelled=())),
        "does not list what nobody labelled",
        "an_image_that_nobody_labelled_is_listed",
        r"unlabelled: \(\)",
    ),
    mutant(
        Right,
        reading("Unnamed", lambda r: attrs.evolve(r, without_image=())),
        "does not list labels without an image",
        "labels_without_an_image_are_listed",
        r"without an image: \(\)",
    ),
    mutant(Right, Lenient, "takes any file for an empty one", "a_file_of_another_kind_is_refused", "DID NOT RAISE"),
    mutant(Right, Hopeful, "takes a missing file for an empty one", "a_missing_file_is_refused", "DID NOT RAISE"),
    mutant(Right, Fragile, "fails when it is to recognize a folder", "recognizing_never_fails", "Is a directory"),
    *shared_mutants(Right, "coco"),
]
