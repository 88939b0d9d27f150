"""Jobs: a detector over many images, in a thread, that can be stopped and taken up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit import Image, Instances, make_detector
from defectkit.detectors import Detector, detect
from defectkit.errors import DecodingError, DefectkitError, OutputError
from defectkit.files import write_text
from defectkit.files.decoding import read_json
from defectkit_web import fields
from defectkit_web.edits import Start
from defectkit_web.session import Session

RUNNING, STOPPED, DONE, FAILED = "running", "stopped", "done", "failed"


@attrs.frozen(kw_only=True)
class Task:
    """What a job is to do, and how far it got.

    Parameters
    ----------
    detector : str
    options : mapping of str to Any
    images : tuple of str
        Keys, in order.
    done : tuple of str
        Those that are done.
    state : str
        ``running``, ``stopped``, ``done`` or ``failed``.
    message : str
        What a person has to know: why it failed, what is looked at.
    """

    detector: str
    options: Mapping[str, Any]
    images: tuple[str, ...]
    done: tuple[str, ...] = ()
    state: str = RUNNING
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return attrs.asdict(self) | {"options": dict(self.options)}


@attrs.define(kw_only=True, eq=False)
class Jobs:
    """The job of a session; one runs at a time, and the last one is on the disk.

    Parameters
    ----------
    session : Session
    """

    session: Session
    task: Task | None = attrs.field(default=None, init=False)
    version: int = attrs.field(default=0, init=False)
    _stopping: threading.Event = attrs.field(factory=threading.Event, init=False)
    _thread: threading.Thread | None = attrs.field(default=None, init=False)
    _lock: threading.RLock = attrs.field(factory=threading.RLock, init=False)

    @property
    def path(self) -> Path:
        """The file of the last job."""
        return self.session.folder.session / "job.json"

    @property
    def is_running(self) -> bool:
        """Whether a job is at work."""
        return self._thread is not None and self._thread.is_alive()

    def recall(self) -> None:
        """Read the last job; one that was running when the server was ended is a stopped one.

        Raises
        ------
        DecodingError
            If its file is damaged.
        """
        if not self.path.is_file():
            return
        names = tuple(field.name for field in attrs.fields(Task))
        value = fields.checked_object(read_json(self.path), names)
        if not isinstance(value["options"], dict) or value["state"] not in (RUNNING, STOPPED, DONE, FAILED):
            raise DecodingError(f"{self.path} is damaged; remove it")
        lists = {name: tuple(fields.text(key, "a key") for key in value[name]) for name in ("images", "done")}
        self.task = Task(**{**value, **lists})
        if self.task.state == RUNNING:
            self.task = attrs.evolve(self.task, state=STOPPED, message="the server was ended; resume to go on")

    def begin(self, task: Task) -> None:
        """Start a job, or one that was stopped where it stopped.

        Raises
        ------
        OutputError
            If another one is running.
        DetectorError, UnknownPluginError
            If there is no such detector, or it refuses its options.
        """
        with self._lock:
            if self.is_running:
                raise OutputError("a job is running already; wait for it, or stop it")
            detector = make_detector(task.detector, options=task.options)
            self._stopping.clear()
            self._put(attrs.evolve(task, state=RUNNING, message=""))
            self._thread = threading.Thread(target=self._run, args=(detector,), name="job", daemon=True)
            self._thread.start()

    def resume(self) -> None:
        """Take the last job up again.

        Raises
        ------
        OutputError
            If there is none that was stopped, or another one is running.
        """
        if self.task is None or self.task.state not in (STOPPED, FAILED):
            raise OutputError("there is no job that was stopped")
        self.begin(self.task)

    def stop(self) -> None:
        """Stop the job when the image at hand is done."""
        self._stopping.set()
        if self.task is not None and self.is_running:
            self._put(attrs.evolve(self.task, message="it stops when the image at hand is done"))

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the job has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, detector: Detector) -> None:
        assert self.task is not None
        for key in self.task.images:
            task = self.task
            if key in task.done:
                continue
            if self._stopping.is_set():
                self._put(attrs.evolve(task, state=STOPPED, message=""))
                return
            try:
                work = self.session.work(key)
                self._put(attrs.evolve(task, message=work.opened.name))
                work.apply(found_by(detector, work.image, self.session))
                self._put(attrs.evolve(self.task, done=(*task.done, key)))
            except Exception as error:  # whatever a detector does, the page has to hear of it
                reason = str(error).splitlines()[0] if isinstance(error, DefectkitError) else repr(error)
                self._put(attrs.evolve(self.task, state=FAILED, message=reason))
                return
        self._put(attrs.evolve(self.task, state=DONE, message=""))

    def _put(self, task: Task) -> None:
        with self._lock:
            write_text(self.path, json.dumps(task.as_json()))
            self.task = task
            self.version += 1


def found_by(detector: Detector, image: Image, session: Session) -> Start:
    """Return the edit that puts in what a detector finds in an image, which is kept first."""
    (prediction,) = detect(detector, [image])
    origin = f"{prediction.detector} {prediction.detector_version}".strip()
    return Start(digest=session.journal.keep(prediction.instances), origin=origin)


def find_in_box(detector: Detector, image: Image, box: tuple[int, int, int, int]) -> Instances:
    """Return what a detector finds in a part of an image, in coordinates of that part."""
    top, left, bottom, right = box
    part = Image.from_array(image.name, image.box(top, left, bottom, right), calibration=image.calibration)
    (prediction,) = detect(detector, [part])
    return prediction.instances
