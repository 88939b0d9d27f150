"""Series: frames of one area over time, their drift, the tracks of their defects, and how well tracks agree."""

from __future__ import annotations

from defectkit.series.drift import Drift, estimate_drift
from defectkit.series.frames import FrameTable, read_frame_table, series_order
from defectkit.series.linking import LinkRule, link
from defectkit.series.scores import TrackScores, score_tracks
from defectkit.series.tracking import TrackedSeries, track_series

__all__ = [
    "Drift",
    "FrameTable",
    "LinkRule",
    "TrackScores",
    "TrackedSeries",
    "estimate_drift",
    "link",
    "read_frame_table",
    "score_tracks",
    "series_order",
    "track_series",
]
