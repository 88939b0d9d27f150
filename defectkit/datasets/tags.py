"""Tags: names that people give to versions of label sets; a tag never moves."""

from __future__ import annotations

from pathlib import Path

import attrs

from defectkit.datasets.entry import FORMAT
from defectkit.datasets.places import own_catalogue
from defectkit.datasets.toml import read_toml, to_toml
from defectkit.errors import CatalogueError, SealedError
from defectkit.files import locked, tidy, write_text
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True)
class Tag:
    """A second name of a version.

    Parameters
    ----------
    name : str
        ``name@tag``.
    labels : str
        The ``name@version`` that it means.
    digest : str
        Of that version when it was tagged.
    """

    name: str
    labels: str
    digest: str


@attrs.frozen(kw_only=True)
class TagTable:
    """The tags of one data set, a file ``tags/<dataset>.toml`` of the user's own catalogue.

    Parameters
    ----------
    format : int
    dataset : str
    tag : tuple of Tag
    """

    format: int
    dataset: str
    tag: tuple[Tag, ...] = ()

    __repr__ = short_repr


def tags_of(dataset: str) -> tuple[Tag, ...]:
    """Return the tags of a data set."""
    path = _path(dataset)
    return read_toml(path, TagTable).tag if path.is_file() else ()


def find_tag(dataset: str, name: str) -> Tag | None:
    """Return the tag ``name@tag`` of a data set, or None."""
    return next((tag for tag in tags_of(dataset) if tag.name == name), None)


def add_tag(dataset: str, labels: str, tag: str, *, digest: str) -> Tag:
    """Give the version ``labels`` (``name@version``) of a data set a second name ``name@tag``.

    Raises
    ------
    CatalogueError
        If the tag is a number, or empty or holds ``@``, ``/`` or white space.
    SealedError
        If the tag means another version already.
    """
    if not tag or tag.isdecimal() or any(c in "@/" or c.isspace() for c in tag):
        raise CatalogueError(f"tag {tag!r}: a tag is one word, not a number, without '@' and '/', such as 'submitted'")
    made = Tag(name=f"{labels.partition('@')[0]}@{tag}", labels=labels, digest=digest)
    path = _path(dataset)
    tidy(path)
    with locked(path.with_suffix(".lock")):
        existing = tags_of(dataset)
        earlier = next((t for t in existing if t.name == made.name), None)
        if earlier not in (None, made):
            raise SealedError(f"the tag {dataset}/{made.name} means {earlier.labels} already; tags do not move")
        if earlier is None:
            write_text(path, to_toml(TagTable(format=FORMAT, dataset=dataset, tag=(*existing, made))))
    return made


def _path(dataset: str) -> Path:
    return own_catalogue() / "tags" / f"{dataset}.toml"
