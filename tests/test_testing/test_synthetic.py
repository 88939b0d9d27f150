from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from defectkit.errors import RecordError, UnitError, UnknownDefectTypeError
from defectkit.geometry.polygons import polygons_to_runs
from defectkit.records import Image, Source
from defectkit.splitters import LeaveOneGroupOut, Relation, check_split, make_splits
from defectkit.testing.synthetic import (
    POPULATIONS,
    Acquisition,
    Disagreement,
    Look,
    Population,
    second_opinion,
    synthetic_dataset,
    synthetic_fecral,
    synthetic_micrograph,
)
from defectkit.testing.synthetic.fecral_conditions import CONDITIONS

TYPES = ("bdot", "loop_111", "loop_100_open", "loop_100_solid")
CLEAN = Acquisition(
    electrons=1e5, readout=0, unevenness=0, fringes=0, bend_depth=0, mottle=0, line_noise=0, level=0.8, bits=16
)
"""No noise and a flat background: what is drawn can be looked at."""


def test_the_same_seed_gives_the_same_micrograph_and_another_seed_another_one():
    (one, truth), (again, truth_again), (other, _) = (synthetic_micrograph(s, shape=(96, 128)) for s in (4, 4, 5))
    assert truth == truth_again
    assert np.array_equal(one.pixels, again.pixels)
    assert np.array_equal(one.pixels, one.pixels)
    assert one.digest() != other.digest()


def test_a_micrograph_is_pinned():
    image, truth = synthetic_micrograph(0, shape=(256, 256), counts={"bdot": 5, "loop_111": 3, "loop_100": 2})
    assert truth.type_names == ("bdot",) * 5 + ("loop_111",) * 3 + ("loop_100_open", "loop_100_solid")
    assert truth.areas.tolist() == [253, 52, 24, 271, 266, 996, 2313, 1105, 1122, 784]
    assert image.pixels.mean() == pytest.approx(152.414, abs=0.01)


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_shape_and_dtype_are_known_before_the_pixels(bits, dtype):
    image, _ = synthetic_micrograph(1, shape=(40, 60), acquisition=Acquisition(bits=bits))
    assert (image.shape, image.dtype) == ((40, 60), dtype)
    pixels = image.pixels
    assert (pixels.shape, pixels.dtype) == ((40, 60), dtype)
    assert 0.4 < pixels.mean() / np.iinfo(dtype).max < 0.8


def test_counts_are_exact_and_the_mixture_of_100_loops_is_parted():
    _, truth = synthetic_micrograph(2, counts={"bdot": 7, "loop_100": 10, "loop_100_solid": 1})
    assert Counter(truth.type_names) == {"bdot": 7, "loop_100_open": 6, "loop_100_solid": 5}


def test_numbers_follow_the_densities():
    expected = 2e-4 * (512 * 0.5) ** 2
    numbers = [
        len(synthetic_micrograph(s, shape=(512, 512), pixel_size="0.5 nm/px", densities={"bdot": "2e-4 nm^-2"})[1])
        for s in range(60)
    ]
    assert np.mean(numbers) == pytest.approx(expected, abs=4 * np.sqrt(expected / 60))
    assert np.var(numbers) == pytest.approx(expected, rel=0.6)


def test_no_defect_at_all_is_an_image_with_the_same_types():
    image, truth = synthetic_micrograph(3, shape=(64, 64), counts={}, n_lines=0)
    assert (len(truth), truth.shape) == (0, image.shape)
    assert set(TYPES) <= set(truth.types)


def test_truth_is_a_polygon_and_the_mask_it_encloses():
    image, truth = synthetic_micrograph(6, shape=(300, 400), densities=dict.fromkeys(TYPES, "3e-4 nm^-2"))
    assert len(truth) > 20
    assert truth.runs == polygons_to_runs(truth.polygons, image.shape)
    assert (truth.areas > 0).all()
    assert truth.is_labels
    vertices = truth.polygons.vertices
    assert (vertices >= 0).all()
    assert (vertices <= image.shape).all()
    assert truth.areas == pytest.approx(truth.polygons.areas(), abs=40, rel=0.05)


def test_border_defects_are_cut_at_the_frame():
    _, truth = synthetic_micrograph(8, shape=(120, 120), counts={"loop_111": 12})
    boxes = truth.boxes
    assert ((boxes[:, :2] == 0) | (boxes[:, 2:] == 120)).any()


@pytest.mark.parametrize("kind", TYPES)
def test_sizes_lie_in_the_range_of_their_population_and_about_its_median(kind):
    _, truth = synthetic_micrograph(9, shape=(4000, 4000), counts={kind: 300})
    inside = (truth.boxes[:, :2] > 0).all(axis=1) & (truth.boxes[:, 2:] < 4000).all(axis=1)
    diameters = truth.polygons.max_vertex_distances()[inside] * 0.478516
    population = POPULATIONS[kind]
    assert population.range_nm[0] * 0.99 <= diameters.min()
    assert diameters.max() <= population.range_nm[1] * 1.001
    assert np.median(diameters) == pytest.approx(population.median_nm, rel=0.12)


def darkness(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Darkness of one defect without noise, and its distance from the outline inwards, in nm."""
    from scipy.ndimage import distance_transform_edt

    nm = 0.25
    population = Population(
        type=kind,
        look=POPULATIONS[kind].look,
        median_nm=40,
        spread=0,
        range_nm=(40, 40),
        aspect=(0.7, 0.7),
        depth=(1, 1),
    )
    for seed in range(20):
        image, truth = synthetic_micrograph(
            seed,
            shape=(300, 300),
            pixel_size=f"{nm} nm/px",
            counts={kind: 1},
            populations={kind: population},
            n_lines=0,
            acquisition=CLEAN,
        )
        if truth.boxes[0, :2].min() > 5 and truth.boxes[0, 2:].max() < 295:
            mask = truth[0].mask()
            dark = 1 - image.pixels / (0.8 * 65535)
            return dark[mask], distance_transform_edt(mask)[mask] * nm
    raise AssertionError("no seed has a defect that lies within the frame")


def test_looks_are_told_apart_by_where_they_are_dark():
    def at(kind: str, low: float, high: float) -> float:
        dark, depth = darkness(kind)
        return float(dark[(depth >= low) & (depth < high)].mean())

    assert at("bdot", 3, 15) > 0.55
    assert at("loop_111", 1, 2.3) > 0.4
    assert at("loop_111", 6, 15) < 0.1
    assert at("loop_100_open", 1, 2.3) > 0.4
    assert at("loop_100_open", 3.5, 4.1) < at("loop_100_open", 5.4, 6.2)
    assert at("loop_100_open", 9, 15) < 0.1


def test_dislocation_lines_darken_the_image_but_are_not_labelled():
    (with_lines, truth), (without, truth_without) = (
        synthetic_micrograph(5, shape=(400, 400), counts={"bdot": 3}, n_lines=n, acquisition=CLEAN) for n in (4, 0)
    )
    assert truth == truth_without
    darker = without.pixels.astype(int) - with_lines.pixels
    assert (darker > 8000).sum() > 1000
    assert np.median(np.abs(darker)) < 700


def test_an_uneven_background_varies_slowly():
    image, _ = synthetic_micrograph(4, counts={}, n_lines=0)
    blocks = image.pixels.reshape(8, 128, 8, 128).mean(axis=(1, 3))
    assert np.ptp(blocks) > 15
    assert np.abs(np.diff(blocks, axis=0)).mean() < np.ptp(blocks) / 3


def test_noise_falls_with_the_number_of_electrons():
    def noise(electrons: float) -> float:
        image, _ = synthetic_micrograph(
            4,
            shape=(256, 256),
            counts={},
            n_lines=0,
            acquisition=Acquisition(electrons=electrons, readout=0, line_noise=0),
        )
        return float(np.diff(image.pixels.astype(float), axis=1).std() / np.sqrt(2) / image.pixels.mean())

    assert noise(100) == pytest.approx(0.1, rel=0.15)
    assert noise(2500) < 0.35 * noise(100)


def test_any_image_of_a_set_can_be_made_alone_and_sets_are_nested():
    images, labels = synthetic_dataset(7, 3, shape=(80, 80))
    more, more_labels = synthetic_dataset(7, 5, shape=(80, 80))
    assert list(more)[:3] == list(images)
    assert more["synthetic-002"].digest() == images["synthetic-002"].digest()
    assert more_labels["synthetic-002"] == labels["synthetic-002"]
    alone, truth = synthetic_micrograph(np.random.SeedSequence(7, spawn_key=(2,)), shape=(80, 80), name="synthetic-002")
    assert alone.digest() == images["synthetic-002"].digest()
    assert truth == labels["synthetic-002"]
    assert len({image.digest() for image in more.values()}) == 5


def test_a_seed_sequence_may_be_used_again():
    seed = np.random.SeedSequence(12)
    first, second = (synthetic_micrograph(seed, shape=(64, 64))[0].digest() for _ in range(2))
    assert first == second == synthetic_micrograph(12, shape=(64, 64))[0].digest()


def test_an_empty_set_is_empty():
    images, labels = synthetic_dataset(1, 0)
    assert (images, len(labels)) == ({}, 0)
    with pytest.raises(RecordError, match="-1 images"):
        synthetic_dataset(1, -1)


@pytest.mark.parametrize(
    ("options", "error", "fault"),
    [
        ({"counts": {"bdot": -1}}, RecordError, "-1 defects of type 'bdot'"),
        ({"counts": {"void": 1}}, UnknownDefectTypeError, "no synthetic defect type is named 'void'"),
        ({"counts": {}, "densities": {}}, RecordError, "either counts or densities"),
        ({"densities": {"bdot": "1e15 / m^3"}}, UnitError, "density of bdot"),
        ({"shape": (4, 100)}, RecordError, "too small"),
        ({"pixel_size": "1 nm^2"}, UnitError, "pixel size"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, error, fault):
    with pytest.raises(error, match=fault):
        synthetic_micrograph(0, **{"shape": (64, 64)} | options)


@pytest.mark.parametrize("options", [{"median_nm": 50.0}, {"aspect": (0.5, 1.5)}, {"range_nm": (0.0, 20.0)}])
def test_a_population_that_contradicts_itself_is_refused(options):
    fields = {"median_nm": 8.0, "spread": 0.2, "range_nm": (3.0, 20.0), "aspect": (0.8, 1.0), "depth": (0.5, 1.0)}
    with pytest.raises(RecordError, match="population 'dot'"):
        Population(type="dot", look=Look.SOLID, **fields | options)


@pytest.fixture(scope="module")
def fecral():
    return synthetic_fecral(3, binning=4)


def test_fecral_has_the_published_numbers(fecral):
    expected = {
        "dataset1": (107, 715, 2353, 2314),
        "dataset2": (107, 754, 2395, 1904),
        "dataset2-expanded": (182, 2835, 4602, 6238),
    }
    for name, (n_images, *numbers) in expected.items():
        labels = fecral.labels[name]
        roots = Counter(
            labels.taxonomy.root(t) for instances in labels.instances.values() for t in instances.type_names
        )
        assert len(labels) == n_images
        assert [roots[t] for t in ("loop_100", "loop_111", "bdot")] == numbers
        assert labels.n_defects == sum(numbers)
        assert all((instances.areas > 0).all() for instances in labels.instances.values())


def test_fecral_has_the_published_calibrations(fecral):
    image = fecral.images["map3_70kx_onzap_CL4100"]
    assert image.shape == (256, 256)
    assert image.calibration.pixel_size_nm == pytest.approx((4 * 0.880523,) * 2)
    assert image.calibration.foil_thickness.magnitude == 111.7
    assert image.calibration.pixel_size_source is Source.PREFIX_TABLE
    assert not image.is_assumed
    assumed = fecral.images["BF X500K_1"]
    assert assumed.calibration.foil_thickness.magnitude == 100
    assert assumed.is_assumed
    assert sum(image.is_assumed for image in fecral.images.values()) == 61
    assert image.pixels.shape == image.shape


def test_label_sets_share_images_and_dataset2_is_a_part_of_the_whole(fecral):
    one, two, whole = (fecral.labels[name] for name in ("dataset1", "dataset2", "dataset2-expanded"))
    assert one.images == two.images
    assert all(two[name] == whole[name] for name in two)
    assert set(whole) == set(fecral.images)
    assert one.digest() != two.digest()


def test_annotators_disagree_as_much_as_people_do(fecral):
    from defectkit.geometry.overlap import mask_iou

    matched = n_one = n_two = 0
    for name in fecral.labels["dataset1"]:
        one, two = fecral.labels["dataset1"][name], fecral.labels["dataset2"][name]
        matched += int(np.count_nonzero((mask_iou(one.runs, two.runs) > 0.3).any(axis=1)))
        n_one, n_two = n_one + len(one), n_two + len(two)
    assert 0.7 < 2 * matched / (n_one + n_two) < 0.9


def test_fecral_splits_have_the_published_sizes_and_do_not_leak(fecral):
    sizes = {name: (len(split.train), len(split.test)) for name, split in fecral.splits.items()}
    assert sizes == {
        "dataset1 initial split": (85, 22),
        "dataset2 initial split": (85, 22),
        "dataset2-expanded initial split": (160, 22),
    }
    tests = {split.test for split in fecral.splits.values()}
    assert len(tests) == 1
    for split in fecral.splits.values():
        assert set(split.train + split.test) <= set(fecral.labels[split.train_labels.split("@")[0]])
        check_split(split, fecral.images, relations=(Relation.AREA,))


@pytest.mark.parametrize(("fact", "n_groups"), [("alloy", 7), ("microscope", 4), ("irradiation", 2)])
def test_fecral_can_be_split_by_facts(fecral, fact, n_groups):
    splits = list(
        make_splits(
            LeaveOneGroupOut(by=fact),
            fecral.images.values(),
            train_labels="dataset2-expanded@1",
            test_labels="dataset2-expanded@1",
            accepted=(Relation.PIXELS,),
        )
    )
    assert len(splits) == n_groups


def test_conditions_of_fecral_differ_as_page_23_says(fecral):
    whole = fecral.labels["dataset2-expanded"]
    of = {
        condition: [
            name
            for series in CONDITIONS[condition].series
            for name in (series.pattern.format(n + 1) for n in range(series.n_images))
        ]
        for condition in CONDITIONS
    }

    def size_nm(condition: str) -> float:
        areas = [
            area * fecral.images[name].required_calibration().pixel_size_nm[0] ** 2
            for name in of[condition]
            for area, kind in zip(whole[name].areas, whole[name].type_names, strict=True)
            if kind == "loop_111"
        ]
        return float(np.sqrt(np.median(areas)))

    def dots_per_nm2(condition: str) -> float:
        images = [fecral.images[name] for name in of[condition]]
        field = sum(float(i.required_calibration().field_area(i.shape).magnitude) for i in images)
        return sum(whole[name].type_names.count("bdot") for name in of[condition]) / field

    assert size_nm("other irradiation") < 0.75 * size_nm("large loops") > size_nm("other alloys")
    assert dots_per_nm2("other irradiation") > 2 * dots_per_nm2("large loops")
    lines = {series.microscope: c.n_lines for c in CONDITIONS.values() for series in c.series}
    assert lines["Talos F200X"] == lines["2100F"] > lines["CM200"]


def test_what_only_dataset1_has_is_shown_by_the_images(fecral):
    from defectkit.geometry.overlap import mask_iou

    name = max(fecral.labels["dataset1"], key=lambda n: len(fecral.labels["dataset1"][n]))
    one, two = fecral.labels["dataset1"][name], fecral.labels["dataset2"][name]
    pixels = fecral.images[name].pixels.astype(float)
    alone = np.flatnonzero(mask_iou(one.runs, two.runs).max(axis=1) == 0)
    dots = [i for i in alone if one.type_names[i] == "bdot" and one.areas[i] >= 4]
    darker = []
    for top, left, bottom, right in one.boxes[dots]:
        around = pixels[max(top - 4, 0) : bottom + 4, max(left - 4, 0) : right + 4]
        darker.append(np.median(around) - pixels[top:bottom, left:right].mean())
    assert len(dots) > 3
    assert np.mean(darker) > 2 * np.std(darker) / np.sqrt(len(darker))


def test_fecral_depends_on_its_seed_alone(fecral):
    again = synthetic_fecral(3, binning=4)
    for name, labels in fecral.labels.items():
        assert again.labels[name].digest() == labels.digest()
    assert again.splits == fecral.splits
    assert synthetic_fecral(4, binning=4).labels["dataset1"].digest() != fecral.labels["dataset1"].digest()
    with pytest.raises(RecordError, match="binning 3"):
        synthetic_fecral(binning=3)


def test_a_second_opinion_departs_as_told():
    images, labels = synthetic_dataset(2, 4, shape=(200, 200), counts={"bdot": 10, "loop_111": 5, "loop_100": 5})
    sizes = {name: image.required_calibration().pixel_size_nm[0] for name, image in images.items()}
    disagreement = Disagreement(
        missed={"bdot": 4, "loop_100": 20},
        added={"bdot": 3},
        retyped={("loop_111", "bdot"): 2},
        shift_px=0,
        scale=(1, 0),
    )
    other = second_opinion(labels, disagreement, seed=1, name="second", pixel_sizes_nm=sizes)
    counts = other.counts()
    assert (counts["bdot"], counts["loop_111"]) == (40 - 4 + 3 + 2, 20 - 2)
    assert counts["loop_100_open"] + counts["loop_100_solid"] == 0
    kept = {tuple(map(tuple, ring)) for name in labels for ring in rings(labels[name])}
    same = sum(tuple(map(tuple, ring)) in kept for name in other for ring in rings(other[name]))
    assert same == other.n_defects - 3
    assert second_opinion(labels, disagreement, seed=1, name="b", pixel_sizes_nm=sizes).digest() == other.digest()


def rings(instances):
    return [np.round(instances.polygons.ring(i), 3).tolist() for i in range(len(instances))]


def test_a_second_opinion_cannot_miss_more_than_there_is():
    images, labels = synthetic_dataset(2, 1, shape=(64, 64), counts={"bdot": 2})
    with pytest.raises(RecordError, match="3 defects of type 'bdot' are to be missed or retyped, but there are 2"):
        second_opinion(
            labels,
            Disagreement(missed={"bdot": 2}, retyped={("bdot", "loop_111"): 1}),
            seed=0,
            name="x",
            pixel_sizes_nm=dict.fromkeys(images, 0.5),
        )


def test_images_are_lazy():
    images, _ = synthetic_dataset(0, 2, shape=(3000, 3000), counts={"bdot": 1})
    assert all(isinstance(image, Image) and image.shape == (3000, 3000) for image in images.values())
