"""Merging: what was found in overlapping tiles becomes what there is in the image."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.tiles import Tile
from defectkit.geometry.moments import centroids
from defectkit.geometry.overlap import intersections
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.sets import crop, shift, union
from defectkit.records.instances import Instances

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SAME_IOU = 0.5
"""Where two tiles overlap, masks of at least this IoU there are one defect."""
CONTAINED = 0.7
"""A cut mask is part of a whole one that holds this much of what the overlap shows of it."""


@attrs.frozen(kw_only=True, eq=False)
class _Found:
    """All that was found, in coordinates of the image, N defects."""

    instances: Instances
    tile: Ints
    margin: Floats

    @property
    def cut(self) -> Bools:
        return self.margin <= 0


def merge_tiles(tiles: Sequence[Tile], found: Sequence[Instances], shape: tuple[int, int]) -> Instances:
    """Return the defects of an image from those of its tiles.

    Parameters
    ----------
    tiles : sequence of Tile
    found : sequence of Instances
        What was found in each tile, in coordinates of the tile; all with the same table of types.
    shape : tuple of int
        Height and width of the image.

    Returns
    -------
    Instances
        In the order of the tiles, numbered anew.

    Notes
    -----
    Two masks from different tiles are the same defect if they agree where the tiles overlap (IoU there of at least 0.5,
    or 0.7 of a cut one inside a whole one). Of the same defect

    1. a whole mask stands and a mask that a tile's border cuts goes;
    2. of two whole ones that stands which lies farther from the borders, for its tile saw more around it;
    3. two that are both cut, of a defect larger than the overlap, are united, with type and score of the larger part.

    What only one tile saw goes where another tile saw more of it or around it and did not find it: what a border cuts,
    for the neighbor shows where it goes on, and what lies nearer to the middle of another tile, whole. Defects within
    one tile are never merged.

    Examples
    --------
    >>> tiles = [Tile(top=0, left=a, bottom=4, right=a + 6, shape=(4, 10)) for a in (0, 4)]
    >>> bar = np.ones((1, 4, 6), bool)
    >>> halves = [Instances.from_masks(bar, types=["line"], shape=(4, 6), scores=[s]) for s in (0.5, 0.7)]
    >>> merged = merge_tiles(tiles, halves, (4, 10))
    >>> len(merged), merged.areas.tolist()
    (1, [40])
    """
    everything = _gathered(tiles, found, shape)
    first, second, iou, contained = _agreements(everything, tiles)
    cut = everything.cut
    whole_beside_cut = cut[first] != cut[second]
    same = (iou >= SAME_IOU) | (whole_beside_cut & (contained >= CONTAINED))
    first, second, whole_beside_cut = first[same], second[same], whole_beside_cut[same]
    farther = everything.margin[first] >= everything.margin[second]
    both_cut = cut[first] & cut[second]
    loser = np.where(whole_beside_cut, np.where(cut[first], first, second), np.where(farther, second, first))
    gone = _overruled(everything, tiles, paired=np.union1d(first, second))
    gone[loser[~both_cut]] = True
    both_cut &= ~gone[first] & ~gone[second]
    groups = _components(len(cut), first[both_cut], second[both_cut])
    return _united(everything.instances, groups, np.flatnonzero(~gone))


def _gathered(tiles: Sequence[Tile], found: Sequence[Instances], shape: tuple[int, int]) -> _Found:
    from defectkit.geometry.runs import Runs

    runs = Runs.concatenate(shift(i.runs, t.top, t.left) for t, i in zip(tiles, found, strict=True))
    of_tile = np.repeat(np.arange(len(tiles)), [len(i) for i in found])
    boxes = runs.boxes()
    margin = np.full(len(runs), np.inf)
    for k, tile in enumerate(tiles):
        margin[of_tile == k] = tile.margins(boxes[of_tile == k])
    return _Found(
        instances=Instances(
            shape=shape,
            types=found[0].types if found else (),
            type_codes=np.concatenate([np.zeros(0, np.int16), *(i.type_codes for i in found)]),
            runs=runs,
            scores=np.concatenate([np.zeros(0), *(i.scores for i in found)]),
            polygons=Polygons.empty(len(runs)),
        ),
        tile=of_tile,
        margin=margin,
    )


def _agreements(found: _Found, tiles: Sequence[Tile]) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the pairs that share pixels, their IoU where the tiles overlap, and how much of the cut one they share."""
    columns: list[tuple[Ints, Ints, Floats, Floats]] = []
    for a, one in enumerate(tiles):
        mine = np.flatnonzero(found.tile == a)
        for b in range(a + 1, len(tiles)):
            box = one.shared(tiles[b])
            theirs = np.flatnonzero(found.tile == b)
            if box is None or not len(mine) or not len(theirs):
                continue
            seen_a, kept_a = crop(found.instances.runs.take(mine), *box)
            seen_b, kept_b = crop(found.instances.runs.take(theirs), *box)
            pairs = intersections(seen_a, seen_b)
            size_a, size_b = seen_a.areas()[pairs.first], seen_b.areas()[pairs.second]
            first, second = mine[kept_a[pairs.first]], theirs[kept_b[pairs.second]]
            size_of_cut = np.where(found.cut[first], size_a, size_b)
            columns.append(
                (
                    first,
                    second,
                    pairs.intersection / (size_a + size_b - pairs.intersection),
                    pairs.intersection / size_of_cut,
                )
            )
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    first, second, iou, contained = (np.concatenate(c) for c in zip(none, *columns, strict=True))
    return first, second, iou, contained


def _overruled(found: _Found, tiles: Sequence[Tile], paired: Ints) -> Bools:
    """Return which defects only one tile saw although another one saw more of them or around them."""
    runs = found.instances.runs
    boxes, middles = runs.boxes(), centroids(runs)
    depth = np.stack([tile.margins(np.hstack([middles, middles])) for tile in tiles], axis=1)
    owner = np.argmax(depth, axis=1)
    whole_there = np.array([bool(tiles[o].margins(boxes[i : i + 1])[0] > 0) for i, o in enumerate(owner)], dtype=bool)
    alone = np.ones(len(runs), dtype=bool)
    alone[paired] = False
    overruled: Bools = alone & (found.cut | ((owner != found.tile) & whole_there))
    return overruled


def _components(n: int, first: Ints, second: Ints) -> Ints:
    """Return for each of ``n`` the smallest index that it is connected with."""
    root = np.arange(n)
    for a, b in zip(first, second, strict=True):
        low, high = sorted((int(root[a]), int(root[b])))
        root[root == high] = low
    return root


def _united(instances: Instances, roots: Ints, kept: Ints) -> Instances:
    """Return the kept defects, those with the same root united under the type and score of the largest."""
    chosen, groups = np.unique(roots[kept], return_inverse=True)
    areas = instances.areas[kept]
    by_size = np.lexsort((areas, groups))
    largest = kept[by_size[np.searchsorted(groups[by_size], np.arange(len(chosen)), side="right") - 1]]
    return Instances(
        shape=instances.shape,
        types=instances.types,
        type_codes=instances.type_codes[largest],
        runs=union(instances.runs.take(kept), groups, len(chosen)),
        scores=instances.scores[largest],
    )
