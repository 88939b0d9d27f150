from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest

import defectkit
from defectkit.conventions import convention
from defectkit.hardening import DispersedBarrier
from defectkit.statistics import Bootstrap
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.workflows import Analysis

COUNTS = {"bdot": 6, "loop_111": 4, "loop_100": 3}


def analysis(seed: int, n: int = 2, **options: Any) -> Analysis:
    images, truth = synthetic_dataset(seed, n, shape=(256, 256), counts=COUNTS)
    return defectkit.measure_labels(truth, images, **options)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    for name, seed in (("a", 1), ("b", 2)):
        analysis(seed).save(folder / name / "results.zarr")
    return folder


QUICK = ("--resamples", "200")


def test_a_finished_analysis_becomes_megapascals_with_intervals(run, measured, tmp_path):
    options = ("--thickness", "100 +/- 20 nm", "--uncertainty", "barrier_strength=10%", "--superposition", "power:1.5")
    result = run("harden", measured / "a", "--material", "fecral", *options, *QUICK, "-o", tmp_path / "H")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "H").iterdir() if path.name[0] != "."}
    assert names >= {"condition.csv", "budget.csv", "budget.svg", "report.html", "condition.zarr"}
    assert names >= {"size_classes.csv", "covariance.csv", "fits.csv", "spatial.csv"}
    assert names >= {f"{figure}.{end}" for figure in ("budget", "sizes", "spatial") for end in ("svg", "png")}
    table = pd.read_csv(tmp_path / "H" / "condition.csv").set_index("defect_type")
    assert table["level"].unique().tolist() == [0.9]
    assert table["superposition_exponent"].unique().tolist() == [1.5]
    total = table.loc["all"]
    kind = table.index.drop("all").str.replace("_open|_solid", "", regex=True)  # sub-types are one obstacle
    alone = (table["hardening_mpa"].drop("all") ** 2).groupby(kind).sum() ** 0.5
    assert total["hardening_mpa"] == pytest.approx((alone**1.5).sum() ** (1 / 1.5))
    for column in ("areal_density", "number_density", "size_mean", "line_length_density", "hardening"):
        (name,) = [c for c in map(str, table) if c.startswith(f"{column}_") and c.split(column)[1].count("low") == 1]
        low, value, high = (total[c] for c in (name, name.replace("_low", ""), name.replace("_low", "_high")))
        assert low < value < high, column
    budget = pd.read_csv(tmp_path / "H" / "budget.csv")
    shares = budget[(budget["measure"] == "hardening") & (budget["defect_type"] == "all")].set_index("source")["share"]
    assert shares.sum() == pytest.approx(1)
    assert {name for name, share in shares.items() if share} == {"counting", "foil_thickness", "barrier_strength"}
    classes = pd.read_csv(tmp_path / "H" / "size_classes.csv")
    assert classes["count"].sum() == total["count"]
    assert classes["number_density_per_m3"].sum() == pytest.approx(total["number_density_per_m3"])
    covariance = pd.read_csv(tmp_path / "H" / "covariance.csv", index_col=0).to_numpy()
    assert covariance.shape == (len(classes), len(classes))
    assert np.linalg.eigvalsh(covariance).min() > -1e-9 * np.trace(covariance)
    page = (tmp_path / "H" / "report.html").read_text(encoding="utf-8")
    assert "foil thickness" in page and "<svg" in page and "power:1.5" in page
    assert (tmp_path / "H" / "budget.svg").read_text(encoding="utf-8").startswith("<svg xmlns")


def test_the_default_does_not_depend_on_the_bins_of_the_convention():
    narrow = attrs.evolve(
        convention("jacobs2022"), size_bin_edges_nm={}, other_size_bin_edges_nm=tuple(np.arange(0, 90, 1.0).tolist())
    )
    options: dict[str, Any] = {"thickness": "100 nm", "bootstrap": Bootstrap(n_resamples=10)}
    wide, fine = (analysis(1, convention=rule) for rule in ("jacobs2022", narrow))
    found = [defectkit.harden_condition(a, **options)["hardening"].values for a in (wide, fine)]
    assert found[0] == pytest.approx(found[1], nan_ok=True)
    binned = [
        defectkit.harden_condition(a, model=DispersedBarrier(), **options)["hardening"].values[-1] for a in (wide, fine)
    ]
    assert binned[1] > 1.03 * binned[0]


def test_labels_and_images_do_as_well(run, measured, tmp_path):
    a = analysis(1)
    assert a.labels is not None
    defectkit.write_labels(a.labels, tmp_path / "labels.json", format="coco")
    (tmp_path / "frames").mkdir()
    from PIL import Image as Pictures

    for image in a.images:
        Pictures.fromarray(image.pixels).save(tmp_path / "frames" / f"{image.name}.png")
    size = f"{a.images[0].required_calibration().pixel_size_nm[0]!r} nm"
    options = ("--images", tmp_path / "frames", "--pixel-size", size, "--thickness", "100 nm", *QUICK)
    result = run("harden", tmp_path / "labels.json", *options, "-o", tmp_path / "H")
    assert result.exit_code == 0, result.output
    other = run("harden", measured / "a", "--thickness", "100 nm", *QUICK, "-o", tmp_path / "G")
    assert other.exit_code == 0, other.output
    tables = [pd.read_csv(tmp_path / name / "condition.csv").set_index("defect_type") for name in "HG"]
    assert tables[0].loc["all", "hardening_mpa"] == pytest.approx(tables[1].loc["all", "hardening_mpa"], rel=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--superposition", "power:0.5"), "at least 1"),
        (("--superposition", "cubic"), "power:1.5"),
        (("--thickness", "100"), "nm"),
        (("--uncertainty", "luck=3%"), "barrier_strength"),
        (("--model", "orowan", "--within-type", "convention"), "--within-type"),
        (("--pixel-size", "1 nm"), "--images"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(run, measured, tmp_path, options, words):
    result = run("harden", measured / "a", *options, "-o", tmp_path / "H")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "H").exists()


def test_a_folder_that_is_no_analysis_is_refused(run, tmp_path):
    for name in ("harden", "compare"):
        sources = (tmp_path / "nothing",) * (1 if name == "harden" else 2)
        result = run(name, *sources, "-o", tmp_path / "H")
        assert result.exit_code == 2
        assert "is not there" in result.stderr


def test_two_conditions_are_compared(run, measured, tmp_path):
    result = run("compare", measured / "a", measured / "b", *QUICK, "-o", tmp_path / "C")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "C").iterdir() if path.name[0] != "."}
    assert names >= {"comparison.csv", "sizes.csv", "comparison.svg", "comparison.png", "comparison.zarr"}
    table = pd.read_csv(tmp_path / "C" / "comparison.csv")
    known = table[table["difference"].notna()]
    assert known["difference"].to_numpy() == pytest.approx((known["second"] - known["first"]).to_numpy())
    rows = known[known["defect_type"] == "all"]
    assert (rows["difference_low"] < rows["difference_high"]).all()
    assert {"areal_density", "size_mean", "line_length_density", "hardening"} <= set(rows["measure"])
    for side in ("first", "second"):
        assert (rows[f"{side}_low"] <= rows[side]).all() and (rows[side] <= rows[f"{side}_high"]).all()
    sizes = pd.read_csv(tmp_path / "C" / "sizes.csv").set_index("defect_type").loc["all"]
    for name, end in (("ks_statistic", ""), ("wasserstein_distance", "_nm")):
        assert 0 <= sizes[f"{name}_low{end}"] <= sizes[f"{name}{end}"] <= sizes[f"{name}_high{end}"], name


def test_a_condition_differs_from_itself_by_nothing():
    from scipy import stats

    a, b = analysis(1), analysis(2)
    how = Bootstrap(n_resamples=300)
    same = defectkit.compare(a, a, bootstrap=how)
    assert np.nanmax(np.abs(same["hardening_difference"].values)) == 0
    assert same["wasserstein_distance"].values[-1] == 0
    assert (same["hardening_difference_low"].values[-1], same["hardening_difference_high"].values[-1]) != (0, 0)
    other = defectkit.compare(a, b, bootstrap=how)
    one, two = (x.defects["size"].values.tolist() for x in (a, b))
    weights = (x.defects["weight"].values.tolist() for x in (a, b))
    assert other["wasserstein_distance"].values[-1] == pytest.approx(stats.wasserstein_distance(one, two, *weights))
    counted = (x.defects["size"].values[x.defects["weight"].values > 0].tolist() for x in (a, b))
    assert other["ks_statistic"].values[-1] == pytest.approx(stats.ks_2samp(*counted).statistic)


def test_truth_and_prediction_of_the_same_images_are_paired(run, measured, tmp_path):
    same = run("compare", measured / "a", measured / "a", "--paired", *QUICK, "-o", tmp_path / "C")
    assert same.exit_code == 0, same.output
    errors = pd.read_csv(tmp_path / "C" / "hardening_errors.csv").set_index("obstacles")
    assert (errors[["mae_mpa", "mae_low_mpa", "mae_high_mpa"]].to_numpy() == 0).all()
    assert errors["level"].unique().tolist() == [0.9] and "MAPE" in same.stdout
    pairs = pd.read_csv(tmp_path / "C" / "hardening_pairs.csv")
    assert pairs["hardening_true_mpa"].equals(pairs["hardening_predicted_mpa"])
    assert (tmp_path / "C" / "hardening_errors.zarr").is_dir()
    assert run("compare", measured / "a", measured / "b", *QUICK, "-o", tmp_path / "D").exit_code == 0
    assert not (tmp_path / "D" / "hardening_errors.csv").exists()


def test_what_two_conditions_share_cancels():
    from defectkit.uncertainty import Uncertainties

    a, b = analysis(1), analysis(2)
    how = Bootstrap(n_resamples=400)
    widths = []
    for given in (Uncertainties(), Uncertainties(shear_modulus=0.3), Uncertainties(foil_thickness=0.3)):
        found = defectkit.compare(a, b, uncertainties=given, bootstrap=how).isel(defect_type=-1)
        widths.append(float(found["hardening_difference_high"] - found["hardening_difference_low"]))
    assert widths[1] < 1.5 * widths[0]
    assert widths[2] > 1.05 * widths[0]


def test_materials_are_listed_shown_and_checked(run, tmp_path):
    listed = run("materials", "list")
    assert listed.exit_code == 0 and "fecral" in listed.stdout
    shown = run("materials", "show", "fecral")
    assert shown.exit_code == 0 and "shear_modulus" in shown.stdout and "10.1016/j.xcrp.2022.100876" in shown.stdout
    checked = run("materials", "check", "fecral")
    assert checked.exit_code == 1 and "barrier_strengths.bdot has no uncertainty" in checked.stdout
    assert "not stated" in shown.stdout
    hexagonal = run("materials", "check", "zirconium")
    assert hexagonal.exit_code == 1
    assert "no Taylor factor" in hexagonal.stdout and "no barrier strength of any type" in hexagonal.stdout
    own = tmp_path / "steel.toml"
    own.write_text(
        'taylor_factor = 3.06\nshear_modulus = "80 GPa"\nburgers_vector = "0.25 nm"\nsource = "mine"\ndoi = "10.1/x"\n'
        '[uncertainties]\ntaylor_factor = 0.1\nshear_modulus = "4 GPa"\nburgers_vector = "0.001 nm"\n'
        '"barrier_strengths.loop" = 0.1\n[barrier_strengths]\nloop = 0.4\n'
        '[origins]\ntaylor_factor = "a"\nshear_modulus = "b"\nburgers_vector = "c"\n"barrier_strengths.loop" = "d"\n'
    )
    assert run("materials", "check", own).exit_code == 0
    own.write_text(own.read_text().replace('shear_modulus = "4 GPa"', 'shear_modulus = "4 nm"'))
    refused = run("materials", "check", own)
    assert refused.exit_code == 2 and "uncertainty of shear_modulus" in refused.stderr


def test_a_boundary_and_a_class_width_are_given_by_options(run, measured, tmp_path):
    name = first_image(measured / "a")
    line = f"{name}=0,40 128,90"
    result = run(
        *("harden", measured / "a", *QUICK, "--boundary", line, "--boundary-width", "10 nm", "--class-width", "3 nm"),
        *("-o", tmp_path / "H"),
    )
    assert result.exit_code == 0, result.output
    strips = pd.read_csv(tmp_path / "H" / "boundary.csv")
    assert (strips["distance_high_nm"] - strips["distance_low_nm"] == 10).all()
    assert (strips["areal_density_low_per_nm2"] <= strips["areal_density_high_per_nm2"]).all()
    classes = pd.read_csv(tmp_path / "H" / "size_classes.csv")
    assert (classes["size_high_nm"] - classes["size_low_nm"]).to_numpy() == pytest.approx(3)
    assert "Along the boundary" in (tmp_path / "H" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "H" / "boundary.png").stat().st_size > 1000
    for wrong in ("nowhere=0,0 1,1", f"{name}=0,0", f"{name}=0,0 1,x", "0,0 1,1", f"{name}=0,0 inf,1"):
        refused = run("harden", measured / "a", *QUICK, "--boundary", wrong, "-o", tmp_path / "no")
        assert refused.exit_code == 2 and wrong.split("=")[0] in refused.stderr, wrong
        assert not (tmp_path / "no").exists()


def first_image(folder: Path) -> str:
    """The name of the first image of an analysis."""
    return str(defectkit.workflows.Analysis.load(folder / "results.zarr").images[0].name)


def test_a_simulation_is_compared_with_what_was_measured(run, measured, tmp_path):
    assert run("harden", measured / "a", *QUICK, "-o", tmp_path / "H").exit_code == 0
    simulated, rates = tmp_path / "H" / "size_classes.csv", tmp_path / "rates.csv"
    rates.write_text("size_low_nm,size_high_nm,hit_rate\n0,10,0.5\n10,100,1\n", encoding="utf-8")
    options = ("--resolution", "5 nm", "--size-spread", "0.5 nm", "--visible", "loop_111=50%", "--hit-rates", rates)
    result = run("simulation", measured / "a", simulated, *options, *QUICK, "-o", tmp_path / "S")
    assert result.exit_code == 0, result.output
    assert "The material" not in result.stderr  # nothing here depends on its constants
    types = pd.read_csv(tmp_path / "S" / "types.csv").set_index("type")
    assert types["unseen_fraction"]["loop_111"] > 0.499
    assert types["p_value"].between(0, 1).sum() >= 3
    classes = pd.read_csv(tmp_path / "S" / "size_classes.csv")
    residual = classes["number_density_per_m3"] - classes["seen_density_per_m3"]
    assert classes["residual_per_m3"].to_numpy() == pytest.approx(residual.to_numpy())
    covariance = pd.read_csv(tmp_path / "S" / "covariance.csv", index_col=0).to_numpy()
    assert classes["pull"].to_numpy() == pytest.approx((residual / np.sqrt(np.diag(covariance))).to_numpy())
    assert (tmp_path / "S" / "simulation.png").stat().st_size > 1000
    for wrong, said in (
        (("--visible", "loop_111=2"), "loop_111=2"),
        (("--visible", "loop_111=0.5", "--visible", "loop_111=0.4"), "given twice"),
        (("--hit-rates", tmp_path / "none.csv"), "none.csv"),
    ):
        refused = run("simulation", measured / "a", simulated, *wrong, *QUICK, "-o", tmp_path / "no")
        assert refused.exit_code == 2 and said in refused.stderr and not (tmp_path / "no").exists()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_defects_of_one_size_are_hardened(run, tmp_path, n):
    image = defectkit.Image.from_array("a", np.zeros((64, 64), np.uint8), pixel_size="1 nm", foil_thickness="100 nm")
    masks = np.zeros((n, 64, 64), bool)
    for k, mask in enumerate(masks):
        mask[10 + 8 * k : 14 + 8 * k, 10:14] = True
    found = defectkit.Instances.from_masks(masks, types=["bdot"] * n, shape=(64, 64))
    defectkit.measure_labels({"a": found}, [image]).save(tmp_path / "a" / "results.zarr")
    result = run("harden", tmp_path / "a", *QUICK, "--boundary", "a=0,0 64,64", "-o", tmp_path / "H")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "H" / "size_classes.csv").exists() == (n > 0)
    assert pd.read_csv(tmp_path / "H" / "boundary.csv")["count"].max() <= n
