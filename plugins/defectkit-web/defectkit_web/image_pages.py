"""Image pages: what is asked of one image, and done to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from defectkit import Calibration, make_detector
from defectkit.errors import DecodingError, UnknownNameError
from defectkit.units import as_quantity
from defectkit_web import fields
from defectkit_web.answers import Answer, BehindError
from defectkit_web.comparison import comparison_of
from defectkit_web.edits import Start, read_edit
from defectkit_web.jobs import find_in_box
from defectkit_web.menu import options_of
from defectkit_web.pictures import TILE
from defectkit_web.results import results_of
from defectkit_web.session import Session
from defectkit_web.shapes import shapes
from defectkit_web.work import Work, changed_ids

PREVIEW_PIXELS = 1024 * 1024
"""Of a larger visible part, so many pixels around its middle are previewed."""


class UnknownTruthError(UnknownNameError):
    """A truth that was not opened."""


@attrs.frozen(kw_only=True, eq=False)
class ImagePages:
    """The handlers of one image; its key is in the address.

    Parameters
    ----------
    session : Session
    """

    session: Session

    def image(self, request: Request) -> Answer:
        """Answer with what is known of an image."""
        work = self._work(request)
        picture = self.session.gallery.picture(work.image)
        image, calibration = work.image, work.image.calibration
        height, width = image.shape
        return image_row(self.session, request.path_params["key"], work) | {
            "height": height,
            "width": width,
            "dtype": str(image.dtype),
            "tile": TILE,
            "levels": len(picture.levels),
            "pixel_size_nm": None if calibration is None else calibration.pixel_size_nm[1],
            "pixel_size_source": None if calibration is None else str(calibration.pixel_size_source),
            "foil_thickness_nm": _thickness_nm(calibration),
            "cautions": list(image.cautions),
            "excluded": [place.reason for place in image.excluded],
        }

    def tile(self, request: Request) -> Response:
        """Answer with a tile of its picture."""
        parts = request.path_params
        picture = self.session.gallery.picture(self._work(request).image)
        tile = picture.tile(parts["level"], parts["column"], parts["row"])
        return Response(tile, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    def defects(self, request: Request) -> Answer:
        """Answer with all its defects."""
        work = self._work(request)
        with work.lock:
            return _state(work) | {"defects": shapes(work.instances)}

    def results(self, request: Request) -> Answer:
        """Answer with what follows from its defects."""
        return results_of(self._work(request))

    def comparison(self, request: Request) -> Answer:
        """Answer with hits, misses and false finds."""
        work = self._work(request)
        truth = self.session.truth.get(work.opened.name)
        if truth is None:
            raise UnknownTruthError("there is no truth for this image; open one first")
        return comparison_of(truth, work.instances, source=self.session.truth_source)

    def edit(self, request: Request, body: Any) -> Answer:
        """Do an edit."""
        body = fields.checked_object(body, ("revision", "edit"))
        edit = read_edit(body["edit"])
        if isinstance(edit, Start):
            raise DecodingError("what a detector found comes from a job, not from the page")
        return self._changed(request, lambda work: work.apply(edit), body["revision"])

    def undo(self, request: Request, body: Any) -> Answer:
        """Take the last edit back."""
        return self._changed(request, Work.undo, fields.checked_object(body, ("revision",))["revision"])

    def redo(self, request: Request, body: Any) -> Answer:
        """Do again what was undone last."""
        return self._changed(request, Work.redo, fields.checked_object(body, ("revision",))["revision"])

    def calibrate(self, request: Request, body: Any) -> Answer:
        """Give it a pixel size, by a number or along the scale bar, or a foil thickness."""
        body = fields.checked_object(body, (), ("pixel_size", "foil_thickness", "scale_bar"))
        size, thickness = body.get("pixel_size"), body.get("foil_thickness")
        if body.get("scale_bar") is not None:
            size = size_along_bar(body["scale_bar"])
        work = self._work(request)
        work.calibrate(
            None if not size else fields.text(size, "the pixel size"),
            None if not thickness else fields.text(thickness, "the foil thickness"),
        )
        return self.image(request)

    def preview(self, request: Request, body: Any) -> Answer:
        """Answer with what a detector would find in the visible part."""
        body = fields.checked_object(body, ("detector", "options", "box"))
        work = self._work(request)
        top, left, bottom, right = visible_box(body["box"], work.opened.shape)
        detector = make_detector(fields.text(body["detector"], "the detector"), options=options_of(body["options"]))
        found = find_in_box(detector, work.image, (top, left, bottom, right))
        return {"box": [top, left, bottom, right], "defects": shapes(found)}

    def _work(self, request: Request) -> Work:
        return self.session.work(request.path_params["key"])

    def _changed(self, request: Request, do: Callable[[Work], None], revision: Any) -> Answer:
        work = self._work(request)
        with work.lock:
            if work.revision != fields.whole_number(revision, "the revision"):
                raise BehindError(
                    "the image was changed meanwhile, by a job or another window; it is shown as it is now"
                )
            before = work.instances
            do(work)
            gone, new = changed_ids(before, work.instances)
            return _state(work) | {
                "removed": gone,
                "changed": shapes(work.instances, work.drawing.indices(new).tolist()),
            }


def image_row(session: Session, key: str, work: Work) -> Answer:
    """Return what the list of images says of one."""
    with work.lock:
        return {
            "key": key,
            "name": work.opened.name,
            "started": work.is_started,
            "corrected": work.is_corrected,
            "count": len(work.instances),
            "has_truth": work.opened.name in session.truth,
        }


def _state(work: Work) -> Answer:
    return {
        "revision": work.revision,
        "can_undo": bool(work.entry.edits),
        "can_redo": bool(work.entry.undone),
        "n": len(work.instances),
    }


def visible_box(value: Any, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the visible part of an image of ``shape``, or its middle where it is large: top, left, bottom, right.

    Raises
    ------
    DecodingError
        If it is no box, or too small.
    """
    (top, left), (bottom, right) = fields.points(value, "the visible part", fewest=2)[:2].tolist()
    top, left = max(0.0, top), max(0.0, left)
    bottom, right = min(float(shape[0]), bottom), min(float(shape[1]), right)
    if bottom - top < 8 or right - left < 8:
        raise DecodingError("too little of the image is visible for a preview; zoom out")
    excess = (bottom - top) * (right - left) / PREVIEW_PIXELS
    if excess > 1:
        shrink = (1 - 1 / math.sqrt(excess)) / 2
        dy, dx = (bottom - top) * shrink, (right - left) * shrink
        top, bottom, left, right = top + dy, bottom - dy, left + dx, right - dx
    return int(top), int(left), math.ceil(bottom), math.ceil(right)


def size_along_bar(value: Any) -> str:
    """Return the pixel size by a line along a scale bar and the length of the bar, as a text with its unit.

    Raises
    ------
    DecodingError, UnitError
        If there is no line, or the length has no unit.
    """
    bar = fields.checked_object(value, ("line", "length"))
    start, end = fields.points(bar["line"], "the scale bar", fewest=2)[:2]
    pixels = math.hypot(*(end - start))
    if pixels < 2:
        raise DecodingError("the line along the scale bar is shorter than two pixels; draw it again")
    length = as_quantity(fields.text(bar["length"], "the length of the scale bar"), "nanometer", what="scale bar")
    return f"{float(length.magnitude) / pixels!r} nm"


def _thickness_nm(calibration: Calibration | None) -> float | None:
    if calibration is None or calibration.foil_thickness is None:
        return None
    return float(calibration.foil_thickness.magnitude)
