"""What holds of tiles and of merging, whatever the image."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from defectkit.detectors.merging import merge_tiles
from defectkit.detectors.tiles import tiles_of
from defectkit.records import Instances


@st.composite
def tilings(draw):
    shape = draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))
    tile = draw(st.integers(2, 60))
    return shape, tiles_of(shape, tile=tile, overlap=draw(st.integers(1, tile - 1))), tile


@given(tilings())
def test_tiles_cover_every_pixel_and_neighbors_overlap(tiling):
    shape, tiles, size = tiling
    seen = np.zeros(shape, int)
    for tile in tiles:
        assert 0 <= tile.top < tile.bottom <= shape[0]
        assert 0 <= tile.left < tile.right <= shape[1]
        assert tile.bottom - tile.top == min(size, shape[0])
        assert tile.right - tile.left == min(size, shape[1])
        seen[tile.top : tile.bottom, tile.left : tile.right] += 1
    assert seen.min() >= 1
    assert len({(t.top, t.left) for t in tiles}) == len(tiles)


@given(tilings(), st.data())
def test_a_detector_that_sees_all_there_is_sees_the_same_in_tiles(tiling, data):
    shape, tiles, _ = tiling
    grid = data.draw(st.integers(4, 12), label="grid")
    masks = []
    for top in range(0, shape[0], grid):
        for left in range(0, shape[1], grid * data.draw(st.integers(1, 4), label="stretch")):
            bottom = data.draw(st.integers(top + 1, top + grid - 1), label="bottom")
            right = data.draw(st.integers(left + 1, left + grid - 1), label="right")
            mask = np.zeros(shape, bool)
            mask[top:bottom, left:right] = True
            masks.append(mask)
    truth = Instances.from_masks(masks, types=["bdot"] * len(masks), shape=shape)
    found = []
    for tile in tiles:
        crops = [crop for mask in masks if (crop := tile.crop(mask)).any()]
        height, width = tile.bottom - tile.top, tile.right - tile.left
        found.append(
            Instances.from_masks(
                crops,
                types=["bdot"] * len(crops),
                shape=(height, width),
                known_types=("bdot",),
                scores=np.ones(len(crops)),
            )
        )
    merged = merge_tiles(tiles, found, shape)
    assert sorted(merged.boxes.tolist()) == sorted(truth.boxes.tolist())
    assert sorted(merged.areas.tolist()) == sorted(truth.areas.tolist())
    assert len(np.unique(merged.ids)) == len(merged)
