"""Work: an image that is corrected, with its edits, undo and redo."""

from __future__ import annotations

from threading import RLock

import attrs
import numpy as np

from defectkit import Calibration, Image, Instances
from defectkit.errors import RecordError
from defectkit.records import Field
from defectkit.workflows import FieldRule
from defectkit_web.edits import Drawing, Edit, Start
from defectkit_web.journal import Entry, Journal, last_start

MOST_STATES = 24
"""Drawings that are kept in memory, so that undoing is quick; older ones are drawn again from the edits."""


@attrs.define(kw_only=True, eq=False)
class Work:
    """An image with its edits.

    Parameters
    ----------
    opened : Image
        As the file says.
    journal : Journal
    entry : Entry
    """

    opened: Image
    journal: Journal
    entry: Entry
    lock: RLock = attrs.field(factory=RLock, init=False)
    _states: dict[int, Drawing] = attrs.field(factory=dict, init=False)
    _field: Image | None = attrs.field(default=None, init=False)
    revision: int = attrs.field(default=0, init=False)

    @classmethod
    def open(cls, image: Image, journal: Journal) -> Work:
        """Return the work at an image as it was left.

        Raises
        ------
        DecodingError
            If what was written of it is damaged.
        """
        return cls(opened=image, journal=journal, entry=journal.read(image.name, image.shape))

    @property
    def image(self) -> Image:
        """The image, calibrated by what was given on the page where something was."""
        calibration, entry = self.opened.calibration, self.entry
        if entry.pixel_size is not None:
            thickness = calibration.foil_thickness if calibration is not None else None
            calibration = Calibration.square(entry.pixel_size, foil_thickness=entry.foil_thickness or thickness)
        elif entry.foil_thickness is not None and calibration is not None:
            calibration = attrs.evolve(calibration, foil_thickness=entry.foil_thickness, foil_thickness_source="given")
        return attrs.evolve(self.opened, calibration=calibration)

    @property
    def instances(self) -> Instances:
        """The defects as they are now."""
        return self.drawing.instances

    @property
    def drawing(self) -> Drawing:
        """The defects as they are now, and the next id."""
        with self.lock:
            return self._at(len(self.entry.edits))

    @property
    def is_started(self) -> bool:
        """Whether anything was done to the image."""
        return bool(self.entry.edits)

    @property
    def is_corrected(self) -> bool:
        """Whether somebody changed what was found."""
        start = last_start(self.entry.edits)
        return len(self.entry.edits) > (0 if start is None else start + 1)

    def start(self) -> tuple[str, Instances] | None:
        """Return where the defects came from, and as what, before anybody changed them; None if all are drawn."""
        with self.lock:
            place = last_start(self.entry.edits)
            if place is None:
                return None
            edit = self.entry.edits[place]
            return (edit.origin if isinstance(edit, Start) else ""), self._at(place + 1).instances

    def apply(self, edit: Edit) -> None:
        """Do an edit; it is on the disk when this returns.

        Raises
        ------
        DefectkitError
            If it cannot be done, or not be written; nothing has changed then.
        """
        with self.lock:
            made = edit.apply(self.drawing, self.journal.found)
            n = len(self.entry.edits)
            self._write(attrs.evolve(self.entry, edits=(*self.entry.edits, edit), undone=()))
            self._states = {k: state for k, state in self._states.items() if k <= n}
            self._keep(n + 1, made, near=n + 1)

    def undo(self) -> None:
        """Take the last edit back.

        Raises
        ------
        RecordError
            If there is none.
        """
        with self.lock:
            if not self.entry.edits:
                raise RecordError("there is nothing to undo in this image")
            *edits, last = self.entry.edits
            self._write(attrs.evolve(self.entry, edits=tuple(edits), undone=(last, *self.entry.undone)))

    def redo(self) -> None:
        """Do again what was undone last.

        Raises
        ------
        RecordError
            If there is nothing.
        """
        with self.lock:
            if not self.entry.undone:
                raise RecordError("there is nothing to do again in this image")
            first, *undone = self.entry.undone
            self._write(attrs.evolve(self.entry, edits=(*self.entry.edits, first), undone=tuple(undone)))

    def calibrate(self, pixel_size: str | None, foil_thickness: str | None) -> None:
        """Give the image a pixel size, a foil thickness or both; None leaves that of the file.

        Raises
        ------
        DefectkitError
            If one is no length above 0.
        """
        with self.lock:
            before = self.entry
            given = attrs.evolve(before, pixel_size=pixel_size, foil_thickness=foil_thickness)
            if pixel_size is None and foil_thickness is not None and self.opened.calibration is None:
                raise RecordError("a foil thickness alone calibrates nothing; give the pixel size, too")
            self.entry = given
            try:
                image = self.image
                doubts = image.calibration.doubts(image.shape) if image.calibration is not None else ()
                if doubts:
                    raise RecordError(f"that would be {doubts[0]}; check the number and its unit")
                self._write(given)
            except BaseException:
                self.entry = before
                raise

    def counted(self) -> tuple[Image, Instances]:
        """Return the image with the places that do not count, and the defects that do, as `measure` has them."""
        with self.lock:
            if self._field is None:
                self._field = FieldRule().without_overprints(self.opened)
            drawn = self.instances
            own = self.opened.excluded
            places = tuple(
                place
                for place in self._field.excluded
                if place in own or Field(shape=drawn.shape, excluded=(place,)).counts(drawn).all()
            )
            image = attrs.evolve(self.image, excluded=places)
            return image, image.field.restrict(drawn)

    def _at(self, n: int) -> Drawing:
        known = max((k for k in self._states if k <= n), default=0)
        drawing = self._states[known] if known else Drawing(instances=Instances.empty(self.opened.shape))
        for k in range(known, n):
            drawing = self.entry.edits[k].apply(drawing, self.journal.found)
            if k + 1 > n - MOST_STATES:
                self._keep(k + 1, drawing, near=n)
        return drawing

    def _keep(self, n: int, drawing: Drawing, *, near: int) -> None:
        """Keep a drawing, and of all those that are nearest to one edit."""
        self._states[n] = drawing
        for far in sorted(self._states, key=lambda k: abs(k - near))[MOST_STATES:]:
            del self._states[far]

    def _write(self, entry: Entry) -> None:
        self.journal.write(self.opened.name, self.opened.shape, entry)
        self.entry = entry
        self.revision += 1


def changed_ids(before: Instances, after: Instances) -> tuple[list[int], list[int]]:
    """Return the ids of the defects that are gone, and those that are new or otherwise."""
    old, new = _contents(before), _contents(after)
    return [k for k in old if k not in new], [k for k, content in new.items() if old.get(k) != content]


def _contents(instances: Instances) -> dict[int, tuple[str, bytes]]:
    runs = instances.runs
    columns = np.column_stack((runs.row, runs.start, runs.end))
    return {
        int(each): (name, columns[runs.offsets[k] : runs.offsets[k + 1]].tobytes())
        for k, (each, name) in enumerate(zip(instances.ids, instances.type_names, strict=True))
    }
