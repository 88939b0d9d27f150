"""Merging: what was found in overlapping tiles becomes what there is in the image."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.tiles import Tile
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

BOXES_AT_A_TIME = 4096
"""The depths of so many defects in all tiles are in memory at a time."""


@attrs.frozen(kw_only=True, eq=False)
class _Found:
    """All that was found, in coordinates of the image, N defects."""

    instances: Instances
    tile: Ints
    margin: Floats
    owners: Bools

    @property
    def cut(self) -> Bools:
        return self.margin <= 0

    @property
    def owned(self) -> Bools:
        own: Bools = self.owners[np.arange(len(self.tile)), self.tile]
        return own


@attrs.frozen(kw_only=True, eq=False)
class _Pairs:
    """Pairs of defects from two tiles that share pixels, P of them."""

    first: Ints
    second: Ints
    iou: Floats
    contained: Floats

    def take(self, picked: Bools) -> _Pairs:
        columns = attrs.asdict(self, recurse=False)
        return _Pairs(**{name: column[picked] for name, column in columns.items()})


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
    Each place belongs to the tile in which it lies deepest, and only the defects count whose middle (that of the box)
    belongs to the tile that found them: nearer to a border less is seen around a defect, and a detector gives it
    another outline or score, or parts of it, there. Whatever lies whole in its tile but belongs to another one is whole
    there too, so nothing is lost; and of a defect that no tile shows whole, each part that none shows more of counts.

    Two masks from different tiles are the same defect if they agree where the tiles overlap (IoU there of at least 0.5,
    or 0.7 of a cut one inside a whole one). Of two whole ones each has to be the best partner of the other, so
    neighbors that overlap stay two. Of the same defect

    1. a whole mask stands and a mask that a tile's border cuts goes;
    2. of two whole ones that stands which belongs to its tile; where their outlines differ so that both do or neither
       does, that which lies farther from the borders;
    3. two that are both cut, of a defect larger than the overlap, are united, with type and score of the larger part.

    What a border cuts and no other tile shows goes, for the neighbor shows where it goes on. Defects within one tile
    are never merged.

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
    cut, owned = everything.cut, everything.owned
    pairs = _same(everything, _agreements(everything, tiles))
    alone = np.ones(len(cut), dtype=bool)
    alone[pairs.first] = alone[pairs.second] = False
    kept = owned & ~(cut & alone)
    crossed = pairs.take(_crossed(everything, pairs))
    kept[crossed.first] = kept[crossed.second] = True
    pairs = pairs.take(kept[pairs.first] & kept[pairs.second])
    both_cut = cut[pairs.first] & cut[pairs.second]
    kept[_losers(everything, pairs.take(~both_cut))] = False
    united = pairs.take(both_cut & kept[pairs.first] & kept[pairs.second])
    return _united(everything.instances, _components(len(cut), united.first, united.second), np.flatnonzero(kept))


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
            given_boxes=np.concatenate(
                [np.zeros((0, 4)), *(i.given_boxes + [t.top, t.left] * 2 for t, i in zip(tiles, found, strict=True))]
            ),
        ),
        tile=of_tile,
        margin=margin,
        owners=_owners(tiles, boxes),
    )


def _agreements(found: _Found, tiles: Sequence[Tile]) -> _Pairs:
    """Return the pairs that share pixels, their IoU where the tiles overlap, and how much of the cut one they share."""
    columns: list[tuple[Ints, Ints, Floats, Floats]] = []
    of_tile = np.split(
        np.argsort(found.tile, kind="stable"), np.searchsorted(np.sort(found.tile), range(1, len(tiles)))
    )
    for a, one in enumerate(tiles):
        mine = of_tile[a]
        for b in range(a + 1, len(tiles)):
            box, theirs = one.shared(tiles[b]), of_tile[b]
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
    return _Pairs(first=first, second=second, iou=iou, contained=contained)


def _owners(tiles: Sequence[Tile], boxes: NDArray[np.int32]) -> Bools:
    """Return for each box whether its middle lies deepest in each tile, shape (N, T); several only where they tie."""
    owners = np.zeros((len(boxes), len(tiles)), dtype=bool)
    for begin in range(0, len(boxes), BOXES_AT_A_TIME):
        some = boxes[begin : begin + BOXES_AT_A_TIME]
        middles = (some[:, :2] + some[:, 2:]) / 2
        depths = np.stack([tile.depths(middles) for tile in tiles], axis=1)
        owners[begin : begin + len(some)] = (depths == depths.max(axis=1, keepdims=True)).all(axis=2)
    return owners


def _whole(found: _Found, pairs: _Pairs) -> Bools:
    whole: Bools = ~found.cut[pairs.first] & ~found.cut[pairs.second]
    return whole


def _crossed(found: _Found, pairs: _Pairs) -> Bools:
    """Return which pairs are whole but belong each to the tile of the other, for their outlines differ a little."""
    theirs = found.owners[pairs.first, found.tile[pairs.second]] & found.owners[pairs.second, found.tile[pairs.first]]
    crossed: Bools = theirs & _whole(found, pairs) & ~found.owned[pairs.first] & ~found.owned[pairs.second]
    return crossed


def _same(found: _Found, pairs: _Pairs) -> _Pairs:
    """Return the pairs that are one defect."""
    beside = found.cut[pairs.first] != found.cut[pairs.second]
    pairs = pairs.take((pairs.iou >= SAME_IOU) | (beside & (pairs.contained >= CONTAINED)))
    whole = _whole(found, pairs)
    twins = pairs.take(whole)
    codes = found.instances.type_codes
    merit = np.lexsort((codes[twins.first] == codes[twins.second], twins.iou))
    mutual = np.ones(len(twins.iou), dtype=bool)
    for mine, theirs in ((twins.first, twins.second), (twins.second, twins.first)):
        best = {(int(mine[k]), int(found.tile[theirs[k]])): k for k in merit}
        mutual &= np.isin(np.arange(len(mutual)), np.fromiter(best.values(), np.int64, len(best)))
    whole[whole] = ~mutual
    return pairs.take(~whole)


def _losers(found: _Found, pairs: _Pairs) -> Ints:
    """Return of each pair, at most one of it cut, the defect that goes."""
    rank = np.empty(len(found.cut), dtype=np.int64)
    rank[np.lexsort((-np.arange(len(rank)), found.margin, found.owned, ~found.cut))] = np.arange(len(rank))
    return np.where(rank[pairs.first] < rank[pairs.second], pairs.first, pairs.second)


def _components(n: int, first: Ints, second: Ints) -> Ints:
    """Return for each of ``n`` the smallest index that it is connected with."""
    root = np.arange(n)
    for a, b in zip(first, second, strict=True):
        low, high = sorted((int(root[a]), int(root[b])))
        root[root == high] = low
    return root


def _united(instances: Instances, roots: Ints, kept: Ints) -> Instances:
    """Return the kept defects, those with the same root united under the type and score of the largest.

    Their given boxes are united too, where each of them has one.
    """
    chosen, groups = np.unique(roots[kept], return_inverse=True)
    areas = instances.areas[kept]
    by_size = np.lexsort((areas, groups))
    largest = kept[by_size[np.searchsorted(groups[by_size], np.arange(len(chosen)), side="right") - 1]]
    corners = np.full((len(chosen), 4), -np.inf)
    np.maximum.at(corners, groups, instances.given_boxes[kept] * [-1, -1, 1, 1])
    return Instances(
        shape=instances.shape,
        types=instances.types,
        type_codes=instances.type_codes[largest],
        runs=union(instances.runs.take(kept), groups, len(chosen)),
        scores=instances.scores[largest],
        given_boxes=corners * [-1, -1, 1, 1],
    )
