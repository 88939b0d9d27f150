"""Keeping: finished cells in a folder, each written whole, each read back only if nothing it depends on has changed."""

from __future__ import annotations

import gzip
import json
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import OutputError, RecordError, ResumeWarning, StorageError
from defectkit.records.json import from_json, to_json
from defectkit.records.prediction import Prediction
from defectkit.storage.replacing import replaced_folder
from defectkit.storage.staging import flush_to_disk
from defectkit.studies.running.table_file import read_table, write_table

if TYPE_CHECKING:
    import xarray

MARKER = "study.json"
RESULTS = "results.zarr"
LOCK = "study.lock"
PREDICTIONS, ABOUT, EVALUATION = "predictions.jsonl.gz", "about.json", "evaluation.npz"


@attrs.frozen(kw_only=True, eq=False)
class Predicted:
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
class Kept:
    """The folder of a study.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``study.json``, ``results.zarr`` once the study is finished, and ``cells/``.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, settings: dict[str, Any]) -> Kept:
        """Open the folder of a study, making it where it is missing, and clear away what a killed run left half-done.

        The caller holds the lock of the folder. Cells of an earlier declaration stay: what is the same is used again.

        Raises
        ------
        OutputError
            If the folder holds something that no study wrote, or cannot be written.
        """
        try:
            if folder.exists() and any(p.name != LOCK for p in folder.iterdir()) and not (folder / MARKER).is_file():
                raise OutputError(f"{folder} holds files that no study wrote; name another folder")
            cells = folder / "cells"
            cells.mkdir(parents=True, exist_ok=True)
            for partial in (*folder.glob(".*-*"), *cells.glob(".*-*")):
                shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
            beside = folder / f".{MARKER}-new"
            beside.write_text(json.dumps(settings, indent=1), encoding="utf-8")
            beside.replace(folder / MARKER)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"the folder of the study, {folder}, cannot be used: {error}") from error
        return cls(folder=folder)

    @property
    def results(self) -> Path:
        """Where the result of the whole study lies."""
        return self.folder / RESULTS

    def has_predictions(self, key: str) -> bool:
        """Return whether a cell of predictions is finished."""
        return self._predictions(key).is_dir()

    def predictions(self, key: str) -> Predicted | None:
        """Return a finished cell of predictions; None where there is none, or where it is damaged, which is said."""
        folder = self._predictions(key)
        if not folder.is_dir():
            return None
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            lines = gzip.decompress((folder / PREDICTIONS).read_bytes()).decode().splitlines()
            return Predicted(
                predictions=tuple(from_json(line, Prediction) for line in lines),
                train_seconds=float(about["train_seconds"]),
                predict_seconds=float(about["predict_seconds"]),
            )
        except (OSError, EOFError, RecordError, ValueError, KeyError, TypeError) as error:
            self._redo(folder, error)
            return None

    def put_predictions(self, key: str, predicted: Predicted) -> None:
        """Keep a cell of predictions: it is there whole or not at all, whenever the process dies."""
        lines = "\n".join(to_json(p) for p in predicted.predictions)
        about = {"train_seconds": predicted.train_seconds, "predict_seconds": predicted.predict_seconds}
        with replaced_folder(self._predictions(key)) as folder:
            (folder / PREDICTIONS).write_bytes(gzip.compress(lines.encode(), mtime=0))
            (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
            flush_to_disk(folder)

    def evaluation(self, key: str) -> xarray.Dataset | None:
        """Return a finished evaluation; None where there is none, or where it is damaged, which is said."""
        folder = self._evaluation(key)
        if not folder.is_dir():
            return None
        try:
            return read_table(folder / EVALUATION)
        except StorageError as error:
            self._redo(folder, error)
            return None

    def put_evaluation(self, key: str, evaluation: xarray.Dataset) -> None:
        """Keep an evaluation: it is there whole or not at all."""
        with replaced_folder(self._evaluation(key)) as folder:
            write_table(evaluation, folder / EVALUATION)
            flush_to_disk(folder)

    def _predictions(self, key: str) -> Path:
        return self.folder / "cells" / f"{key}.predictions"

    def _evaluation(self, key: str) -> Path:
        return self.folder / "cells" / f"{key}.evaluation"

    def _redo(self, folder: Path, error: Exception) -> None:
        warnings.warn(f"{folder} is damaged ({error}); it is made again", ResumeWarning, stacklevel=4)
        shutil.rmtree(folder)
