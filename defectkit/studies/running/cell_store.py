"""Keeping: finished cells in a folder, each written whole, each read back only if nothing it depends on has changed."""

from __future__ import annotations

import gzip
import json
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import OutputError, RecordError, ResumeWarning, StorageError
from defectkit.files import Cells, write_text, writing
from defectkit.files.decoding import parse_json
from defectkit.records.json import from_json, to_json
from defectkit.records.prediction import Prediction
from defectkit.studies.running.table_file import read_table, write_table

if TYPE_CHECKING:
    import xarray

MARKER = "study.json"
RESULTS = "results.zarr"
LOCK = "study.lock"
CELLS = "cells"
_LOCKS_OF_MARKER = (f".{MARKER}.defectkit", f".{MARKER}.defectkit.lock")
PREDICTIONS, EVALUATION = ".predictions.jsonl.gz", ".evaluation.npz"


@attrs.frozen(kw_only=True, eq=False)
class PredictedCell:
    """What is kept of a cell of predictions.

    Parameters
    ----------
    predictions : tuple of Prediction
        One for each test image.
    train_seconds, predict_seconds : float
    """

    predictions: tuple[Prediction, ...]
    train_seconds: float
    predict_seconds: float


@attrs.frozen(kw_only=True)
class CellStore:
    """The folder of a study.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``study.json``, ``results.zarr`` once the study is finished, and ``cells/``.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, settings: dict[str, Any]) -> CellStore:
        """Open the folder of a study, making it where it is missing, and clear away what a killed run left half-done.

        The caller holds the lock of the folder. Cells of an earlier declaration stay: what is the same is used again.

        Raises
        ------
        OutputError
            If the folder holds something that no study wrote, or cannot be written.
        """
        with writing(folder):
            if folder.exists() and not (folder / MARKER).is_file():
                strange = sorted(p.name for p in folder.iterdir() if p.name not in (LOCK, *_LOCKS_OF_MARKER))
                if strange:
                    raise OutputError(f"{folder} holds {strange[0]}, which no study wrote; name another folder")
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / MARKER, json.dumps(settings, indent=1))  # first: by it the next run knows the folder
            Cells.open(folder / CELLS, PREDICTIONS).tidy()
        return cls(folder=folder)

    @property
    def results(self) -> Path:
        """Where the result of the whole study lies."""
        return self.folder / RESULTS

    @property
    def predicted(self) -> Cells:
        """The cells of predictions that are done."""
        return Cells(folder=self.folder / CELLS, suffix=PREDICTIONS)

    @property
    def evaluated(self) -> Cells:
        """The evaluations that are done."""
        return Cells(folder=self.folder / CELLS, suffix=EVALUATION)

    def has_predictions(self, key: str) -> bool:
        """Return whether a cell of predictions is finished."""
        return self.predicted.find(key) is not None

    def predictions(self, key: str) -> PredictedCell | None:
        """Return a finished cell of predictions; None where there is none, or where it is damaged, which is said."""
        path = self.predicted.find(key)
        if path is None:
            return None
        try:
            first, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
            about = parse_json(first, where="its first line")
            return PredictedCell(
                predictions=tuple(from_json(line, Prediction) for line in lines),
                train_seconds=float(about["train_seconds"]),
                predict_seconds=float(about["predict_seconds"]),
            )
        except (OSError, EOFError, zlib.error, RecordError, ValueError, KeyError, TypeError) as error:
            _redo(self.predicted, key, error)
            return None

    def put_predictions(self, key: str, predicted: PredictedCell) -> None:
        """Keep a cell of predictions: it is there whole or not at all, whenever the process dies."""
        about = {"train_seconds": predicted.train_seconds, "predict_seconds": predicted.predict_seconds}
        lines = "\n".join([json.dumps(about), *(to_json(p) for p in predicted.predictions)])
        with self.predicted.making(key) as path:
            path.write_bytes(gzip.compress(lines.encode(), mtime=0))

    def evaluation(self, key: str) -> xarray.Dataset | None:
        """Return a finished evaluation; None where there is none, or where it is damaged, which is said."""
        path = self.evaluated.find(key)
        if path is None:
            return None
        try:
            return read_table(path)
        except StorageError as error:
            _redo(self.evaluated, key, error)
            return None

    def put_evaluation(self, key: str, evaluation: xarray.Dataset) -> None:
        """Keep an evaluation: it is there whole or not at all."""
        with self.evaluated.making(key) as path:
            write_table(evaluation, path)


def _redo(cells: Cells, key: str, error: Exception) -> None:
    warnings.warn(f"{cells.path(key)} is damaged ({error}); it is made again", ResumeWarning, stacklevel=4)
    cells.drop(key)
