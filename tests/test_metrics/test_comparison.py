from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT, JACOBS2022, Convention
from defectkit.errors import ConventionError, PairingError, PluginError
from defectkit.metrics import Comparison, compare
from defectkit.records import DefectType, Instances, Taxonomy
from defectkit.statistics.cached import cached
from defectkit.statistics.comparing import Sides, compare_images, compared_types, fold

STANDARD = Taxonomy.standard()


def test_sub_types_are_folded_to_what_the_convention_names_or_to_their_root() -> None:
    nested = Taxonomy(
        types=(
            DefectType(name="loop"),
            DefectType(name="loop_100", parent="loop"),
            DefectType(name="loop_100_open", parent="loop_100"),
        )
    )
    assert fold("loop_100_open", JACOBS2022, nested) == "loop_100"
    assert fold("loop_100_open", DEFECTKIT, nested) == "loop"
    assert fold("loop_100_open", DEFECTKIT, STANDARD) == "loop_100"
    assert fold("widget", DEFECTKIT, STANDARD) == "widget"


def test_a_convention_without_types_compares_those_that_occur_in_the_order_of_the_taxonomy() -> None:
    types = ("bdot", "cavity", "alpha", "widget")
    assert compared_types({"widget", "cavity", "bdot", "alpha"}, DEFECTKIT, STANDARD) == (types, types)
    assert compared_types((), DEFECTKIT, STANDARD) == ((), ())


def test_a_convention_with_types_compares_all_of_them_and_averages_over_its_own() -> None:
    assert compared_types({"bdot"}, JACOBS2022, STANDARD) == (JACOBS2022.types, JACOBS2022.types)
    assert compared_types((), JACOBS2022, STANDARD) == (JACOBS2022.types, JACOBS2022.types)
    assert compared_types({"bdot", "cavity"}, JACOBS2022, STANDARD) == ((*JACOBS2022.types, "cavity"), JACOBS2022.types)


def test_labels_of_none_of_its_types_are_compared_as_what_they_are() -> None:
    assert compared_types({"loop"}, JACOBS2022, STANDARD) == (("loop",), ("loop",))


def test_compare_measures_both_sides_in_the_unit_of_the_spacing(squares: Callable[..., Instances]) -> None:
    truth = squares((0, 0, 10, "bdot"))
    result = compare(
        "a",
        truth,
        squares((0, 5, 10, "bdot")),
        convention=DEFECTKIT,
        iou_thresholds=(0.3,),
        taxonomy=STANDARD,
        spacing=(0.5, 2.0),
    )
    assert result.true.sizes[0] == pytest.approx(2 * np.sqrt(100 * 0.5 * 2.0 / np.pi))
    assert result.field_area == 64 * 64 * 0.5 * 2.0
    assert result.n_pixels == 64 * 64
    assert (result.true_foreground, result.predicted_foreground, result.shared_foreground) == (100, 100, 50)
    assert result.matchings[0].n_found == 1


def test_compare_names_the_image_whose_sides_do_not_fit(squares: Callable[..., Instances]) -> None:
    with pytest.raises(PairingError, match=r"image 'a': .*64 x 64 pixels, the prediction of 3 x 3"):
        compare(
            "a",
            squares(),
            Instances.empty((3, 3)),
            convention=DEFECTKIT,
            iou_thresholds=(0.3,),
            taxonomy=STANDARD,
        )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"iou_thresholds": (0.6, 0.3)}, ConventionError, "not ascending"),
        ({"iou_threshold": 0.45}, ConventionError, "none of"),
        ({"iou_thresholds": (0.3,)}, PairingError, "other IoU thresholds"),
        ({"types": ("bdot",)}, PairingError, r"types not compared: \['loop_111'\]"),
    ],
)
def test_a_comparison_that_contradicts_itself_is_refused(
    three_images: Comparison, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        attrs.evolve(three_images, **change)


def test_an_image_twice_is_refused(three_images: Comparison) -> None:
    with pytest.raises(PairingError, match="'a' is there twice"):
        attrs.evolve(three_images, images=(three_images.images[0],) * 2)


@pytest.mark.parametrize("convention", [DEFECTKIT, JACOBS2022])
def test_many_images_are_compared_to_the_bit_as_each_alone(
    squares: Callable[..., Instances], convention: Convention
) -> None:
    left = squares((0, 0, 10, "bdot"), (20, 20, 9, "loop_111"), (2, 40, 8, "loop_100_open"))
    right = squares((1, 1, 10, "loop_111"), (21, 20, 9, "cavity"), scores=(0.9, 0.5))
    images = [
        Sides(image="a", truth=left, predicted=right),
        Sides(image="b", truth=squares(), predicted=right),
        Sides(image="c", truth=left, predicted=left, spacing=(0.5, 2.0)),
        Sides(image="d", truth=right, predicted=squares()),
    ]
    settings: dict[str, Any] = {"convention": convention, "iou_thresholds": (0.3, 0.6), "taxonomy": STANDARD}
    for found, image in zip(compare_images(images, **settings), images, strict=True):
        alone = compare(image.image, image.truth, image.predicted, spacing=image.spacing, **settings)
        for ours, theirs in ((found.true, alone.true), (found.predicted, alone.predicted)):
            assert ours.types == theirs.types
            assert ours.sizes.tobytes() == theirs.sizes.tobytes()
            assert ours.shapes.tobytes() == theirs.shapes.tobytes()
        assert found.matchings.pairs.tolist() == alone.matchings.pairs.tolist()
        assert found.matchings.n_found.tolist() == alone.matchings.n_found.tolist()
        assert (found.field_area, found.shared_foreground) == (alone.field_area, alone.shared_foreground)


def test_columns_are_those_of_the_images_one_after_the_other(three_images: Comparison) -> None:
    images = three_images.images
    for side, frames in (("true", three_images.true_frames), ("predicted", three_images.predicted_frames)):
        joined = getattr(three_images, side)
        parts = [getattr(image, side) for image in images]
        assert joined.types == tuple(t for part in parts for t in part.types)
        assert joined.names == three_images.types
        assert joined.sizes.tolist() == [size for part in parts for size in part.sizes]
        assert joined.ids.tolist() == [i for part in parts for i in part.ids]
        assert three_images.image_of(frames).tolist() == [k for k, part in enumerate(parts) for _ in range(part.n)]
    assert three_images.matchings.n_found.tolist() == np.sum([i.matchings.n_found for i in images], axis=0).tolist()
    assert three_images.matchings is three_images.matchings


def test_columns_without_measures_say_what_metrics_need(squares: Callable[..., Instances]) -> None:
    settings: dict[str, Any] = {"convention": DEFECTKIT, "iou_thresholds": (0.3,), "taxonomy": STANDARD}
    one = squares((0, 0, 5, "bdot"))
    image = compare("a", one, one, parts=(), **settings)
    comparison = Comparison(
        convention=DEFECTKIT,
        iou_thresholds=(0.3,),
        iou_threshold=0.3,
        types=("bdot",),
        overall_types=("bdot",),
        length_unit="pixel",
        images=(image,),
    )
    assert comparison.true.codes.tolist() == [0]
    with pytest.raises(PluginError, match="holds no measures"):
        _ = comparison.true.sizes


def test_what_several_threads_ask_for_is_computed_once() -> None:
    class Asked:
        pass

    asked = Asked()
    calls: list[int] = []
    together = threading.Barrier(4)

    @cached
    def answer(of: Asked) -> int:
        calls.append(id(of))
        return len(calls)

    def ask(of: Asked) -> int:
        together.wait()
        return answer(of)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, [asked] * 4)) == [1, 1, 1, 1]
    gone = weakref.ref(asked)
    del asked
    gc.collect()
    assert gone() is None


def test_types_of_one_side_are_kept_by_name(squares: Callable[..., Instances]) -> None:
    truth = squares((0, 0, 5, "loop_100_open"), (9, 9, 5, "bdot"), (20, 20, 5, "loop_100"))
    defects = compare("a", truth, squares(), convention=DEFECTKIT, iou_thresholds=(0.3,), taxonomy=STANDARD).true
    assert defects.types == ("loop_100", "bdot", "loop_100")
    assert set(defects.names) == {"loop_100", "bdot"}
    assert defects.is_type("loop_100").tolist() == [True, False, True]
    assert defects.is_type("cavity").tolist() == [False, False, False]


def test_a_metric_cannot_change_what_others_are_computed_from(squares: Callable[..., Instances]) -> None:
    one = squares((0, 0, 10, "bdot"))
    result = compare("a", one, one, convention=DEFECTKIT, iou_thresholds=(0.3,), taxonomy=STANDARD, spacing=(1.0, 1.0))
    for column in (result.true.sizes, result.predicted.shapes, result.true.codes, result.matchings[0].iou):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0
