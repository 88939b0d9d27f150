"""App: the addresses that the page asks, each a thin layer over a function."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from defectkit import Calibration, Instances, make_detector, read_image
from defectkit.datasets import Catalogue, name_of
from defectkit.errors import DecodingError, DefectkitError, ImageReadError, RecordError, UnknownNameError
from defectkit.files import writing
from defectkit.files.decoding import parse_json
from defectkit.records.colors import type_colors
from defectkit_web import fields
from defectkit_web.comparison import comparison_of
from defectkit_web.downloads import download
from defectkit_web.edits import Start, read_edit
from defectkit_web.folder import check_shown
from defectkit_web.guard import Guard
from defectkit_web.jobs import Jobs, Task, find_in_box
from defectkit_web.journal import key_of
from defectkit_web.labels import read_from
from defectkit_web.menu import detectors
from defectkit_web.pictures import TILE
from defectkit_web.results import results_of
from defectkit_web.session import Session
from defectkit_web.shapes import shapes
from defectkit_web.versions import save_version
from defectkit_web.work import Work, changed_ids

PAGE = Path(__file__).parent / "page"
BODY_BYTES = 4 * 2**20
"""The longest request that is not an image."""
PREVIEW_PIXELS = 1024 * 1024
"""Of a larger visible part, so many pixels around its middle are previewed."""
KEEP_ALIVE_S, LOOK_S = 15.0, 0.1

Answer = dict[str, Any]
Handler = Callable[[Request, Any], Answer | Response]


class TooLargeError(ImageReadError):
    """A request that has more bytes than it may have."""


class BehindError(RecordError):
    """An edit of a page that does not know of the last one."""


def make_app(
    session: Session, *, token: str, host: str, upload_bytes: int = 2**30, jobs: Jobs | None = None
) -> ASGIApp:
    """Return the application of a session, behind its guard.

    Parameters
    ----------
    session : Session
    token : str
    host : str
        Host and port that it answers to.
    upload_bytes : int
        Largest image that may be dropped.
    jobs : Jobs, optional
        Of the session; whoever gives them can wait for the one that runs.
    """
    jobs = jobs or Jobs(session=session)
    jobs.recall()
    pages = _Pages(session=session, jobs=jobs, upload_bytes=upload_bytes)
    routes = [
        Route("/", pages.index),
        Route("/api/folder", _reading(pages.folder)),
        Route("/api/uploads/{name}", pages.upload, methods=["PUT"]),
        Route("/api/images/{key}", _reading(pages.image)),
        Route("/api/images/{key}/tiles/{level:int}/{column:int}_{row:int}.png", _reading(pages.tile)),
        Route("/api/images/{key}/defects", _reading(pages.defects)),
        Route("/api/images/{key}/results", _reading(pages.results)),
        Route("/api/images/{key}/comparison", _reading(pages.comparison)),
        Route("/api/images/{key}/edits", _writing(pages.edit), methods=["POST"]),
        Route("/api/images/{key}/undo", _writing(pages.undo), methods=["POST"]),
        Route("/api/images/{key}/redo", _writing(pages.redo), methods=["POST"]),
        Route("/api/images/{key}/calibration", _writing(pages.calibrate), methods=["POST"]),
        Route("/api/images/{key}/preview", _writing(pages.preview), methods=["POST"]),
        Route("/api/labels", _writing(pages.start_from_labels), methods=["POST"]),
        Route("/api/truth", _writing(pages.set_truth), methods=["POST"]),
        Route("/api/jobs", _writing(pages.begin), methods=["POST"]),
        Route("/api/jobs/resume", _writing(pages.resume), methods=["POST"]),
        Route("/api/jobs/stop", _writing(pages.stop), methods=["POST"]),
        Route("/api/jobs/events", pages.events),
        Route("/api/versions", _writing(pages.save), methods=["POST"]),
        Route("/api/downloads/{name}", _reading(pages.download)),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    app = Starlette(routes=routes, exception_handlers={DefectkitError: _sentence})
    return Guard(app, token=token, host=host)


@attrs.define(kw_only=True, eq=False)
class _Pages:
    session: Session
    jobs: Jobs
    upload_bytes: int
    truth: Mapping[str, Instances] = attrs.field(factory=dict, init=False)
    truth_source: str = attrs.field(default="", init=False)

    async def index(self, request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    def folder(self, request: Request) -> Answer:
        self.session.refresh()
        taxonomy = self.session.taxonomy()
        colors = type_colors(taxonomy.names, taxonomy)
        return {
            "name": self.session.folder.path.name,
            "images": [self._row(key, work) for key, work in self.session.works.items()],
            "faults": list(self.session.faults),
            "types": [{"name": t.name, "title": t.title, "color": colors[t.name]} for t in taxonomy],
            "detectors": detectors(),
            "job": None if self.jobs.task is None else self.jobs.task.as_json(),
            "truth": self.truth_source,
            "dataset": name_of(self.session.folder.path) if _has_letters(self.session.folder.path.name) else "mine",
            "datasets": list(_own_datasets()),
            "upload_bytes": self.upload_bytes,
        }

    async def upload(self, request: Request) -> Response:
        place = self.session.folder.new_file(request.path_params["name"])
        part = self.session.folder.session / "upload" / place.name
        with writing(place):
            part.parent.mkdir(exist_ok=True)
            try:
                await _receive(request, part, self.upload_bytes)
                await run_in_threadpool(_check_image, part)
                part.rename(place)
            finally:
                part.unlink(missing_ok=True)
        await run_in_threadpool(self.session.refresh)
        return JSONResponse({"images": [key_of(place.stem)]}, HTTPStatus.CREATED)

    def image(self, request: Request) -> Answer:
        work = self._work(request)
        picture = self.session.gallery.picture(work.image)
        image, calibration = work.image, work.image.calibration
        height, width = image.shape
        return self._row(request.path_params["key"], work) | {
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
        parts = request.path_params
        picture = self.session.gallery.picture(self._work(request).image)
        tile = picture.tile(parts["level"], parts["column"], parts["row"])
        return Response(tile, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    def defects(self, request: Request) -> Answer:
        work = self._work(request)
        with work.lock:
            return self._state(work) | {"defects": shapes(work.instances)}

    def results(self, request: Request) -> Answer:
        return results_of(self._work(request))

    def comparison(self, request: Request) -> Answer:
        work = self._work(request)
        truth = self.truth.get(work.opened.name)
        if truth is None:
            raise UnknownTruthError("there is no truth for this image; open one first")
        return comparison_of(truth, work.instances, source=self.truth_source)

    def edit(self, request: Request, body: Any) -> Answer:
        body = fields.checked_object(body, ("revision", "edit"))
        edit = read_edit(body["edit"])
        if isinstance(edit, Start):
            raise DecodingError("what a detector found comes from a job, not from the page")
        return self._changed(request, lambda work: work.apply(edit), body["revision"])

    def undo(self, request: Request, body: Any) -> Answer:
        return self._changed(request, Work.undo, fields.checked_object(body, ("revision",))["revision"])

    def redo(self, request: Request, body: Any) -> Answer:
        return self._changed(request, Work.redo, fields.checked_object(body, ("revision",))["revision"])

    def calibrate(self, request: Request, body: Any) -> Answer:
        body = fields.checked_object(body, (), ("pixel_size", "foil_thickness", "scale_bar"))
        size, thickness = body.get("pixel_size"), body.get("foil_thickness")
        if body.get("scale_bar") is not None:
            size = _size_of_bar(body["scale_bar"])
        work = self._work(request)
        work.calibrate(
            None if not size else fields.text(size, "the pixel size"),
            None if not thickness else fields.text(thickness, "the foil thickness"),
        )
        return self.image(request)

    def preview(self, request: Request, body: Any) -> Answer:
        body = fields.checked_object(body, ("detector", "options", "box"))
        work = self._work(request)
        top, left, bottom, right = _visible(body["box"], work.opened.shape)
        detector = make_detector(fields.text(body["detector"], "the detector"), options=_options(body["options"]))
        found = find_in_box(detector, work.image, (top, left, bottom, right))
        return {"box": [top, left, bottom, right], "defects": shapes(found)}

    def start_from_labels(self, request: Request, body: Any) -> Answer:
        source = fields.text(fields.checked_object(body, ("source",))["source"], "the labels")
        found = read_from(self.session, source)
        for name, instances in found.items():
            digest = self.session.journal.keep(instances)
            self.session.work(key_of(name)).apply(Start(digest=digest, origin=source))
        return {"images": sorted(found)}

    def set_truth(self, request: Request, body: Any) -> Answer:
        source = fields.text(fields.checked_object(body, ("source",))["source"], "the truth")
        self.truth = read_from(self.session, source) if source else {}
        self.truth_source = source
        return {"images": sorted(self.truth)}

    def begin(self, request: Request, body: Any) -> Answer:
        body = fields.checked_object(body, ("detector", "options", "images"))
        if not isinstance(body["images"], list) or not body["images"]:
            raise DecodingError("the job names no image")
        keys = tuple(fields.text(key, "a key") for key in body["images"])
        wanted = [key for key in keys if len(keys) == 1 or not self.session.work(key).is_corrected]
        if not wanted:
            raise DecodingError(
                "every image was corrected already, and none of them is found again together with others"
            )
        for key in wanted:
            self.session.work(key)
        detector = fields.text(body["detector"], "the detector")
        self.jobs.begin(Task(detector=detector, options=_options(body["options"]), images=tuple(wanted)))
        return {"left": len(keys) - len(wanted)}

    def resume(self, request: Request, body: Any) -> Answer:
        self.jobs.resume()
        return {}

    def stop(self, request: Request, body: Any) -> Answer:
        self.jobs.stop()
        return {}

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._events(request), media_type="text/event-stream")

    def save(self, request: Request, body: Any) -> Answer:
        body = fields.checked_object(body, ("dataset", "set", "annotator"), ("description",))
        annotator = fields.text(body["annotator"], "the name of who corrected it")
        if not annotator:
            raise DecodingError("say who corrected it: a version has an author")
        return save_version(
            self.session,
            dataset=fields.text(body["dataset"], "the data set", longest=80),
            name=fields.text(body["set"], "the label set", longest=80),
            annotator=annotator,
            description=fields.text(body.get("description", ""), "the description", longest=2000),
        )

    def download(self, request: Request) -> Response:
        name = request.path_params["name"]
        content, kind = download(self.session, name)
        return Response(content, media_type=kind, headers={"Content-Disposition": f"attachment; filename={name}"})

    def _work(self, request: Request) -> Work:
        return self.session.work(request.path_params["key"])

    def _row(self, key: str, work: Work) -> Answer:
        with work.lock:
            return {
                "key": key,
                "name": work.opened.name,
                "started": work.is_started,
                "corrected": work.is_corrected,
                "count": len(work.instances),
                "has_truth": work.opened.name in self.truth,
            }

    def _state(self, work: Work) -> Answer:
        return {
            "revision": work.revision,
            "can_undo": bool(work.entry.edits),
            "can_redo": bool(work.entry.undone),
            "n": len(work.instances),
        }

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
            return self._state(work) | {
                "removed": gone,
                "changed": shapes(work.instances, work.drawing.indices(new).tolist()),
            }

    async def _events(self, request: Request) -> AsyncIterator[str]:
        sent, waited = -1, 0.0
        while True:
            if self.jobs.version != sent:
                sent, waited = self.jobs.version, 0.0
                task = self.jobs.task
                yield f"data: {json.dumps(None if task is None else task.as_json())}\n\n"
            elif waited >= KEEP_ALIVE_S:
                waited = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(LOOK_S)
            waited += LOOK_S


class UnknownTruthError(UnknownNameError):
    """A truth that was not opened."""


def _reading(handler: Callable[[Request], Answer | Response]) -> Any:
    def endpoint(request: Request) -> Response:
        return _as_response(handler(request))

    return endpoint


def _writing(handler: Handler) -> Any:
    async def endpoint(request: Request) -> Response:
        body = await _json_body(request)
        return _as_response(await run_in_threadpool(handler, request, body))

    return endpoint


def _as_response(answer: Answer | Response) -> Response:
    return answer if isinstance(answer, Response) else JSONResponse(answer)


async def _json_body(request: Request) -> Any:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES:
            raise TooLargeError(f"the request has more than {BODY_BYTES} bytes")
        parts.append(part)
    try:
        text = b"".join(parts).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodingError("the request is not text in UTF-8") from error
    return parse_json(text, where="the request")


async def _receive(request: Request, path: Path, limit: int) -> None:
    size = 0
    with path.open("wb") as stream:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise TooLargeError(f"{path.name} has more than the {limit} bytes that may be dropped (--upload-limit)")
            stream.write(part)
        stream.flush()
        os.fsync(stream.fileno())


def _check_image(path: Path) -> None:
    image = read_image(path)
    check_shown(image)
    image.box(0, 0, 1, 1)


def _sentence(request: Request, error: Exception) -> Response:
    """Answer an error with its message, one sentence, and the status that it has."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY)
    return JSONResponse({"error": str(error).splitlines()[0]}, status)


_STATUS: dict[type[Exception], HTTPStatus] = {
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BehindError: HTTPStatus.CONFLICT,
    UnknownNameError: HTTPStatus.NOT_FOUND,
    DecodingError: HTTPStatus.BAD_REQUEST,
}


def _options(value: Any) -> dict[str, Any]:
    """Return the options of a detector; one that is left empty has its default."""
    if not isinstance(value, dict) or len(value) > 50:
        raise DecodingError("the options of a detector are a JSON object")
    return {fields.text(name, "the name of an option"): _option(each) for name, each in value.items() if each != ""}


def _option(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    given = fields.text(value, "the value of an option")
    with suppress(DecodingError):
        plain = parse_json(given, where="an option")
        if isinstance(plain, bool | int | float):
            return plain
    return given


def _visible(value: Any, shape: tuple[int, int]) -> tuple[int, int, int, int]:
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


def _size_of_bar(value: Any) -> str:
    """Return the pixel size of a line along a scale bar that is so long."""
    bar = fields.checked_object(value, ("line", "length"))
    start, end = fields.points(bar["line"], "the scale bar", fewest=2)[:2]
    pixels = math.hypot(*(end - start))
    if pixels < 2:
        raise DecodingError("the line along the scale bar is shorter than two pixels; draw it again")
    from defectkit.units import as_quantity

    length = as_quantity(fields.text(bar["length"], "the length of the scale bar"), "nanometer", what="scale bar")
    return f"{float(length.magnitude) / pixels!r} nm"


def _thickness_nm(calibration: Calibration | None) -> float | None:
    if calibration is None or calibration.foil_thickness is None:
        return None
    return float(calibration.foil_thickness.magnitude)


def _has_letters(name: str) -> bool:
    return any(c.isascii() and c.isalnum() for c in name.casefold())


def _own_datasets() -> list[str]:
    catalogue = Catalogue.standard()
    return [name for name in catalogue.names() if catalogue.find(name).is_stored]
