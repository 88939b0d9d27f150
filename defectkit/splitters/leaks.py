"""Leaks: images on both sides of a split that are not independent of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from defectkit.errors import LeakError, SplitError
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.split import Split
from defectkit.splitters.interface import Splitter
from defectkit.splitters.relations import Relation, as_relations, relation_keys, sorted_images


@attrs.frozen(kw_only=True)
class Leak:
    """Two images, one on each side of a split, that are related.

    Parameters
    ----------
    train, test : str
        Names of the images.
    relation : Relation
        How they are related.
    key : str
        What they share: the area, the group, or the digest of their pixels.
    """

    train: str
    test: str
    relation: Relation
    key: str


def find_leaks(
    split: Split,
    images: Images,
    *,
    groups: Mapping[str, str] | None = None,
    relations: Iterable[Relation] = tuple(Relation),
) -> tuple[Leak, ...]:
    """Return one leak for each image of the test side and each relation it has to the train side.

    Parameters
    ----------
    split : Split
    images : iterable or mapping of Image
        Holds every image of the split.
    groups : mapping of str to str, optional
        Image name to the name of its group, for instance of near-duplicates.
    relations : iterable of Relation
        Which relations count; with ``Relation.PIXELS``, as by default, the pixels of all images are read.

    Raises
    ------
    SplitError
        If the split names an image that is not among ``images``.
    """
    by_name = images_by_name(images)
    missing = [name for name in (*split.train, *split.test) if name not in by_name]
    if missing:
        raise SplitError(
            f"split {split.name!r} names {len(missing)} images that are not given, "
            f"for instance {', '.join(map(repr, missing[:5]))}"
        )
    wanted = as_relations(relations)
    keys = {n: relation_keys(by_name[n], wanted, groups) for n in (*split.train, *split.test)}
    return _leaks(split, keys)


def check_split(
    split: Split,
    images: Images,
    *,
    groups: Mapping[str, str] | None = None,
    relations: Iterable[Relation] = tuple(Relation),
) -> None:
    """Raise if a side of ``split`` is empty, or if it leaks.

    The parameters are those of :func:`find_leaks`.

    Raises
    ------
    SplitError
        If a side has no image, or an image is not given.
    LeakError
        If related images are on both sides.
    UnknownRelationError
        If a relation is not known.
    """
    leaks = find_leaks(split, images, groups=groups, relations=relations)
    _refuse(split, leaks)


def make_splits(
    splitter: Splitter,
    images: Images,
    *,
    train_labels: str,
    test_labels: str,
    groups: Mapping[str, str] | None = None,
    accepted: Iterable[Relation] = (),
) -> Iterator[Split]:
    """Yield the splits that ``splitter`` makes of ``images``, each checked.

    All that splits images splits them through here, so no leak goes unseen, whoever wrote the splitter. The pixels of
    all images are read once, unless ``Relation.PIXELS`` is accepted.

    Parameters
    ----------
    splitter : Splitter
    images : iterable or mapping of Image
        With distinct names.
    train_labels, test_labels : str
        ``name@version`` of the label set of each side.
    groups : mapping of str to str, optional
        Image name to the name of its group, for instance of near-duplicates; a group on both sides is a leak.
    accepted : iterable of Relation
        Relations that are known and accepted, for instance ``Relation.AREA`` where there is but one area and the
        results are not taken as those of independent images.

    Yields
    ------
    Split

    Raises
    ------
    SplitError
        If the images cannot be split this way, a side is empty, or two splits share a name.
    LeakError
        If related images are on both sides of a split.
    UnknownRelationError
        If an accepted relation is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Image
    >>> from defectkit.splitters.k_fold import RandomKFold
    >>> images = [Image.from_array(f"{i}", np.full((2, 2), i)) for i in range(4)]
    >>> splits = make_splits(RandomKFold(n_splits=2), images, train_labels="a@1", test_labels="b@1")
    >>> [(len(split.train), len(split.test), split.test_labels) for split in splits]
    [(2, 2, 'b@1'), (2, 2, 'b@1')]
    """
    by_name = sorted_images(images)
    accepted_relations = frozenset(as_relations(accepted))
    relations = [relation for relation in Relation if relation not in accepted_relations]
    keys = {name: relation_keys(image, relations, groups) for name, image in by_name.items()}
    seen: set[str] = set()
    for split in splitter.split(list(by_name.values()), train_labels=train_labels, test_labels=test_labels):
        strange = [name for name in (*split.train, *split.test) if name not in by_name]
        faults = {
            f"names the image {strange[:1]}, which was not given": bool(strange),
            "has a name that another split of the series has": split.name in seen,
            "does not name the label sets it was given": (
                (split.train_labels, split.test_labels) != (train_labels, test_labels)
            ),
        }
        for fault, is_so in faults.items():
            if is_so:
                raise SplitError(f"splitter {splitter.name!r}: split {split.name!r} {fault}")
        seen.add(split.name)
        _refuse(split, _leaks(split, keys))
        yield split
    if not seen:
        raise SplitError(f"splitter {splitter.name!r} made no split of {len(by_name)} images")


def _leaks(split: Split, keys: Mapping[str, Mapping[Relation, str]]) -> tuple[Leak, ...]:
    train = {key: name for name in reversed(split.train) for key in keys[name].items()}
    return tuple(
        Leak(train=train[key], test=name, relation=key[0], key=key[1])
        for name in split.test
        for key in keys[name].items()
        if key in train
    )


def _refuse(split: Split, leaks: Sequence[Leak]) -> None:
    for side, names in (("train", split.train), ("test", split.test)):
        if not names:
            raise SplitError(f"split {split.name!r}: the {side} side has no image")
    if leaks:
        shown = "; ".join(f"{k.train!r} and {k.test!r} share the {k.relation} {k.key[:16]!r}" for k in leaks[:3])
        raise LeakError(
            f"split {split.name!r} leaks {len(leaks)} times between its sides: {shown}. "
            "Keep related images on one side, or accept the relation by name if independence is not claimed"
        )
