"""Session: an open folder with its images and all that is done to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import attrs

from defectkit import Instances, Taxonomy
from defectkit.errors import DefectkitError, UnknownNameError
from defectkit.files import locked
from defectkit_web.folder import Folder
from defectkit_web.journal import Journal, key_of
from defectkit_web.pictures import Gallery
from defectkit_web.work import Work


@attrs.define(kw_only=True, eq=False)
class Session:
    """What the page works on.

    Parameters
    ----------
    folder : Folder
    """

    folder: Folder
    gallery: Gallery = attrs.field(factory=Gallery, init=False)
    works: dict[str, Work] = attrs.field(factory=dict, init=False)
    faults: tuple[str, ...] = attrs.field(default=(), init=False)
    truth: Mapping[str, Instances] = attrs.field(factory=dict, init=False)
    truth_source: str = attrs.field(default="", init=False)
    lock: RLock = attrs.field(factory=RLock, init=False)

    @property
    def journal(self) -> Journal:
        """The files of the session."""
        return Journal(folder=self.folder.session)

    def refresh(self) -> None:
        """Look at the folder again: images that are new are opened, those that are gone are let go."""
        with self.lock:
            listing = self.folder.listing()
            faults = list(listing.faults)
            works: dict[str, Work] = {}
            for name, image in listing.images.items():
                key = key_of(name)
                known = self.works.get(key)
                if known is not None and known.opened == image:
                    works[key] = known
                    continue
                try:
                    works[key] = Work.open(image, self.journal)
                except DefectkitError as error:
                    faults.append(str(error).splitlines()[0])
            self.works, self.faults = works, tuple(faults)

    def work(self, key: str) -> Work:
        """Return the work at an image.

        Raises
        ------
        UnknownImageError
            If there is no such image.
        """
        found = self.works.get(key)
        if found is None:
            raise UnknownImageError("there is no such image in the folder any more; reload the page")
        return found

    def started(self) -> tuple[Work, ...]:
        """Return the images to which anything was done."""
        return tuple(work for work in self.works.values() if work.is_started)

    def taxonomy(self) -> Taxonomy:
        """Return the built-in types and all that occur in the folder."""
        return Taxonomy.standard().with_types(t for work in self.started() for t in work.instances.types)


class UnknownImageError(UnknownNameError):
    """An image that is not in the folder."""


@contextmanager
def opened_session(path: Path) -> Iterator[Session]:
    """Give the session of a folder; one server at a time has it.

    Raises
    ------
    OutputError
        If there is no such folder, it cannot be written to, or another server has it.
    """
    folder = Folder.open(path)
    busy = f"another `defectkit serve` has {folder.path} open; use its page, or end it"
    with locked(folder.session / "serving.lock", timeout_s=0, busy=busy):
        session = Session(folder=folder)
        session.refresh()
        yield session
