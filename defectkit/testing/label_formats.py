"""LabelFormatSuite: what every label format must do, as tests to inherit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import DefectkitError, LabelReadError
from defectkit.formats.interface import LabelFormat, LabelReading
from defectkit.formats.report import RepairReport
from defectkit.records import Image, Instances, LabelSet, Taxonomy
from defectkit.testing import strategies
from defectkit.testing.suite import SealedPixels, Suite, inherited


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
    keeps_types, keeps_masks : bool
        Whether types, and masks to the pixel, come back from what was written.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.formats.coco import CocoFormat
    >>> class TestCoco(LabelFormatSuite):
    ...     cls = CocoFormat
    ...     target = "labels.json"
    """

    kind: ClassVar[str] = "label_format"
    target: ClassVar[str] = "labels"
    can_write: ClassVar[bool] = True
    keeps_types: ClassVar[bool] = True
    keeps_masks: ClassVar[bool] = True

    def instances(self) -> st.SearchStrategy[Instances]:
        """Return a strategy for labels of one image that the format can hold; override it for one that holds less."""
        return strategies.instances()

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

    def test_an_image_without_a_defect_is_there(self) -> None:
        """An image that labels say is empty comes back empty, not missing."""
        if not self.can_write:
            pytest.skip("this format is read only")
        one = data_of_one_box()
        labels = LabelSet(name="two", instances={"full": one, "void": Instances.empty(one.shape, one.types)})
        read = self.round_trip(labels).labels
        assert read.images == ("full", "void"), f"of full and void there came back {read.images}"
        assert (len(read["full"]), len(read["void"])) == (1, 0), "void is not empty"

    def test_an_image_that_nobody_labelled_is_listed(self) -> None:
        """An image that the labels do not speak of is in ``unlabelled``, not in the labels."""
        if not self.can_write:
            pytest.skip("this format is read only")
        labels = LabelSet(name="one", instances={"full": data_of_one_box()})
        reading = self.read_with_images(labels, {**self.images(labels), "other": self.image("other")})
        assert reading.labels.images == ("full",), f"labelled: {reading.labels.images}"
        assert reading.unlabelled == ("other",), f"unlabelled: {reading.unlabelled}"

    def test_labels_without_an_image_are_listed(self) -> None:
        """Labels of an image that was not given are in ``without_image`` and in the report, not in the labels."""
        if not self.can_write:
            pytest.skip("this format is read only")
        one = data_of_one_box()
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
        """Return an image of the shape that the fixed examples have."""
        return Image(name=name, source=SealedPixels(shape=data_of_one_box().shape))

    def read_with_images(self, labels: LabelSet, images: Mapping[str, Image]) -> LabelReading:
        """Return what is read of labels that were written, with other images than they were written for."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.target
            self.make().write(labels, path, self.images(labels))
            return self.make().read(path, images, Taxonomy.standard())

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


def data_of_one_box() -> Instances:
    """Return the labels of an image that shows one defect, a box."""
    mask = np.zeros((16, 12), np.bool_)
    mask[3:9, 4:10] = True
    return Instances.from_masks([mask], types=["loop_111"], shape=mask.shape, known_types=strategies.TYPES)
