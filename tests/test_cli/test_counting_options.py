"""For how many defects each one stands, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from PIL import Image as Pictures

import defectkit as dk
from defectkit.cli.counting_options import EDGES
from defectkit.conventions import EdgeRule
from defectkit.measurement import Counting
from defectkit.testing.synthetic import synthetic_dataset

Run = Callable[..., Result]
QUICK = ("--resamples", "200")


@pytest.fixture(scope="module")
def analyses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One specimen with defects at the border, counted by two rules."""
    images, truth = synthetic_dataset(3, 2, shape=(200, 200), counts={"loop_111": 8, "loop_100": 6})
    assert dk.measure(images, truth)["touches_border"].any()
    folder = tmp_path_factory.mktemp("counted")
    made = {}
    for rule in ("all", "horvitz-thompson"):
        dk.measure_labels(truth, images, counting=Counting(edges=rule)).save(folder / rule / "results.zarr")
        made[rule] = folder / rule
    return made


def test_the_choices_are_the_rules() -> None:
    assert tuple(EDGES) == tuple(EdgeRule)


def condition(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "condition.csv").set_index("defect_type")


def test_a_finished_analysis_is_counted_anew(run: Run, analyses: dict[str, Path], tmp_path: Path) -> None:
    made = {}
    for name, source, options in (
        ("all", "all", ()),
        ("again", "all", ("--edges", "horvitz-thompson")),
        ("fair", "horvitz-thompson", ()),
    ):
        result = run("harden", analyses[source], *options, *QUICK, "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert ("All are counted (--edges all)" in " ".join(result.output.split())) == (name == "all")
        made[name] = condition(tmp_path / name)
    assert made["all"]["edge_rule"].unique().tolist() == ["all"]
    assert not made["all"]["areal_density_per_nm2"].equals(made["fair"]["areal_density_per_nm2"])
    pd.testing.assert_frame_equal(made["again"], made["fair"])


def test_conditions_counted_by_different_rules_are_not_compared(
    run: Run, analyses: dict[str, Path], tmp_path: Path
) -> None:
    sides = tuple(analyses.values())
    result = run("compare", *sides, *QUICK, "-o", tmp_path / "C")
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert "by the rule 'all' in the first condition, by 'horvitz-thompson' in the second" in told
    assert not (tmp_path / "C").exists()
    result = run("compare", *sides, "--edges", "guard", *QUICK, "-o", tmp_path / "C")
    assert result.exit_code == 0, result.output


def test_measure_weighs_and_says_so(run: Run, tmp_path: Path) -> None:
    images, truth = synthetic_dataset(3, 2, shape=(200, 200), counts={"loop_111": 8, "loop_100": 6})

    for image in images.values():
        (tmp_path / "frames").mkdir(exist_ok=True)
        Pictures.fromarray(image.pixels).save(tmp_path / "frames" / f"{image.name}.png")
    dk.write_labels(truth, tmp_path / "truth.json", format="coco", images=images)
    labels = ("--labels", tmp_path / "truth.json", "--images", tmp_path / "frames", "--pixel-size", "0.5 nm")
    found = {}
    for rule in (None, "all", "exclude"):
        options = () if rule is None else ("--edges", rule)
        out = tmp_path / f"out {rule}"
        result = run("measure", *labels, "--foil-thickness", "100 nm", *options, "-o", out)
        assert result.exit_code == 0, result.output
        found[rule] = pd.read_csv(out / "defects.csv")
        told = " ".join(result.output.split())
        assert ("densities are too" in told) == (rule is not None)
    cut = found["all"]["touches_border"]
    assert cut.any() and (found["all"]["weight"] == 1).all()
    assert (found["exclude"]["weight"] == (~cut).astype(float)).all()
    assert (found[None]["weight"][~cut] > 1).all() and (found[None]["weight"][cut] == 0).all()


def test_what_is_not_shown_and_what_the_surfaces_cut(run: Run, analyses: dict[str, Path], tmp_path: Path) -> None:
    source = analyses["horvitz-thompson"]
    options = {
        "plain": (),
        "half": ("--visibility", "loop_111=a/2<111> in bcc, g=110", "--visibility", "loop_100=50%"),
        "cut": ("--truncation", "discs"),
    }
    made = {}
    for name, given in options.items():
        result = run("harden", source, *given, *QUICK, "--thickness", "100 nm", "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
        made[name] = condition(tmp_path / name)
    for column in ("areal_density_per_nm2", "number_density_per_m3"):
        np.testing.assert_allclose(made["half"][column], 2 * made["plain"][column])
    np.testing.assert_allclose(made["half"]["hardening_mpa"], 2**0.5 * made["plain"]["hardening_mpa"])
    assert made["half"]["visibility"].iloc[0] == "loop_111: 0.5 (a/2<111> in bcc, g=110); loop_100: 0.5 (given)"
    assert (made["cut"]["areal_density_per_nm2"] == made["plain"]["areal_density_per_nm2"]).all()
    share = 100 / (100 + np.pi / 4 * made["plain"]["size_mean_nm"])
    corrected = made["cut"]["number_density_per_m3"] / made["plain"]["number_density_per_m3"]
    assert corrected["all"] == pytest.approx(share["all"], rel=0.03)
    assert made["cut"]["truncation"].unique().tolist() == ["discs"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("loop_111", "is not TYPE=FRACTION"),
        ("loop_111=2", "is not above 0 and at most 1"),
        ("loop_111=a/2<111> in bcc", "names no imaging condition"),
        ("loop_112=0.5", "no defect type is named 'loop_112'"),
    ],
)
def test_what_is_no_visibility(run: Run, analyses: dict[str, Path], tmp_path: Path, value: str, words: str) -> None:
    result = run("harden", analyses["all"], "--visibility", value, "-o", tmp_path / "H")
    assert result.exit_code == 2 and not (tmp_path / "H").exists()
    assert words in " ".join(result.output.split())


def test_only_some_defects_count(run: Run, analyses: dict[str, Path], tmp_path: Path) -> None:
    expression = "size > 10 nm and heywood_circularity < 1.5"
    result = run("harden", analyses["all"], "--where", expression, *QUICK, "-o", tmp_path / "H")
    assert result.exit_code == 0, result.output
    made = condition(tmp_path / "H")
    assert made["where"].unique().tolist() == [expression]
    defects = dk.Analysis.load(analyses["all"] / "results.zarr").defects
    held = (defects["size"].values > 10) & (defects["heywood_circularity"].values < 1.5)
    assert made["count"].to_dict()["all"] == held.sum() < len(held)
    result = run("harden", analyses["all"], "--where", "size > 10", "-o", tmp_path / "no")
    told = " ".join(result.output.split())
    assert result.exit_code == 2 and "character 8, before '10'" in told and not (tmp_path / "no").exists()


def test_each_image_may_have_its_thickness(run: Run, analyses: dict[str, Path], tmp_path: Path) -> None:
    names = [image.name for image in dk.Analysis.load(analyses["all"] / "results.zarr").images]
    table = tmp_path / "thickness.csv"
    rows = "".join(f"{name},{50 + 100 * k} +/- 5 nm\n" for k, name in enumerate(names))
    table.write_text(f"image,thickness\n{rows}", encoding="utf-8")
    made = {}
    for thickness in (table, "100 nm", "90-110 nm"):
        out = tmp_path / f"H{len(made)}"
        result = run("harden", analyses["all"], "--thickness", thickness, *QUICK, "-o", out)
        assert result.exit_code == 0, result.output
        made[str(thickness)] = condition(out)["number_density_per_m3"]
    pd.testing.assert_series_equal(made[str(table)], made["100 nm"])  # fields are alike, and so is their mean
    pd.testing.assert_series_equal(made["90-110 nm"], made["100 nm"])
    result = run("compare", *analyses.values(), "--edges", "all", "--thickness", table, *QUICK, "-o", tmp_path / "C")
    assert result.exit_code == 0, result.output
    table.write_text(f"image,thickness\n{names[0]},100 nm\n", encoding="utf-8")
    result = run("harden", analyses["all"], "--thickness", table, "-o", tmp_path / "no")
    assert result.exit_code == 2 and not (tmp_path / "no").exists()
    assert f"there is no foil thickness of '{names[1]}'" in " ".join(result.output.split())
    result = run("harden", analyses["all"], "--thickness", "100", "-o", tmp_path / "no")
    assert result.exit_code == 2 and "or a .csv file" in " ".join(result.output.split())
