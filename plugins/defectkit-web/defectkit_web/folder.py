"""Folder: the one that is open; nothing outside it is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from defectkit import Image, hooks, read_images
from defectkit.errors import DefectkitError, ImageReadError, OutputError
from defectkit.files import writing
from defectkit.formats import ImageFormat, OnConflict
from defectkit.formats.images.limits import max_pixels

SESSION = ".defectkit-web"
"""The folder, within the one that is open, that keeps what is done on the page."""
LONGEST_NAME = 180
MOST_PIXELS = 2**28
"""An image of more pixels is not shown: all of it is in memory while it is looked at."""


@attrs.frozen(kw_only=True)
class Listing:
    """The images of a folder, and what could not be opened.

    Parameters
    ----------
    images : dict of str to Image
        By name, in the order of the files.
    faults : tuple of str
        A sentence for each file that looks like an image and cannot be opened.
    """

    images: dict[str, Image]
    faults: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Folder:
    """A folder that is open.

    Parameters
    ----------
    path : pathlib.Path
        Resolved.
    """

    path: Path

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Return the folder.

        Raises
        ------
        OutputError
            If there is none, nothing can be written into it, or what was kept in it holds a link.
        """
        place = path.expanduser().resolve()
        if not place.is_dir():
            raise OutputError(f"{path} is no folder; name a folder of images")
        if not os.access(place, os.W_OK):
            raise OutputError(f"{place} cannot be written to; corrections are kept in it, so copy it elsewhere")
        folder = cls(path=place)
        if os.path.lexists(folder.session):
            links = [path for path in (folder.session, *folder.session.rglob("*")) if path.is_symlink()]
            if links or not folder.session.is_dir():
                raise OutputError(
                    f"{links[0] if links else folder.session} is a link or a file; corrections are written to a folder "
                    "of that name, and through no link: move it away"
                )
        with writing(folder.session):
            folder.session.mkdir(exist_ok=True)
        return folder

    @property
    def session(self) -> Path:
        """The folder that keeps what is done on the page."""
        return self.path / SESSION

    def inside(self, relative: str) -> Path:
        """Return a path within the folder, with all links followed.

        Raises
        ------
        OutputError
            If it leads out of the folder.
        """
        if "\0" in relative:
            raise OutputError("a path holds a character that no path has")
        found = (self.path / relative).resolve()
        if not found.is_relative_to(self.path):
            raise OutputError(f"{relative!r} leads out of the open folder; only what lies in it can be used")
        return found

    def new_file(self, name: str) -> Path:
        """Return where an image that is dropped on the page is put.

        Raises
        ------
        ImageReadError
            If no image format reads its suffix, or the name is no plain one.
        OutputError
            If there is such a file.
        """
        plain = name.isprintable() and not set(name) & set('/\\<>:"|?*') and not name.startswith(".")
        if not plain or name != name.strip() or not 0 < len(name.encode()) <= LONGEST_NAME:
            raise ImageReadError(f"{name[:40]!r} cannot be the name of a file here; rename it and drop it again")
        if Path(name).suffix.lower() not in _suffixes():
            raise ImageReadError(f"{name}: no image format reads this suffix; those read are {', '.join(_suffixes())}")
        place = self.inside(name)
        if os.path.lexists(self.path / name):
            raise OutputError(f"{name} is in the folder already; it is left as it is")
        return place

    def listing(self) -> Listing:
        """Return the images of the folder; those of sub-folders are not among them."""
        images: dict[str, Image] = {}
        faults: list[str] = []
        for file in sorted(self.path.iterdir(), key=lambda path: path.name.casefold()):
            if file.name.startswith(".") or file.suffix.lower() not in _suffixes() or not file.is_file():
                continue
            try:
                self.inside(file.name)
                found = read_images(file, frame="all", on_conflict=OnConflict.USE_GIVEN)
                for image in found.values():
                    check_shown(image)
            except DefectkitError as error:
                faults.append(_first_line(error))
                continue
            doubled = sorted(set(found) & set(images))
            if doubled:
                faults.append(f"{file.name}: another file is named {doubled[0]!r}, too; rename one")
                continue
            images |= found
        return Listing(images=images, faults=tuple(faults))


def check_shown(image: Image) -> None:
    """Raise if an image is too large to be shown.

    Raises
    ------
    ImageReadError
        If it is.
    """
    height, width = image.shape
    limit = min(MOST_PIXELS, max_pixels())
    if height * width > limit:
        raise ImageReadError(
            f"{image.name}: {width} x {height} pixels are more than the {limit} that the page shows; analyze it on the "
            "command line, or cut it"
        )


def _suffixes() -> tuple[str, ...]:
    return tuple(sorted({suffix for row in hooks.table("image_format").values() for suffix in _of_format(row.cls)}))


def _of_format(cls: type[ImageFormat]) -> tuple[str, ...]:
    return cls.suffixes


def _first_line(error: DefectkitError) -> str:
    return str(error).splitlines()[0]
