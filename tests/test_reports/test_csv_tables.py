from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from defectkit.errors import OutputError
from defectkit.reports import defects_csv, hardening_csv, summary_csv
from defectkit.reports.csv_tables import cell, column_name, csv_text
from defectkit.workflows import Analysis

MakeAnalysis = Callable[..., Analysis]

DEFECT_COLUMNS = [
    "image",
    "defect_id",
    "defect_type",
    "score",
    "centroid_row_px",
    "centroid_col_px",
    "bbox_top_px",
    "bbox_left_px",
    "bbox_bottom_px",
    "bbox_right_px",
    "area_nm2",
    "equivalent_diameter_nm",
    "max_feret_diameter_nm",
    "axis_major_nm",
    "axis_minor_nm",
    "heywood_circularity",
    "touches_border",
]
SUMMARY_COLUMNS = ["image", "defect_type", "count", "areal_density_per_nm2", "number_density_per_m3", "area_fraction"]


def frame(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def test_defects_have_the_columns_that_were_agreed_in_their_order(make_analysis: MakeAnalysis) -> None:
    header = defects_csv(make_analysis("one").defects).split("\r\n")[0].split(",")
    assert header[: len(DEFECT_COLUMNS)] == DEFECT_COLUMNS
    assert header[len(DEFECT_COLUMNS) :] == ["size_nm", "shape_factor", "weight", "n_refused"]


def test_polygons_have_columns_of_their_own_after_all_others(make_analysis: MakeAnalysis) -> None:
    table = frame(defects_csv(make_analysis("one", "two", polygons=True).defects))
    assert list(table)[-4:] == [
        "polygon_area_nm2",
        "polygon_equivalent_diameter_nm",
        "polygon_max_feret_diameter_nm",
        "n_refused",
    ]
    assert table["polygon_area_nm2"].isna().tolist() == [False] + [True] * 8
    assert table["polygon_area_nm2"][0] == 100


def test_numbers_come_back_to_the_last_bit(make_analysis: MakeAnalysis) -> None:
    defects = make_analysis("one").defects
    table = frame(defects_csv(defects))
    for name in ("area", "axis_major", "heywood_circularity", "centroid_row"):
        column = column_name(name, defects[name].attrs["units"])
        np.testing.assert_array_equal(table[column], defects[name].values)
    assert table["touches_border"].tolist() == defects["touches_border"].values.tolist()
    assert table["score"].isna().all()


def test_a_table_without_a_defect_is_its_header(make_analysis: MakeAnalysis) -> None:
    text = defects_csv(make_analysis("none").defects)
    assert text.endswith("\r\n") and text.count("\r\n") == 1
    assert text.split(",")[0] == "image"


def test_the_summary_has_a_row_for_every_image_and_type(make_analysis: MakeAnalysis) -> None:
    table = frame(summary_csv(make_analysis("one", "none", "two").summary))
    assert list(table)[: len(SUMMARY_COLUMNS)] == SUMMARY_COLUMNS
    assert {"axis_major_mean_nm", "axis_major_sd_nm", "heywood_circularity_sd"} <= set(table)
    rows = list(zip(table["image"], table["defect_type"], table["count"], strict=True))
    assert rows[:3] == [("one", "bdot", 5), ("one", "loop_111", 3), ("one", "all", 8)]
    assert rows[3:6] == [("none", "bdot", 0), ("none", "loop_111", 0), ("none", "all", 0)]
    assert len(rows) == 9
    empty = table[table["image"] == "none"]
    assert (empty["number_density_per_m3"] == 0).all()
    assert empty["axis_major_mean_nm"].isna().all()


def test_without_a_thickness_the_cells_are_empty(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis("one", thickness=None)
    assert frame(summary_csv(analysis.summary))["number_density_per_m3"].isna().all()
    table = frame(hardening_csv(analysis.hardening))
    assert table["hardening_mpa"].isna().all()
    assert table["note"].str.contains("foil thickness").all()


def test_hardening_has_rows_for_types_and_totals(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis("one", "none")
    table = frame(hardening_csv(analysis.hardening))
    one = table[table["image"] == "one"]
    assert one["defect_type"].tolist() == ["bdot", "loop_111", "all", "all"]
    assert one["combination"].tolist()[2:] == ["linear", "quadrature"]
    bdot, loop, linear, quadrature = one["hardening_mpa"]
    assert linear == pytest.approx(bdot + loop)
    assert quadrature == pytest.approx(np.hypot(bdot, loop))
    assert one["count"].tolist() == [5, 3, 8, 8]
    assert table[table["image"] == "none"]["hardening_mpa"].tolist() == [0, 0, 0, 0]


def test_cells_are_quoted_as_the_standard_says() -> None:
    awkward = ['a,b "c"', "two\r\nlines", "ü"]
    text = csv_text(["x", "y", "z"], [awkward])
    assert text == 'x,y,z\r\n"a,b ""c""","two\r\nlines",ü\r\n'
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == awkward


def test_every_kind_of_value_has_a_cell() -> None:
    assert [cell(v) for v in (1e-300, -0.0, float("inf"), np.nan, np.int16(3), False)] == [
        "1e-300",
        "-0.0",
        "inf",
        "",
        "3",
        "false",
    ]


def test_a_unit_without_a_suffix_is_refused() -> None:
    with pytest.raises(OutputError, match="furlong"):
        column_name("length", "furlong")
