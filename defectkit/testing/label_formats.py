"""LabelFormatSuite: what every label format must do, as tests to inherit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from defectkit import hooks
from defectkit.errors import DefectkitError, LabelReadError
from defectkit.formats.interface import LabelFormat, LabelReading
from defectkit.formats.report import RepairReport
from defectkit.records import Image, Instances, LabelSet, Taxonomy
from defectkit.testing import strategies
from defectkit.testing.full_disk import full_disk
from defectkit.testing.known_labels import ANGLE, BOX, KNOWN_IMAGE, KNOWN_SHAPE, KnownDefect, known_instances
from defectkit.testing.suite import SealedPixels, Suite, UnstatedError, inherited


def distinct(instances: Instances) -> Instances:
    """Return the defects without those that repeat an earlier one's mask."""
    seen: set[tuple[bytes, bytes, bytes]] = set()
    kept = []
    for k in range(len(instances)):
        one = instances.runs.take([k])
        mask = one.row.tobytes(), one.start.tobytes(), one.end.tobytes()
        if mask not in seen:
            kept.append(k)
            seen.add(mask)
    return attrs.evolve(instances.take(kept), ids=np.arange(len(kept)))


def masks_by_type(instances: Instances) -> list[tuple[str, list[int], list[int], list[int]]]:
    """Return type and runs of each defect in an order that does not depend on that of the defects."""
    found = []
    for k, name in enumerate(instances.type_names):
        one = instances.runs.take([k])
        found.append((name, one.row.tolist(), one.start.tolist(), one.end.tolist()))
    return sorted(found)


class LabelFormatSuite(Suite[LabelFormat]):
    """What every label format must do.

    Attributes
    ----------
    cls : type
        The format under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    target : str
        The name of the file, or of the folder, that labels are written to.
    can_write : bool
        Whether the format can be written at all.
    keeps_types, keeps_masks, keeps_outlines, keeps_order : bool
        Whether types, masks to the pixel, the outlines that were drawn, and the order of the defects of an image come
        back from what was written.
    image_names : tuple of str
        Names of images that come back as they are.

    Examples
    --------
    In a test module of the plugin, with a way to make a file by other means:

    >>> class TestBoxes(LabelFormatSuite):
    ...     target = "boxes.txt"
    ...     keeps_outlines = False
    ...
    ...     def known(self):
    ...         return (BOX,)
    ...
    ...     def write_known(self, path):
    ...         rows = [(KNOWN_IMAGE, defect.type, *defect.box) for defect in self.known()]
    ...         path.write_text("".join(",".join(map(str, row)) + chr(10) for row in rows))
    """

    kind: ClassVar[str] = "label_format"
    target: ClassVar[str] = "labels"
    can_write: ClassVar[bool] = True
    keeps_types: ClassVar[bool] = True
    keeps_masks: ClassVar[bool] = True
    keeps_outlines: ClassVar[bool] = True
    keeps_order: ClassVar[bool] = True
    image_names: ClassVar[tuple[str, ...]] = ("Frame 7.b", "größe_2", "UPPER", "0")

    def instances(self) -> st.SearchStrategy[Instances]:
        """Return a strategy for labels of one image that the format can hold; override it for one that holds less."""
        return strategies.instances()

    def known(self) -> tuple[KnownDefect, ...]:
        """Return the known defects that the format can hold; override it for one that holds boxes only."""
        return (ANGLE, BOX)

    def write_known(self, path: Path) -> None:
        """Write the labels of :meth:`known`, of the image ``known``, to ``path``, not by the class under test."""
        raise UnstatedError(
            f"write a file of this format by other means: override write_known(path), which labels the image "
            f"{KNOWN_IMAGE!r} of {KNOWN_SHAPE[0]} x {KNOWN_SHAPE[1]} pixels with known()"
        )

    def example(self) -> Instances:
        """Return labels of an image that the format can hold, of one defect or more; the same each time."""
        found: Instances = find(
            self.instances(),
            lambda drawn: len(drawn) > 0,
            settings=settings(derandomize=True, database=None, deadline=None, phases=[Phase.generate]),
        )
        return found

    def images(self, labels: LabelSet) -> dict[str, Image]:
        """Return the images that labels belong to; their pixels may not be read."""
        return {name: Image(name=name, source=SealedPixels(shape=i.shape)) for name, i in labels.instances.items()}

    def round_trip(self, labels: LabelSet) -> LabelReading:
        """Return what is read of labels that were written."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.target
            images = self.images(labels)
            report = self.make().write(labels, path, images)
            assert isinstance(report, RepairReport), f"write returned a {type(report).__name__}, not a RepairReport"
            return self.make().read(path, images, Taxonomy.standard())

    def test_its_suffixes_are_lower_case_with_a_dot(self) -> None:
        """``suffixes`` is a class attribute: a tuple such as ``(".json",)``."""
        assert isinstance(self.cls.suffixes, tuple), f"suffixes is a {type(self.cls.suffixes).__name__}"
        for suffix in self.cls.suffixes:
            assert suffix.startswith("."), f"{suffix!r} has no dot"
            assert suffix == suffix.lower(), f"{suffix!r} is not lower case"

    @inherited
    @given(st.data())
    def test_what_is_written_is_read_again(self, data: st.DataObject) -> None:
        """Images, numbers of defects and, where the format holds them, types and masks come back; no pixel is read."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = data.draw(strategies.label_sets(each=self.instances().map(distinct)))
        reading = self.round_trip(labels)
        assert reading.labels.images == labels.images, f"{reading.unlabelled} came back without labels"
        assert reading.without_image == (), f"{reading.without_image} belong to no image"
        for name, written in labels.instances.items():
            self.assert_comes_back(reading.labels[name], written, name)

    @inherited
    @given(st.data())
    def test_reading_changes_nothing_in_what_it_wrote_itself(self, data: st.DataObject) -> None:
        """Labels that the format wrote need no mending and lose no region."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = data.draw(strategies.label_sets(each=self.instances().map(distinct)))
        report = self.round_trip(labels).report
        assert len(report.refused) == 0, "; ".join(map(str, report.refused))
        assert len(report.mended) == 0, "; ".join(map(str, report.mended))

    def test_a_file_made_by_other_means_has_the_known_pixels(self, tmp_path: Path) -> None:
        """Of a file that the class did not write it reads the types and, to the pixel, the masks that are in it."""
        read = self.read_known(tmp_path)
        expected = known_instances(self.known())
        assert len(read) == len(expected), f"{len(read)} defects, not {len(expected)}"
        if self.keeps_types:
            assert sorted(read.type_names) == sorted(expected.type_names), f"the types are {read.type_names}"
        found, wanted = self._comparable(read), self._comparable(expected)
        assert found == wanted, (
            f"its masks cover (top, left, bottom, right) {read.boxes.tolist()}, not {expected.boxes.tolist()}"
        )

    def test_outlines_come_back(self, tmp_path: Path) -> None:
        """The outline that somebody drew is kept on reading, and again on writing and reading."""
        if not self.keeps_outlines:
            pytest.skip("the suite says that this format holds no outlines")
        read = self.read_known(tmp_path)
        self.assert_outlines(read, "read from a file")
        if self.can_write:
            again = self.round_trip(LabelSet(name="known", instances={KNOWN_IMAGE: read})).labels[KNOWN_IMAGE]
            self.assert_outlines(again, "written and read again")

    def test_names_of_images_come_back(self) -> None:
        """Names with a blank, a dot, letters of other languages and capital letters are those that were written."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = LabelSet(name="named", instances=dict.fromkeys(self.image_names, self.example()))
        reading = self.round_trip(labels)
        assert set(reading.labels.images) == set(labels.images), f"of {labels.images} came {reading.labels.images}"

    def test_the_order_of_defects_is_kept(self) -> None:
        """Defects come back in the order in which they were written: tables name them by it."""
        if not self.can_write or not self.keeps_order:
            pytest.skip("this format is read only, or the suite says that it keeps no order")
        defects = known_instances(self.known())
        for order in (range(len(defects)), range(len(defects))[::-1]):
            written = defects.take(order)
            read = self.round_trip(LabelSet(name="known", instances={KNOWN_IMAGE: written})).labels[KNOWN_IMAGE]
            assert read.boxes.tolist() == written.boxes.tolist(), "the defects come back in another order"

    def test_what_it_is_given_is_left_as_it_is(self) -> None:
        """Neither the labels nor the mapping of images is changed by writing and reading."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = LabelSet(name="one", instances={"full": self.example()})
        images = self.images(labels)
        before, digest = dict(images), labels.digest()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.target
            self.make().write(labels, path, images)
            self.make().read(path, images, Taxonomy.standard())
        assert images == before, "the mapping of images is changed"
        assert labels.digest() == digest, "the labels are changed"

    def test_a_failed_write_leaves_nothing(self, tmp_path: Path) -> None:
        """Where the disk is full in the middle of a file, an error says so, and no half of a file is left."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = LabelSet(name="many", instances=dict.fromkeys([f"image-{k}" for k in range(40)], self.example()))
        images = self.images(labels)
        for name in ("whole", "half"):
            (tmp_path / name).mkdir()
        self.make().write(labels, tmp_path / "whole" / self.target, images)
        largest = max(file.stat().st_size for file in (tmp_path / "whole").rglob("*") if file.is_file())
        with full_disk(largest // 2), pytest.raises((DefectkitError, OSError)):
            self.make().write(labels, tmp_path / "half" / self.target, images)
        left = sorted(file.name for file in (tmp_path / "half").rglob("*") if file.is_file())
        assert not left, f"after an error there is {', '.join(left[:3])}"

    def test_labels_of_other_formats_are_not_taken_for_its_own(self, tmp_path: Path) -> None:
        """What the other installed formats write is not recognized, so that a file has one format."""
        labels = LabelSet(name="one", instances={KNOWN_IMAGE: known_instances((BOX,))})
        images = {KNOWN_IMAGE: Image(name=KNOWN_IMAGE, source=SealedPixels(shape=KNOWN_SHAPE))}
        for row in hooks.table(self.kind).values():
            other: type[LabelFormat] = row.cls
            if issubclass(self.cls, other) or issubclass(other, self.cls):
                continue
            path = tmp_path / row.name / f"labels{other.suffixes[0] if other.suffixes else ''}"
            path.parent.mkdir()
            try:
                other().write(labels, path, images)
            except DefectkitError:
                continue  # it writes folders, or other masks
            assert not self.cls.recognizes(path), f"labels of {row.name!r} are taken for its own"

    def test_an_image_without_a_defect_is_there(self) -> None:
        """An image that labels say is empty comes back empty, not missing."""
        if not self.can_write:
            pytest.skip("this format is read only")
        one = self.example()
        labels = LabelSet(name="two", instances={"full": one, "void": Instances.empty(one.shape, one.types)})
        read = self.round_trip(labels).labels
        assert read.images == ("full", "void"), f"of full and void there came back {read.images}"
        assert (len(read["full"]), len(read["void"])) == (len(one), 0), "void is not empty"

    def test_an_image_that_nobody_labelled_is_listed(self) -> None:
        """An image that the labels do not speak of is in ``unlabelled``, not in the labels."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = LabelSet(name="one", instances={"full": self.example()})
        reading = self.read_with_images(labels, {**self.images(labels), "other": self.image("other")})
        assert reading.labels.images == ("full",), f"labelled: {reading.labels.images}"
        assert reading.unlabelled == ("other",), f"unlabelled: {reading.unlabelled}"

    def test_labels_without_an_image_are_listed(self) -> None:
        """Labels of an image that was not given are in ``without_image`` and in the report, not in the labels."""
        if not self.can_write:
            pytest.skip("this format is read only")
        one = self.example()
        labels = LabelSet(name="two", instances={"full": one, "gone": one})
        reading = self.read_with_images(labels, {"full": self.image("full")})
        assert reading.labels.images == ("full",), f"labelled: {reading.labels.images}"
        assert any("gone" in name for name in reading.without_image), f"without an image: {reading.without_image}"
        assert len(reading.report) > 0, "the report does not speak of the labels without an image"

    @pytest.mark.parametrize("content", [b"", b"\x00\xff not labels", b"{", b"[]", b"null", b"<a/>"])
    def test_a_file_of_another_kind_is_refused(self, content: bytes, tmp_path: Path) -> None:
        """What is no file of this format ends in an error of defectkit."""
        path = tmp_path / f"strange{self.cls.suffixes[0] if self.cls.suffixes else ''}"
        path.write_bytes(content)
        with pytest.raises(DefectkitError):
            self.make().read(path, {"full": self.image("full")}, Taxonomy.standard())

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        """A path that is not there raises LabelReadError, which names it."""
        path = tmp_path / "not_there.json"
        with pytest.raises(LabelReadError, match=r"not_there\.json"):
            self.make().read(path, {"full": self.image("full")}, Taxonomy.standard())

    def test_recognizing_never_fails(self, tmp_path: Path) -> None:
        """Any path, there or not, is recognized or not."""
        binary = tmp_path / "binary.json"
        binary.write_bytes(bytes(range(256)))
        for path in (tmp_path, binary, tmp_path / "not_there.json"):
            assert self.cls.recognizes(path) is False, f"{path.name} is taken for labels"

    def image(self, name: str) -> Image:
        """Return an image of the shape of :meth:`example`."""
        return Image(name=name, source=SealedPixels(shape=self.example().shape))

    def read_with_images(self, labels: LabelSet, images: Mapping[str, Image]) -> LabelReading:
        """Return what is read of labels that were written, with other images than they were written for."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.target
            self.make().write(labels, path, self.images(labels))
            return self.make().read(path, images, Taxonomy.standard())

    def read_known(self, folder: Path) -> Instances:
        """Return what is read of the file that was made by other means."""
        path = folder / self.target
        self.write_known(path)
        image = Image(name=KNOWN_IMAGE, source=SealedPixels(shape=KNOWN_SHAPE))
        return self.make().read(path, {KNOWN_IMAGE: image}, Taxonomy.standard()).labels[KNOWN_IMAGE]

    def assert_outlines(self, read: Instances, when: str) -> None:
        """Assert that the defects of the known image have the outlines that were drawn, or those along the pixels."""
        found = sorted(np.round(read.polygons.ring(k), 3).tolist() for k in range(len(read)))
        wanted = [
            sorted([list(map(float, vertex)) for vertex in getattr(defect, form)] for defect in self.known())
            for form in ("outline", "corners")
        ]
        assert found in wanted, f"{when}, the outlines are {found}, not {wanted[0]}"

    def assert_comes_back(self, read: Instances, written: Instances, image: str) -> None:
        """Assert that the labels of an image are those that were written, as far as the format holds them."""
        assert read.shape == written.shape, f"{image}: the frame is {read.shape}, not {written.shape}"
        assert len(read) == len(written), f"{image}: {len(read)} defects, not {len(written)}"
        if self.keeps_types:
            assert sorted(read.type_names) == sorted(written.type_names), f"{image}: the types differ"
        if self.keeps_masks:
            found, expected = self._comparable(read), self._comparable(written)
            assert found == expected, f"{image}: the masks differ"

    def _comparable(self, instances: Instances) -> list[Any]:
        rows = masks_by_type(instances)
        return rows if self.keeps_types else sorted(row[1:] for row in rows)
