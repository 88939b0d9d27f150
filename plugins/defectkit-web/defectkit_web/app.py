"""App: which address is answered by what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from defectkit.errors import DefectkitError
from defectkit_web.answers import reading, sentence, writing_answer
from defectkit_web.folder_pages import PAGE, FolderPages
from defectkit_web.guard import Guard
from defectkit_web.image_pages import ImagePages
from defectkit_web.jobs import Jobs
from defectkit_web.session import Session


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
    folder = FolderPages(session=session, jobs=jobs, upload_bytes=upload_bytes)
    images = ImagePages(session=session)
    routes = [
        Route("/", folder.index),
        Route("/api/folder", reading(folder.folder)),
        Route("/api/uploads/{name}", folder.upload, methods=["PUT"]),
        Route("/api/images/{key}", reading(images.image)),
        Route("/api/images/{key}/tiles/{level:int}/{column:int}_{row:int}.png", reading(images.tile)),
        Route("/api/images/{key}/defects", reading(images.defects)),
        Route("/api/images/{key}/results", reading(images.results)),
        Route("/api/images/{key}/comparison", reading(images.comparison)),
        Route("/api/images/{key}/edits", writing_answer(images.edit), methods=["POST"]),
        Route("/api/images/{key}/undo", writing_answer(images.undo), methods=["POST"]),
        Route("/api/images/{key}/redo", writing_answer(images.redo), methods=["POST"]),
        Route("/api/images/{key}/calibration", writing_answer(images.calibrate), methods=["POST"]),
        Route("/api/images/{key}/preview", writing_answer(images.preview), methods=["POST"]),
        Route("/api/labels", writing_answer(folder.start_from_labels), methods=["POST"]),
        Route("/api/truth", writing_answer(folder.set_truth), methods=["POST"]),
        Route("/api/jobs", writing_answer(folder.begin), methods=["POST"]),
        Route("/api/jobs/resume", writing_answer(folder.resume), methods=["POST"]),
        Route("/api/jobs/stop", writing_answer(folder.stop), methods=["POST"]),
        Route("/api/jobs/events", folder.events),
        Route("/api/versions", writing_answer(folder.save), methods=["POST"]),
        Route("/api/downloads/{name}", reading(folder.download)),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    app = Starlette(routes=routes, exception_handlers={DefectkitError: sentence})
    return Guard(app, token=token, host=host)
