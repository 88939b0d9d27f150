from __future__ import annotations

import json
from pathlib import Path

import attrs
import numpy as np
import pytest

from defectkit.errors import EmptyInputError, PairingError, RecordError
from defectkit.measurement import measure, summarize
from defectkit.records import Image, Instances
from defectkit.series import (
    Drift,
    TrackedSeries,
    estimate_drift,
    read_frame_table,
    score_tracks,
    series_order,
    track_series,
)
from defectkit.series.evolution import mean_interval, poisson_interval
from defectkit.series.growth import Beginning, End, Slope
from defectkit.series.scores import similarities
from defectkit.testing.synthetic.series import SyntheticSeries, synthetic_series


@pytest.fixture(scope="module")
def series() -> SyntheticSeries:
    return synthetic_series(2, n_frames=8, n_defects=60, shape=(384, 384))


def tracked(series: SyntheticSeries, drift: Drift | None = None, **options: float) -> TrackedSeries:
    table = measure(series.images, series.labels)
    summary = summarize(table, series.images, series.labels)
    return track_series(series.images, table, summary, drift=drift, **options)  # type: ignore[arg-type]


def test_the_drift_of_a_synthetic_series_is_found_to_half_a_pixel(series: SyntheticSeries) -> None:
    drift = estimate_drift(list(series.images.values()))
    assert np.abs(series.drift_px).max() >= 5
    assert np.abs(drift.pixels - series.drift_px).max() <= 0.5
    assert np.isnan(drift.correlation[0])
    assert drift.doubtful() == []


def test_frames_that_have_nothing_in_common_are_named() -> None:
    rng = np.random.default_rng(0)
    frames = [Image.from_array(str(k), rng.normal(size=(128, 128))) for k in range(3)]
    assert estimate_drift(frames).doubtful() == [1, 2]


def test_burned_in_places_do_not_hold_the_drift_back(series: SyntheticSeries) -> None:
    from defectkit.records.exclusion import Exclusion

    bar = np.zeros((384, 384), bool)
    bar[300:, :] = True
    frames = []
    for image in series.images.values():
        pixels = image.pixels.copy()
        pixels[300:] = np.random.default_rng(1).integers(0, 2, (84, 384)) * 255
        burned = Image.from_array(image.name, pixels, calibration=image.calibration)
        frames.append(attrs.evolve(burned, excluded=(Exclusion.box((300, 0, 384, 384), reason="bar"),)))
    assert np.abs(estimate_drift(frames).pixels - series.drift_px).max() <= 1
    bare = [attrs.evolve(frame, excluded=()) for frame in frames]
    assert np.abs(estimate_drift(bare).pixels - series.drift_px).max() > 1


def test_frames_of_two_shapes_have_no_drift() -> None:
    frames = [Image.from_array("a", np.zeros((8, 8))), Image.from_array("b", np.zeros((8, 9)))]
    with pytest.raises(RecordError, match=r"\(8, 8\), \(8, 9\)"):
        estimate_drift(frames)
    assert estimate_drift([]).pixels.shape == (0, 2)


def test_true_labels_are_linked_to_their_true_tracks(series: SyntheticSeries) -> None:
    found = tracked(series, estimate_drift(list(series.images.values())))
    names = list(series.images)
    true = [series.labels[name].ids for name in names]
    sides = [series.labels[name] for name in names]
    scores = score_tracks(true, [found.tracks_of(name) for name in names], [np.eye(len(t)) for t in true])
    assert scores.idf1 > 0.99
    assert scores.n_switches <= 1
    assert score_tracks(true, true, similarities(sides, sides)).hota == 1.0


def test_without_drift_correction_links_are_lost_where_the_area_moves_far() -> None:
    series = synthetic_series(3, n_frames=6, n_defects=60, shape=(256, 256), drift_step=20)
    names = list(series.images)
    true = [series.labels[name].ids for name in names]

    def idf1(drift: Drift | None) -> float:
        found = tracked(series, drift)
        return score_tracks(true, [found.tracks_of(n) for n in names], [np.eye(len(t)) for t in true]).idf1

    known = Drift(pixels=series.drift_px.astype(float), correlation=np.ones(6))
    assert idf1(known) > 0.97 > idf1(None) + 0.1


def test_growth_rates_are_those_that_were_drawn(series: SyntheticSeries) -> None:
    found = tracked(series)
    checked = 0
    for number in np.flatnonzero(found.tracks["n_frames"].values == 8):
        rows = np.flatnonzero(found.defects["track"].values == number)
        ids = set(found.defects["defect_id"].values[rows].tolist())
        if len(ids) > 1 or found.defects["touches_border"].values[rows].any():
            continue
        checked += 1
        true = series.growth[ids.pop()] * float(found.tracks["size_first"][number])
        error = max(4 * float(found.tracks["growth_rate_error"][number]), 0.02)
        assert float(found.tracks["growth_rate"][number]) == pytest.approx(true, abs=error)
    assert checked > 10


def box(row: int, column: int, half: int = 4, shape: tuple[int, int] = (64, 64)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[max(0, row - half) : row + half, max(0, column - half) : column + half] = True
    return mask


def by_hand(frames: list[list[np.ndarray]], drift: list[tuple[int, int]] | None = None) -> TrackedSeries:
    blank = np.zeros((64, 64))
    images = {f"f{t}": Image.from_array(f"f{t}", blank, pixel_size="1 nm/px") for t in range(len(frames))}
    labels = {
        f"f{t}": Instances.from_masks(masks, types=["loop"] * len(masks), shape=(64, 64))
        for t, masks in enumerate(frames)
    }
    table = measure(images, labels)
    moved = None
    if drift is not None:
        moved = Drift(pixels=np.array(drift, float), correlation=np.ones(len(drift)))
    return track_series(images, table, summarize(table, images, labels), drift=moved, max_distance_nm=3, max_gap=0)


def test_how_tracks_begin_and_end() -> None:
    stays, late, merging = box(20, 20), box(40, 40), box(20, 30)
    merged = stays | box(20, 29)
    found = by_hand([[stays, merging], [box(20, 21), box(21, 30), late], [merged, late], [merged]])
    told = list(zip(found.tracks["begins"].values, found.tracks["ends"].values, strict=True))
    assert (Beginning.SERIES, End.MERGED) in told
    assert (Beginning.APPEARED, End.VANISHED) in told
    assert found.evolution["appeared"].values.sum() >= 1


def test_what_drifts_out_of_view_has_not_vanished() -> None:
    found = by_hand([[box(6, 30)], []], drift=[(0, 0), (-10, 0)])
    assert found.tracks["ends"].values.tolist() == [End.LEFT]
    entered = by_hand([[], [box(6, 30)]], drift=[(0, 0), (10, 0)])
    assert entered.tracks["begins"].values.tolist() == [Beginning.ENTERED]


def test_a_series_without_a_defect_has_no_tracks() -> None:
    found = by_hand([[], []])
    assert found.n_tracks == 0
    assert found.evolution["count"].values.tolist() == [0, 0]
    assert found.evolution["areal_density_high"].values[0] == pytest.approx(-np.log(0.05) / 64**2)


def test_no_frame_and_frames_of_another_series_are_refused(series: SyntheticSeries) -> None:
    table = measure(series.images, series.labels)
    summary = summarize(table, series.images, series.labels)
    with pytest.raises(EmptyInputError, match="no frame to link"):
        track_series({}, table, summary)
    from defectkit.series.frames import frames_of

    with pytest.raises(PairingError, match="'elsewhere' is not both"):
        track_series(series.images, table, summary, frames=frames_of([*series.images, "elsewhere"]))


def test_settings_are_ready_for_json(series: SyntheticSeries) -> None:
    assert json.loads(json.dumps(tracked(series).settings))["max_gap"] == 1


def test_a_slope_by_hand() -> None:
    slope = Slope.of(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 4.0]))
    assert slope.rate == pytest.approx(1.5)
    assert slope.standard_error == pytest.approx(np.sqrt((1 / 6) / 1 / 2))
    assert np.isnan(Slope.of(np.array([0.0, 1.0]), np.array([1.0, 2.0])).standard_error)
    assert np.isnan(Slope.of(np.array([0.0]), np.array([1.0])).rate)


def test_the_poisson_interval_holds_the_mean_as_often_as_it_says() -> None:
    counts = np.random.default_rng(0).poisson(7.0, 4000)
    low, high = poisson_interval(counts, 0.9)
    assert 0.9 <= ((low <= 7) & (high >= 7)).mean() < 0.97


def test_the_interval_of_a_mean_by_hand() -> None:
    mean, low, high = mean_interval(np.array([1.0, 3.0, np.nan]), 0.5)
    assert (mean, low, high) == (2.0, pytest.approx(1.0), pytest.approx(3.0))
    assert np.isnan(mean_interval(np.array([]))[0])


def test_names_are_in_the_order_of_their_numbers() -> None:
    assert series_order(["b-10", "b-9", "a-11", "b"]) == ("a-11", "b", "b-9", "b-10")


def written(folder: Path, text: str) -> Path:
    path = folder / "frames.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_frames_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    table = read_frame_table(written(tmp_path, "image,time_s,temperature_c\nb,60,450\na,0,20\nother,5,1\n"), ["a", "b"])
    assert table.names == ("a", "b")
    assert table.axis.tolist() == [0.0, 60.0]
    assert table.temperature_c.tolist() == [20.0, 450.0]
    assert np.isnan(table.dose_dpa).all()
    assert table.axis_unit == "second"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("image,time\na,1\nb,2", RecordError, "its columns are image, time; there has to be image"),
        ("image,time_s\na,1\na,2", RecordError, "line 3: the image 'a' is there twice"),
        ("image,time_s\na,soon\nb,2", RecordError, "line 2: time_s is 'soon'"),
        ("image,time_s\na,1\nb,1", RecordError, "'a' and 'b' were taken at one time"),
        ("image,time_s\na,1\nb,", RecordError, "of some frames are given, but not of all"),
        ("image,time_s\na,1", PairingError, "there is no line of the frame 'b'"),
    ],
)
def test_a_table_of_frames_that_does_not_fit_is_refused(
    tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_frame_table(written(tmp_path, text), ["a", "b"])
