"""Simulated sizes beside measured ones: what a detection limit lets through is what is counted on simulated foils."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from scipy import stats

import defectkit as dk
from defectkit.errors import EmptyInputError, MissingCalibrationError, RecordError, UnknownDefectTypeError
from defectkit.records import Taxonomy
from defectkit.statistics import Bootstrap
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.uncertainty import Condition, DetectionLimit, HitRate, Inputs, Uncertainties, propagated
from defectkit.uncertainty.size_tables import SimulatedClass, simulated_sizes
from defectkit.workflows.condition import Assessment, assess
from defectkit.workflows.simulation import compare_simulation, hit_rates
from tests.coverage.foils import AREA_NM2, DECLARED, DENSITIES_NM3, MEDIAN_NM, SPREAD, TYPES, Foil, strengthening

LIMIT = DetectionLimit(
    resolution="8 nm",
    size_spread="1.5 nm",
    visible_fractions={"loop_111": 0.5},
    hit_rates=[HitRate(size_low_nm=0, size_high_nm=14, rate=0.6), HitRate(size_low_nm=14, size_high_nm=40, rate=0.9)],
)
HOW = Bootstrap(n_resamples=400)


def simulation(factor: float = 1.0, width: float = 0.5) -> tuple[SimulatedClass, ...]:
    """The distribution that the foils are made of, in classes as a code of cluster dynamics writes them."""
    edges = np.arange(0, 150, width)
    rows = []
    for name, density, median in zip(TYPES, DENSITIES_NM3, MEDIAN_NM, strict=True):
        shares = np.diff(stats.lognorm(SPREAD, 0, median).cdf(edges))
        rows += [
            SimulatedClass(
                defect_type=name, size_low_nm=a, size_high_nm=b, number_density_per_m3=factor * density * s * 1e27
            )
            for a, b, s in zip(edges[:-1], edges[1:], shares, strict=True)
        ]
    return tuple(rows)


def observed(condition: Condition, rng: np.random.Generator) -> Condition:
    """What is counted of a foil under LIMIT: every defect is seen, found and measured by chance, one by one."""
    sizes, types = condition.sizes_nm, condition.type_codes
    seen = (sizes >= 8) & (rng.random(len(sizes)) < np.where(types == 0, 0.5, 1.0))
    found = seen & (rng.random(len(sizes)) < np.where(sizes < 14, 0.6, 0.9))
    measured = sizes + 1.5 * rng.standard_normal(len(sizes))
    return attrs.evolve(
        condition,
        sizes_nm=measured[found],
        type_codes=types[found],
        image_codes=condition.image_codes[found],
        weights=condition.weights[found],
    )


IMAGES, TRUTH = synthetic_dataset(1, 1, shape=(64, 64))
ANALYSIS = dk.measure_labels(TRUTH, IMAGES)


def assessed(condition: Condition, declared: Uncertainties = DECLARED) -> Assessment:
    inputs = Inputs.of(condition, strengthening(), declared, taxonomy=Taxonomy.standard())
    return Assessment(
        analysis=ANALYSIS, inputs=inputs, known=propagated(inputs, HOW), bootstrap=HOW, counted={}, cautions=()
    )


def test_what_is_counted_on_simulated_foils_is_what_the_limit_lets_through() -> None:
    """Mean counts in 10 nm classes of 2,000 fields are those of the response, within chance."""
    edges = np.arange(0, 101, 10.0)
    rng = np.random.default_rng(0)
    foil = observed(attrs.evolve(Foil(n_images=2000).condition(rng), thicknesses_nm=np.full(2000, 100.0)), rng)
    rows = simulation()
    for code, name in enumerate(TYPES):
        own = [row for row in rows if row.defect_type == name]
        true = np.array([row.size_low_nm for row in own] + [own[-1].size_high_nm])
        per_nm3 = np.array([row.number_density_per_m3 for row in own]) * 1e-27
        expected = LIMIT.response(true, edges, name) @ per_nm3 * AREA_NM2 * 100 * 2000
        counted = np.histogram(foil.sizes_nm[foil.type_codes == code], edges)[0]
        assert (np.abs(counted - expected) < 4 * np.sqrt(expected) + 2).all(), (name, counted, expected)


def test_the_right_simulation_is_accepted_as_often_as_it_says_and_a_wrong_one_is_not() -> None:
    """P-values of 120 foils, so that shares have standard errors of 3 to 5 %."""
    rng = np.random.default_rng(1)
    right, wrong = simulation(), simulation(2.0)
    p: dict[str, list[float]] = {"right": [], "wrong": []}
    for _ in range(120):
        assessment = assessed(observed(Foil(n_images=8).condition(rng), rng))
        for name, rows in (("right", right), ("wrong", wrong)):
            found = compare_simulation(assessment, rows, LIMIT, class_width_nm=6.0)
            p[name].append(float(found["p_value"].sel(type="all")))
    assert 0.02 < np.mean(np.array(p["right"]) < 0.1) < 0.2
    assert 0.35 < np.mean(np.array(p["right"]) < 0.5) < 0.65
    assert np.mean(np.array(p["wrong"]) < 0.1) > 0.85


def test_the_table_adds_up() -> None:
    rng = np.random.default_rng(2)
    assessment = assessed(observed(Foil(n_images=6).condition(rng), rng))
    found = compare_simulation(assessment, simulation(), LIMIT)
    assert int(found["count"].sum()) == len(assessment.condition.sizes_nm)
    assert found["residual"].values == pytest.approx((found["number_density"] - found["seen_density"]).values)
    error = np.sqrt(np.diag(found["covariance"].values))
    assert found["pull"].values == pytest.approx(found["residual"].values / error)
    for name, density in zip(TYPES, DENSITIES_NM3, strict=True):
        of_type = found.isel(size_class=found["defect_type"].values == name)
        unseen = 1 - float(of_type["seen_density"].sum()) / (density * 1e27)
        assert float(found["unseen_fraction"].sel(type=name)) == pytest.approx(unseen, abs=1e-4)
        volume = 6 * AREA_NM2 * assessment.condition.thicknesses_nm[0] * 1e-27
        assert (of_type["seen_density"] * volume >= 5).all()
    assert float(found["unseen_fraction"].sel(type="loop_111")) > 0.5


def test_a_measurement_is_its_own_best_simulation() -> None:
    rng = np.random.default_rng(3)
    assessment = assessed(Foil(n_images=6).condition(rng), Uncertainties())
    own = simulated_sizes(assessment.size_classes(np.arange(0, 151, 5.0)))
    found = compare_simulation(assessment, own, DetectionLimit(), class_width_nm=5.0)
    assert found["chi_square"].values == pytest.approx(np.zeros(3), abs=1e-9)
    assert found["unseen_fraction"].values == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_type_that_is_simulated_and_not_there_counts_against_the_simulation() -> None:
    rng = np.random.default_rng(4)
    condition = Foil(n_images=6).condition(rng)
    only = attrs.evolve(
        condition,
        **{
            name: getattr(condition, name)[condition.type_codes == 0]
            for name in ("sizes_nm", "type_codes", "image_codes", "weights")
        },
    )
    found = compare_simulation(assessed(only), simulation(), DetectionLimit(), class_width_nm=6.0)
    assert float(found["p_value"].sel(type="loop_100")) < 1e-3
    half = [row for row in simulation() if row.defect_type == "loop_111"]
    alone = compare_simulation(assessed(condition), half, DetectionLimit(), class_width_nm=6.0)
    assert alone.attrs["left_out"] == ["loop_100"] and alone["type"].values.tolist() == ["loop_111", "all"]


def test_what_cannot_be_compared_is_refused() -> None:
    condition = Foil(n_images=2).condition(np.random.default_rng(5))
    with pytest.raises(EmptyInputError, match="nothing is simulated"):
        compare_simulation(assessed(condition), [], LIMIT)
    other = [SimulatedClass(defect_type="loop_11", size_low_nm=0, size_high_nm=1, number_density_per_m3=1)]
    with pytest.raises(UnknownDefectTypeError, match="loop_111"):
        compare_simulation(assessed(condition), other, LIMIT)
    bare = attrs.evolve(condition, thicknesses_nm=np.array([100.0, np.nan]))
    with pytest.raises(MissingCalibrationError, match="thickness"):
        compare_simulation(assessed(bare), simulation(), LIMIT)


def test_weighted_defects_are_compared_as_what_they_stand_for() -> None:
    """Half of the loops are invisible and every one that is seen counts twice: the p-values stay those of chance."""
    rng = np.random.default_rng(6)
    half = {"loop_111": 0.5, "loop_100": 0.5}
    p = []
    for _ in range(60):
        condition = Foil(n_images=8).condition(rng)
        shown = rng.random(len(condition.sizes_nm)) < 0.5
        columns = {name: getattr(condition, name)[shown] for name in ("sizes_nm", "type_codes", "image_codes")}
        seen = attrs.evolve(condition, **columns, weights=np.full(shown.sum(), 2.0), visible_fractions=half)
        found = compare_simulation(assessed(seen), simulation(), DetectionLimit(), class_width_nm=6.0)
        p.append(float(found["p_value"].sel(type="all")))
    assert 0.25 < np.mean(np.array(p) < 0.5) < 0.7
    with pytest.raises(RecordError, match="corrected already"):
        compare_simulation(assessed(seen), simulation(), LIMIT)


def test_hit_rates_are_the_share_found_of_each_range() -> None:
    images, truth = synthetic_dataset(3, 2, shape=(256, 256))
    sizes = dk.measure(images, truth)["size"].values
    edges = [0.0, float(np.median(sizes)), float(sizes.max()) + 1]
    kept = {}
    for name, own in truth.instances.items():
        mine = dk.measure([images[name]], {name: own})["size"].values
        kept[name] = own.take(np.flatnonzero((mine >= edges[1]) | (np.arange(len(mine)) % 2 == 0)))
    low, high = hit_rates(truth, kept, images, edges_nm=edges)
    assert high.rate == 1 and low.rate == pytest.approx(
        sum(((dk.measure([images[n]], {n: o})["size"].values) < edges[1]).sum() for n, o in kept.items())
        / (sizes < edges[1]).sum()
    )
    with pytest.raises(EmptyInputError, match="no true defect"):
        hit_rates(truth, kept, images, edges_nm=[1e4, 2e4])


def test_a_whole_analysis_is_compared() -> None:
    images, truth = synthetic_dataset(1, 4, shape=(512, 512))
    assessment = assess(
        dk.measure_labels(truth, images),
        material="fecral",
        model="dispersed-barrier",
        superposition="linear",
        bootstrap=HOW,
    )
    own = simulated_sizes(assessment.size_classes(np.arange(0, 100, 4.0)))
    found = compare_simulation(assessment, own, DetectionLimit(resolution="5 nm"), class_width_nm=4.0)
    assert 0 < float(found["unseen_fraction"].sel(type="bdot")) < 0.5
    assert found["defect_type"].values.tolist().count("loop_100") == 0
