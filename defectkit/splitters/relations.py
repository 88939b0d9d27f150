"""Which images belong together: those of one area of a specimen, and those that the caller says are related."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import NoReturn

from defectkit.errors import PairingError, SplitError, UnknownRelationError
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.names import as_names


class Relation(enum.StrEnum):
    """Why two images are not independent of each other."""

    AREA = "area"
    GROUP = "group"
    PIXELS = "pixels"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise UnknownRelationError.of("relation between images", str(value), map(str, cls))


KEPT_TOGETHER = (Relation.AREA, Relation.GROUP)
"""What splitters keep together unless told otherwise; neither needs the pixels to be read."""


def as_relations(value: Relation | str | Iterable[Relation | str]) -> tuple[Relation, ...]:
    """Return one relation or several, by name or not, as a tuple.

    Raises
    ------
    UnknownRelationError
        If one is not known.

    Examples
    --------
    >>> as_relations("area") == as_relations([Relation.AREA]) == (Relation.AREA,)
    True
    """
    return tuple(Relation(relation) for relation in as_names(value))


def sorted_images(images: Images) -> dict[str, Image]:
    """Return the images by name, in sorted order.

    Raises
    ------
    SplitError
        If two images share a name, or there is none.
    """
    try:
        by_name = images_by_name(images)
    except PairingError as error:
        raise SplitError(str(error)) from error
    if not by_name:
        raise SplitError("there is no image to split")
    return dict(sorted(by_name.items()))


def relation_keys(
    image: Image, relations: Iterable[Relation], groups: Mapping[str, str] | None = None
) -> dict[Relation, str]:
    """Return for each of ``relations`` the key that all images related to this one share; unknown ones are left out."""
    keys: dict[Relation, str] = {}
    for relation in as_relations(relations):
        match relation:
            case Relation.AREA:
                key = image.specimen.area
            case Relation.GROUP:
                key = (groups or {}).get(image.name)
            case Relation.PIXELS:
                key = image.digest()
        if key is not None:
            keys[relation] = key
    return keys


def kept_together(
    images: Images,
    *,
    groups: Mapping[str, str] | None = None,
    relations: Iterable[Relation] = KEPT_TOGETHER,
) -> dict[str, str]:
    """Return the bundle that each image belongs to; images of one bundle must be on one side of a split.

    Parameters
    ----------
    images : iterable or mapping of Image
        With distinct names.
    groups : mapping of str to str, optional
        Image name to the name of its group, for instance of near-duplicates; images that are not in it are alone.
    relations : iterable of Relation
        Which relations count. With ``Relation.PIXELS`` all pixels are read.

    Returns
    -------
    dict of str to str
        Image name to bundle, sorted by image name; a bundle is called by the first name in it.

    Notes
    -----
    Bundles are the connected components: if A shares an area with B, and B a group with C, all three are together.

    Examples
    --------
    >>> import numpy as np
    >>> images = [Image.from_array(name, np.ones((2, 2))) for name in "abc"]
    >>> kept_together(images, groups={"a": "same", "c": "same"})
    {'a': 'a', 'b': 'b', 'c': 'a'}
    """
    wanted = as_relations(relations)
    bundle: dict[str, str] = {}
    first: dict[tuple[Relation, str], str] = {}

    def root(name: str) -> str:
        while bundle[name] != name:
            name = bundle[name]
        return name

    for name, image in sorted_images(images).items():
        bundle[name] = name
        for key in relation_keys(image, wanted, groups).items():
            one, other = sorted((root(name), root(first.setdefault(key, name))))
            bundle[other] = one
    return {name: root(name) for name in bundle}


def members(bundles: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names of each bundle, bundles and names sorted."""
    gathered: dict[str, list[str]] = {}
    for name in sorted(bundles):
        gathered.setdefault(bundles[name], []).append(name)
    return {bundle: gathered[bundle] for bundle in sorted(gathered)}
