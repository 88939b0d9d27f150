"""Foils of images: one for all, or each its own; from text, by image and from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import defectkit as dk
from defectkit.errors import PairingError, RecordError, UnitError
from defectkit.measurement import Counting
from defectkit.statistics import Bootstrap
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.uncertainty.sources import Source
from defectkit.workflows import Analysis
from defectkit.workflows.thickness import Foils, read_thicknesses, with_thickness

QUICK = Bootstrap(n_resamples=4000)


@pytest.fixture(scope="module")
def scene() -> tuple[Any, Any]:
    return synthetic_dataset(4, 3, shape=(200, 200), counts={"loop_111": 6, "loop_100": 4})


@pytest.fixture(scope="module")
def analysis(scene: tuple[Any, Any]) -> Analysis:
    images, truth = scene
    return dk.measure_labels(truth, images)


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_in_several_spellings(tmp_path: Path) -> None:
    for text in (
        "image,thickness,uncertainty,unit\na,100,20,nm\nb,0.09,0.01,um\n",
        "image,thickness,uncertainty\na,100 nm,20 nm\nb,90 nm,10 nm\n",
        "image,thickness\na,100 +/- 20 nm\n\nb, 90 +/- 10 nm\n",
        "thickness,image\r\n100 +/- 20 nm,a\r\n90 +/- 10 nm,b\r\n",
    ):
        found = read_thicknesses(table(tmp_path / "t.csv", text))
        assert {name: (each.nm, each.uncertainty_nm) for name, each in found.items()} == {
            "a": pytest.approx((100, 20)),
            "b": pytest.approx((90, 10)),
        }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its columns are none"),
        ("image,pixel_size\na,1 nm\n", "its columns are 'image', 'pixel_size'"),
        ("image,image,thickness\n", "its columns are"),
        ("image,thickness\na\n", "line 2: it has not 2 cells"),
        ("image,thickness\na,100 nm,3\n", "line 2: it has not 2 cells"),
        ("image,thickness\n,100 nm\n", "line 2: it names no image"),
        ("image,thickness\na,100 nm\na,90 nm\n", "line 3: the image 'a' is there twice"),
        ("image,thickness\na,100\n", "line 2, of the image 'a': .* not a number with a unit"),
        ("image,thickness,uncertainty\na,100 +/- 5 nm,5 nm\n", "its uncertainty is given twice"),
        ("image,thickness\na,100 mm\n", "it makes a foil of 100 mm"),
    ],
)
def test_what_is_no_file_of_thicknesses(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read_thicknesses(table(tmp_path / "t.csv", text))


def test_images_without_a_thickness_are_named(tmp_path: Path, analysis: Analysis) -> None:
    names = [image.name for image in analysis.images]
    file = table(tmp_path / "t.csv", f"image,thickness\n{names[0]},100 nm\n")
    with pytest.raises(PairingError, match=f"t.csv: there is no foil thickness of '{names[1]}', '{names[2]}'"):
        Foils.of(file, analysis.images)
    with pytest.raises(PairingError, match="there is no foil thickness of"):
        Foils.of({names[0]: "100 nm"}, analysis.images)
    with pytest.raises(UnitError):
        Foils.of("100", analysis.images)


def test_each_image_has_its_own_volume(tmp_path: Path, analysis: Analysis) -> None:
    names = [image.name for image in analysis.images]
    file = table(
        tmp_path / "t.csv", "image,thickness\n" + "".join(f"{n},{50 + 50 * k} nm\n" for k, n in enumerate(names))
    )
    made = dk.harden_condition(analysis, thickness=file, bootstrap=QUICK)
    areas = analysis.summary["field_area"].values
    weights = analysis.summary["stands_for"].sel(defect_type="all").values
    expected = weights.sum() / (areas @ np.array([50.0, 100, 150])) * 1e27
    assert float(made["number_density"].sel(defect_type="all")) == pytest.approx(expected)
    by_name = {name: f"{50 + 50 * k} nm" for k, name in enumerate(names)}
    assert dk.harden_condition(analysis, thickness=by_name, bootstrap=QUICK).identical(made)


def test_errors_of_one_foil_are_one_and_those_of_several_cancel(analysis: Analysis) -> None:
    names = [image.name for image in analysis.images]
    one = dk.harden_condition(analysis, thickness="100 +/- 20 nm", bootstrap=QUICK)
    each = dk.harden_condition(analysis, thickness=dict.fromkeys(names, "100 +/- 20 nm"), bootstrap=QUICK)

    def variance(made: Any) -> float:
        of_all = made.sel(defect_type="all")
        share = float(of_all["number_density_share"].sel(source="foil_thickness"))
        return share * float(of_all["number_density_uncertainty"] / of_all["number_density"]) ** 2

    assert variance(one) == pytest.approx(0.0392, rel=0.02)  # of the logarithm: ln(1 + 0.2^2)
    assert variance(each) == pytest.approx(variance(one) / 3, rel=0.05)


def test_a_range_is_uniform(analysis: Analysis) -> None:
    made = dk.harden_condition(analysis, thickness="60-140 nm", bootstrap=QUICK)
    of_all = made.sel(defect_type="all")
    share = float(of_all["number_density_share"].sel(source="foil_thickness"))
    relative = float(of_all["number_density_uncertainty"] / of_all["number_density"])
    assert np.sqrt(share) * relative == pytest.approx(0.4 / np.sqrt(3), rel=0.01)
    source = Source(name="foil_thickness", field="foil_thickness", spread=0.2, half_range=0.4)
    drawn = source.factors(np.random.default_rng(0).standard_normal(100_000))
    assert np.quantile(drawn, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0.6, 0.8, 1.0, 1.2, 1.4], abs=0.01)


def test_a_measured_analysis_keeps_its_thickness_and_error(
    scene: tuple[Any, Any], analysis: Analysis, tmp_path: Path
) -> None:
    images, truth = scene
    made = dk.measure_labels(truth, images, foil_thickness="90 +/- 9 nm")
    assert made.settings["foil_thickness"] == "90.0 +/- 9.0 nm"
    assert (made.summary["foil_thickness"] == 90).all()
    again = Analysis.load(made.save(tmp_path / "a.zarr"))
    late = dk.harden_condition(analysis, thickness="90 +/- 9 nm", bootstrap=QUICK)
    kept = dk.harden_condition(again, bootstrap=QUICK)
    for name in ("number_density", "number_density_low", "hardening_uncertainty"):
        np.testing.assert_allclose(kept[name], late[name])
    assert not any("No uncertainty of the foil thickness" in caution for caution in kept.attrs["cautions"])


def test_the_surfaces_are_corrected_for_by_the_thickness_that_is_given(analysis: Analysis) -> None:
    discs = Counting(truncation="discs")
    thin, thick = (
        dk.harden_condition(analysis, thickness=t, counting=discs, bootstrap=QUICK) for t in ("20 nm", "2 um")
    )
    plain = dk.harden_condition(analysis, thickness="2 um", bootstrap=QUICK)
    ratio = float((thick["number_density"] / plain["number_density"]).sel(defect_type="all"))
    assert 0.97 < ratio < 1
    assert float((100 * plain["number_density"] / thin["number_density"]).sel(defect_type="all")) > 1.3
    assert with_thickness(analysis, None) is analysis


def test_an_analysis_of_before_there_were_weights_counted_all(analysis: Analysis) -> None:
    defects = analysis.defects.drop_vars("weight")
    defects.attrs = {name: defects.attrs[name] for name in ("convention", "defectkit_version")}
    convention = {k: v for k, v in analysis.settings["convention"].items() if k != "edge_rule"}
    old = attrs.evolve(analysis, defects=defects, settings={**analysis.settings, "convention": convention})
    plain = dk.harden_condition(old, bootstrap=QUICK)
    counted = dk.harden_condition(analysis, counting=Counting(edges="all"), bootstrap=QUICK)
    filtered = dk.harden_condition(old, counting=Counting(where="area > 0 nm^2"), bootstrap=QUICK)
    assert plain.attrs["edge_rule"] == filtered.attrs["edge_rule"] == "all"
    for name in ("count", "number_density", "hardening"):
        np.testing.assert_allclose(plain[name], counted[name])
        np.testing.assert_allclose(filtered[name], counted[name])
