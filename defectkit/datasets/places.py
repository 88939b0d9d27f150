"""Places: where data are kept on this machine, and where they are looked for before the network."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import attrs

from defectkit.errors import FetchError

DATA_VARIABLE = "DEFECTKIT_DATA"
"""The environment variable that places the cache."""

MIRROR_VARIABLE = "DEFECTKIT_MIRROR"
"""The environment variable that names a mirror."""

CATALOGUE_VARIABLE = "DEFECTKIT_CATALOGUE"
"""The environment variable that places the user's own catalogue."""


def data_folder() -> Path:
    """Return the folder that fetched files are kept in: that of ``DEFECTKIT_DATA``, or one in the user's cache."""
    from platformdirs import user_cache_path

    placed = os.environ.get(DATA_VARIABLE)
    return Path(placed).expanduser() if placed else user_cache_path("defectkit") / "data"


def own_catalogue() -> Path:
    """Return the folder of the user's own entries: that of ``DEFECTKIT_CATALOGUE``, or one among the user's data."""
    from platformdirs import user_data_path

    placed = os.environ.get(CATALOGUE_VARIABLE)
    return Path(placed).expanduser() if placed else user_data_path("defectkit") / "catalogue"


@attrs.frozen
class Mirror:
    """A folder or an address that holds some of the upstream files, as ``<folder of the source>/<path>``.

    Parameters
    ----------
    place : str
        A folder, or an http or https address.
    """

    place: str

    @classmethod
    def of(cls, given: str | Path | None) -> Mirror | None:
        """Return the mirror that is given, or else the one that ``DEFECTKIT_MIRROR`` names, or None.

        Raises
        ------
        FetchError
            If it is a folder that is not there.
        """
        place = str(given) if given is not None else os.environ.get(MIRROR_VARIABLE, "")
        if not place:
            return None
        mirror = cls(place)
        if not mirror.is_address and not Path(place).expanduser().is_dir():
            raise FetchError(f"the mirror {place} is no folder and no http address (--mirror, {MIRROR_VARIABLE})")
        return mirror

    @property
    def is_address(self) -> bool:
        """Whether it is reached over the network."""
        return urlsplit(self.place).scheme in ("http", "https")

    def locate(self, folder: str, path: str) -> str | Path:
        """Return where a file of a source is in the mirror: an address, or a path that may not be there."""
        if self.is_address:
            return f"{self.place.rstrip('/')}/{quote(folder)}/{quote(path)}"
        return Path(self.place).expanduser() / folder / path
