from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from defectkit import Image, Instances, LabelSet
from defectkit.formats import read_images, read_labels
from defectkit.statistics import Bootstrap
from defectkit.workflows.agreement import agree

SQUARE = np.array([[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0]])
TYPES = ("bdot", "loop_111", "loop_100")
SHAPE = (64, 64)


def drawn(name: str, per_image: dict[str, list[tuple[np.ndarray, str]]]) -> LabelSet:
    return LabelSet(
        name=name,
        instances={
            image: Instances.from_polygons([p for p, _ in rows], types=[t for _, t in rows], shape=SHAPE)
            for image, rows in per_image.items()
        },
    )


def random_pair(seed: int) -> tuple[LabelSet, LabelSet]:
    rng = np.random.default_rng(seed)
    first: dict[str, list[tuple[np.ndarray, str]]] = {}
    second: dict[str, list[tuple[np.ndarray, str]]] = {}
    for k in range(6):
        spots = [(SQUARE + 20 * np.array(divmod(s, 3)), TYPES[rng.integers(3)]) for s in range(9)]
        first[f"i{k}"] = [s for s in spots if rng.random() < 0.8]
        second[f"i{k}"] = [
            (p * 1.1 if rng.random() < 0.5 else p, TYPES[rng.integers(3)] if rng.random() < 0.3 else t)
            for p, t in spots
            if rng.random() < 0.7
        ]
    return drawn("first", first), drawn("second", second)


def test_a_set_agrees_with_itself() -> None:
    first, _ = random_pair(0)
    table = agree(first, first, bootstrap=Bootstrap(n_resamples=50))
    assert (table["f1_score"] == 1).all()
    assert (table["f1_score_low"] == 1).all()
    assert (table["kappa"] == 1).all()
    assert (table["density_difference"] == 0).all()
    assert np.allclose(table["size_difference"], 0)


def test_f1_and_kappa_are_the_same_both_ways_round() -> None:
    first, second = random_pair(1)
    drawn = Bootstrap(n_resamples=100)
    one, other = agree(first, second, bootstrap=drawn), agree(second, first, bootstrap=drawn)
    for name in ("f1_score", "f1_score_low", "f1_score_high", "kappa"):
        assert np.allclose(one[name], other[name], equal_nan=True), name
    ratio = 1 + one["density_difference"] / 100
    assert np.allclose(ratio * (1 + other["density_difference"] / 100), 1)


def test_kappa_is_that_of_scikit_learn() -> None:
    first, second = random_pair(2)
    table = agree(first, second, bootstrap=Bootstrap(n_resamples=10))
    confusion = table["confusion"].sel(iou_threshold=0.3).to_numpy()[:-1, :-1]
    pairs = [(i, j) for i, j in np.ndindex(confusion.shape) for _ in range(confusion[i, j])]
    ours = float(table["kappa"].sel(iou_threshold=0.3))
    assert ours == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))
    assert float(table["kappa_low"].sel(iou_threshold=0.3)) <= ours <= float(table["kappa_high"].sel(iou_threshold=0.3))


def test_sizes_are_in_nanometers_where_images_are_calibrated() -> None:
    first, second = random_pair(3)
    images = [Image.from_array(n, np.zeros(SHAPE, np.uint8), pixel_size="0.5 nm") for n in first]
    table = agree(first, second, images, bootstrap=Bootstrap(n_resamples=10))
    assert table.attrs["length_unit"] == "nanometer"
    bare = agree(first, second, bootstrap=Bootstrap(n_resamples=10))
    assert np.allclose(table["size_difference"], bare["size_difference"], equal_nan=True)


def test_how_far_two_people_agree_on_ti(ti_frames: Path) -> None:
    images = read_images(ti_frames / "Raw Images", pixel_size="0.2554 nm")
    new, old = (
        read_labels(
            ti_frames / f"Annotation Data {which}", images=images, format="yolo-seg", options={"types": "0=loop"}
        ).labels
        for which in ("New", "Old")
    )
    table = agree(old, new, images, unpaired="leave-out", bootstrap=Bootstrap(n_resamples=500))
    at = table["f1_score"].sel(iou_threshold=0.3)
    assert 0.4 < float(at) < 0.55
    assert float(table["f1_score_low"].sel(iou_threshold=0.3)) < float(at)
    assert table.sizes["image"] == 4
    assert len(table.attrs["only_in_second"]) == 9
