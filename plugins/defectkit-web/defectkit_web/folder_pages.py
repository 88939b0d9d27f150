"""Folder pages: what is asked of the folder, and done to all its images."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import attrs
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from defectkit import read_image
from defectkit.datasets import Catalogue, name_of
from defectkit.errors import DecodingError
from defectkit.files import writing
from defectkit.records.colors import type_colors
from defectkit_web import fields
from defectkit_web.answers import Answer, receive
from defectkit_web.downloads import download
from defectkit_web.edits import Start
from defectkit_web.folder import check_shown
from defectkit_web.image_pages import image_row
from defectkit_web.jobs import Jobs, Task
from defectkit_web.journal import key_of
from defectkit_web.labels import read_from
from defectkit_web.menu import detectors, options_of
from defectkit_web.session import Session
from defectkit_web.versions import save_version

PAGE = Path(__file__).parent / "page"
KEEP_ALIVE_S, LOOK_S = 15.0, 0.1


@attrs.frozen(kw_only=True, eq=False)
class FolderPages:
    """The handlers of the folder.

    Parameters
    ----------
    session : Session
    jobs : Jobs
    upload_bytes : int
        Largest image that may be dropped.
    """

    session: Session
    jobs: Jobs
    upload_bytes: int

    async def index(self, request: Request) -> Response:
        """Answer with the page."""
        return FileResponse(PAGE / "index.html")

    def folder(self, request: Request) -> Answer:
        """Answer with the images of the folder, the types, the detectors and the last job."""
        if not self.jobs.is_running:
            self.session.refresh()
        taxonomy = self.session.taxonomy()
        colors = type_colors(taxonomy.names, taxonomy)
        return {
            "name": self.session.folder.path.name,
            "images": [image_row(self.session, key, work) for key, work in self.session.works.items()],
            "faults": list(self.session.faults),
            "types": [{"name": t.name, "title": t.title, "color": colors[t.name]} for t in taxonomy],
            "detectors": detectors(),
            "job": None if self.jobs.task is None else self.jobs.task.as_json(),
            "truth": self.session.truth_source,
            "dataset": name_of(self.session.folder.path) if _has_letters(self.session.folder.path.name) else "mine",
            "datasets": list(_own_datasets()),
            "upload_bytes": self.upload_bytes,
        }

    async def upload(self, request: Request) -> Response:
        """Put a new image into the folder."""
        place = self.session.folder.new_file(request.path_params["name"])
        part = self.session.folder.session / "upload" / place.name
        with writing(place):
            part.parent.mkdir(exist_ok=True)
            try:
                await receive(request, part, self.upload_bytes)
                await run_in_threadpool(_check_image, part)
                part.rename(place)
            finally:
                part.unlink(missing_ok=True)
        await run_in_threadpool(self.session.refresh)
        return JSONResponse({"images": [key_of(place.stem)]}, HTTPStatus.CREATED)

    def start_from_labels(self, request: Request, body: Any) -> Answer:
        """Start images from labels."""
        source = fields.text(fields.checked_object(body, ("source",))["source"], "the labels")
        found = read_from(self.session, source)
        for name, instances in found.items():
            digest = self.session.journal.keep(instances)
            self.session.work(key_of(name)).apply(Start(digest=digest, origin=source))
        return {"images": sorted(found)}

    def set_truth(self, request: Request, body: Any) -> Answer:
        """Compare images with labels, or with nothing."""
        source = fields.text(fields.checked_object(body, ("source",))["source"], "the truth")
        self.session.truth = read_from(self.session, source) if source else {}
        self.session.truth_source = source
        return {"images": sorted(self.session.truth)}

    def begin(self, request: Request, body: Any) -> Answer:
        """Begin a job."""
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
        self.jobs.begin(Task(detector=detector, options=options_of(body["options"]), images=tuple(wanted)))
        return {"left": len(keys) - len(wanted)}

    def resume(self, request: Request, body: Any) -> Answer:
        """Take the last job up again."""
        self.jobs.resume()
        return {}

    def stop(self, request: Request, body: Any) -> Answer:
        """Stop the job."""
        self.jobs.stop()
        return {}

    async def events(self, request: Request) -> Response:
        """Answer with a stream of what becomes of the job."""
        return StreamingResponse(self._events(), media_type="text/event-stream")

    def save(self, request: Request, body: Any) -> Answer:
        """Save a label version."""
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
        """Answer with a file."""
        name = request.path_params["name"]
        content, kind = download(self.session, name)
        return Response(content, media_type=kind, headers={"Content-Disposition": "attachment"})

    async def _events(self) -> AsyncIterator[str]:
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


def _check_image(path: Path) -> None:
    image = read_image(path)
    check_shown(image)
    image.box(0, 0, 1, 1)


def _has_letters(name: str) -> bool:
    return any(c.isascii() and c.isalnum() for c in name.casefold())


def _own_datasets() -> list[str]:
    catalogue = Catalogue.standard()
    return [name for name in catalogue.names() if catalogue.find(name).is_stored]
