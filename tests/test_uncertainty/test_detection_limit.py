"""Detection limits: responses by hand, and what is not possible; tables of simulated sizes and hit rates as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from hypothesis import given, strategies as st
from scipy import integrate, stats

from defectkit.errors import RecordError, UnitError
from defectkit.uncertainty import DetectionLimit, HitRate
from defectkit.uncertainty.size_tables import read_hit_rates, read_simulated_sizes, simulated_sizes

EDGES = np.array([0.0, 3.0, 7.0, 20.0])
RATES = (
    HitRate(size_low_nm=2, size_high_nm=5, rate=0.25),
    HitRate(size_low_nm=5, size_high_nm=9, rate=0.75),
)


def test_all_is_seen_where_there_is_no_limit() -> None:
    assert DetectionLimit().response(EDGES, EDGES, "loop").tolist() == np.eye(3).tolist()


def test_a_resolution_a_share_and_hit_rates_by_hand() -> None:
    limit = DetectionLimit(resolution="1 nm", visible_fractions={"loop": 0.5}, hit_rates=RATES)
    shares = limit.response(EDGES, EDGES, "loop")
    assert shares == pytest.approx(np.diag([0.5 * 0.25 * 2 / 3, 0.5 * (0.25 * 2 + 0.75 * 2) / 4, 0.5 * 0.75]))
    assert limit.response(EDGES, EDGES, "bdot") == pytest.approx(2 * shares)


def test_a_spread_of_sizes_is_the_integral() -> None:
    limit = DetectionLimit(size_spread="0.8 nm", resolution="4 nm")
    (share,) = limit.response(np.array([3.0, 7.0]), np.array([5.0, 6.5]), "loop").ravel()

    def measured(size: float) -> float:
        return float(np.diff(stats.norm(size, 0.8).cdf([5.0, 6.5]))[0])

    assert share == pytest.approx(integrate.quad(measured, 4, 7)[0] / 4, rel=2e-3)


@given(
    st.floats(0, 10),
    st.floats(0, 3),
    st.floats(0.1, 1),
    st.lists(st.floats(0.5, 30), min_size=2, max_size=6, unique=True),
)
def test_nothing_is_seen_twice(resolution: float, spread: float, visible: float, cuts: list[float]) -> None:
    limit = DetectionLimit(
        resolution=f"{resolution} nm", size_spread=f"{spread} nm", visible_fractions={"loop": visible}, hit_rates=RATES
    )
    shares = limit.response(EDGES, np.sort(cuts), "loop")
    assert (shares >= -1e-12).all() and (shares.sum(axis=0) <= visible + 1e-9).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"resolution": "-1 nm"}, "resolution"),
        ({"size_spread": "-1 nm"}, "spread of sizes"),
        ({"visible_fractions": {"loop": 0}}, "visible fraction of 'loop'"),
        ({"visible_fractions": {"loop": 1.2}}, "visible fraction of 'loop'"),
        ({"hit_rates": [RATES[0], HitRate(size_low_nm=6, size_high_nm=9, rate=1)]}, "follow each other"),
    ],
)
def test_limits_that_are_none_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        DetectionLimit(**wrong)


@pytest.mark.parametrize("wrong", [(3, 2, 0.5), (-1, 2, 0.5), (0, 2, 1.5), (0, 2, float("nan")), (0, float("inf"), 1)])
def test_hit_rates_that_are_none_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(RecordError, match="hit rate"):
        HitRate(size_low_nm=wrong[0], size_high_nm=wrong[1], rate=wrong[2])


def test_a_resolution_is_a_length() -> None:
    with pytest.raises(UnitError, match="resolution"):
        DetectionLimit(resolution="1 nm^2")


HEAD = "defect_type,size_low_nm,size_high_nm,number_density_per_m3,count\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "simulated.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_tables_are_read_with_columns_in_any_order(tmp_path: Path) -> None:
    rows = read_simulated_sizes(written(tmp_path, HEAD + "loop,2,3,1e20,7\nbdot,0,1,2e21,\nloop,0,2,0,0\n"))
    assert [(row.defect_type, row.size_low_nm, row.number_density_per_m3) for row in rows] == [
        ("bdot", 0, 2e21),
        ("loop", 0, 0),
        ("loop", 2, 1e20),
    ]
    (rate,) = read_hit_rates(written(tmp_path, "hit_rate,size_high_nm,size_low_nm\n0.5,9,2\n"))
    assert rate == HitRate(size_low_nm=2, size_high_nm=9, rate=0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needed"),
        (HEAD, "no row"),
        ("defect_type,size_low_nm\nloop,1\n", "size_high_nm, number_density_per_m3 is missing"),
        (HEAD + "loop,1,2\n", "line 2: it has fewer cells"),
        (HEAD + "loop,1,two,1,1\n", "line 2: .*two"),
        (HEAD + "loop,2,1,1,1\n", "line 2: .*do not rise"),
        (HEAD + "loop,1,2,-1,1\n", "line 2: .*negative"),
        (HEAD + "loop,1,2,inf,1\n", "line 2: .*finite"),
        (HEAD + ",1,2,1,1\n", "line 2: .*empty"),
        (HEAD + "loop,1,3,1,1\nloop,2,4,1,1\n", "classes of 'loop' overlap at 2 nm"),
    ],
)
def test_a_faulty_table_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecordError, match=message) as caught:
        read_simulated_sizes(path)
    assert str(path) in str(caught.value)


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        read_hit_rates(tmp_path / "none.csv")


def table(**units: str) -> xarray.Dataset:
    about = {"density": "1 / centimeter ** 3", "size": "angstrom"} | units
    return xarray.Dataset(
        {
            "number_density": (("size_class", "defect_type"), [[1e15], [2e15]], {"units": about["density"]}),
            "size_low": ("size_class", [0.0, 20.0], {"units": about["size"]}),
            "size_high": ("size_class", [20.0, 30.0], {"units": about["size"]}),
        },
        coords={"defect_type": ["loop"]},
    )


def test_units_of_a_table_in_memory_are_converted() -> None:
    one, two = simulated_sizes(table())
    assert (one.size_high_nm, two.size_high_nm) == pytest.approx((2, 3))
    assert (one.number_density_per_m3, two.number_density_per_m3) == pytest.approx((1e21, 2e21))
    with pytest.raises(UnitError, match="number_density"):
        simulated_sizes(table(density="1 / nanometer ** 2"))
    with pytest.raises(RecordError, match="no size_low"):
        simulated_sizes(table().drop_vars("size_low"))
