"""How far two people agree on the same frames, against a computation that shares nothing with ours but the files."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest
import shapely

from defectkit.conventions import DEFECTKIT
from defectkit.matching import sweep
from defectkit.records import Instances

SIDE_PX = 2048
THRESHOLDS = (0.1, 0.3, 0.5)
Rings = list[np.ndarray]


def read(path: Path) -> Rings:
    """Normalized x y pairs after the class, one polygon per line."""
    rows = (np.array(line.split()[1:], float).reshape(-1, 2) for line in path.read_text().splitlines())
    return [row * SIDE_PX for row in rows if len(row) >= 3]


@pytest.fixture(scope="module")
def frames(ti_frames: Path) -> list[tuple[Rings, Rings]]:
    old = sorted((ti_frames / "Annotation Data Old").glob("*-poly.txt"))
    assert len(old) >= 4
    return [
        (read(ti_frames / "Annotation Data New" / f"{path.stem.removesuffix('-poly')}.txt"), read(path)) for path in old
    ]


def ours(frames: list[tuple[Rings, Rings]], iou_kind: str) -> np.ndarray:
    rule = attrs.evolve(DEFECTKIT, name="people", matcher="greedy", iou_kind=iou_kind)
    counts = np.zeros((3, 3))
    for new, old in frames:
        sides = [
            Instances.from_polygons([r[:, ::-1] for r in rings], types=["loop"] * len(rings), shape=(SIDE_PX, SIDE_PX))
            for rings in (new, old)
        ]
        matchings = sweep(*sides, convention=rule, iou_thresholds=THRESHOLDS)
        counts += [(m.n_found, m.n_true, m.n_predicted) for m in matchings]
    return counts


def independently(frames: list[tuple[Rings, Rings]], as_box: bool) -> np.ndarray:
    counts = np.zeros((3, 3))
    for new, old in frames:
        a, b = ([shapely.Polygon(r).buffer(0) for r in rings] for rings in (new, old))
        if as_box:
            a, b = ([shapely.box(*p.bounds) for p in side] for side in (a, b))
        pairs = []
        for i, p in enumerate(a):
            for j, q in enumerate(b):
                if p.intersects(q):
                    shared = p.intersection(q).area
                    pairs.append((shared / (p.area + q.area - shared), i, j))
        for row, threshold in zip(counts, THRESHOLDS, strict=True):
            free_a, free_b = set(range(len(a))), set(range(len(b)))
            for iou, i, j in sorted(pairs, reverse=True):
                if iou >= threshold and i in free_a and j in free_b:
                    free_a.remove(i)
                    free_b.remove(j)
                    row[0] += 1
            row[1:] += len(a), len(b)
    return counts


def f1(counts: np.ndarray) -> np.ndarray:
    return 2 * counts[:, 0] / (counts[:, 1] + counts[:, 2])


def test_polygon_agreement_is_what_shapely_alone_gives(frames: list[tuple[Rings, Rings]]) -> None:
    mine, theirs = ours(frames, "polygon"), independently(frames, as_box=False)
    assert mine[:, 1:].tolist() == theirs[:, 1:].tolist()
    assert mine[:, 0] == pytest.approx(theirs[:, 0], abs=1)  # self-crossing polygons are repaired in two ways
    assert f1(mine) == pytest.approx([0.54, 0.45, 0.35], abs=0.01)


def test_box_agreement_is_what_shapely_alone_gives(frames: list[tuple[Rings, Rings]]) -> None:
    mine, theirs = ours(frames, "box"), independently(frames, as_box=True)
    assert f1(mine) == pytest.approx(f1(theirs), abs=0.01)  # ours are boxes of masks, on whole pixels


@pytest.mark.parametrize("iou_kind", ["mask", "box", "polygon"])
def test_people_disagree_far_more_than_kinds_of_iou(frames: list[tuple[Rings, Rings]], iou_kind: str) -> None:
    assert 0.40 < f1(ours(frames, iou_kind))[1] < 0.50
