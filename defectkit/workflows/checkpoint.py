"""Checkpoint: the predictions of a run that is not finished, a file an image, so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import OutputError, RecordError, ResumeWarning
from defectkit.records.json import from_json, to_json
from defectkit.records.prediction import Prediction

SETTINGS = "unfinished-run.json"
SUFFIX = ".prediction"


@attrs.frozen(kw_only=True)
class Checkpoint:
    """A folder with one file for each image that is done.

    Parameters
    ----------
    folder : pathlib.Path
        Made by :meth:`open`.

    Notes
    -----
    Every file is written beside its place and moved there, so a kill at any time leaves whole files only. A prediction
    counts for an image when name and digest agree; the digest is the caller's and covers whatever else of the image a
    prediction depends on.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> Checkpoint:
        """Open the folder of a run with ``settings``, and go on with it if an earlier run had the same ones.

        Parameters
        ----------
        folder : pathlib.Path
            Made where it is missing; what an earlier run with other settings left in it is removed.
        settings : mapping of str to Any
            All that predictions depend on, beside the image; ready for JSON.

        Raises
        ------
        OutputError
            If the folder cannot be made, or holds what no checkpoint wrote.

        Warns
        -----
        ResumeWarning
            If predictions made with other settings are removed; names the settings that differ.
        """
        file = folder / SETTINGS
        wanted = json.loads(json.dumps(settings, sort_keys=True))
        try:
            if folder.exists() and not file.is_file() and any(folder.iterdir()):
                raise OutputError(
                    f"{folder} holds files that defectkit did not write; move them, or name another folder"
                )
            if file.is_file() and (found := _read(file)) != wanted:
                changed = sorted(k for k in {*found, *wanted} if found.get(k) != wanted.get(k))
                warnings.warn(
                    f"{folder} holds an unfinished run with other settings ({', '.join(changed)}); starting afresh",
                    ResumeWarning,
                    stacklevel=3,
                )
                _clear(folder)
            folder.mkdir(parents=True, exist_ok=True)
            _write(file, json.dumps(wanted, indent=1, sort_keys=True))
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(f"the folder for unfinished work, {folder}, cannot be used: {error}") from error
        return cls(folder=folder)

    def get(self, image: str, digest: str) -> Prediction | None:
        """Return the prediction that was put for ``image``, or None where there is none for this ``digest``."""
        file = self._file(image)
        if not file.is_file():
            return None
        try:
            head, _, body = file.read_text(encoding="utf-8").partition("\n")
            prediction = from_json(body, Prediction)
        except (RecordError, UnicodeDecodeError) as error:
            warnings.warn(f"{file} is damaged ({error}); detecting again", ResumeWarning, stacklevel=2)
            return None
        return prediction if head == digest and prediction.image == image else None

    def put(self, prediction: Prediction, digest: str) -> None:
        """Keep the prediction of an image."""
        _write(self._file(prediction.image), f"{digest}\n{to_json(prediction)}")

    def __len__(self) -> int:
        return sum(file.name.endswith(SUFFIX) for file in self.folder.iterdir())

    def discard(self) -> None:
        """Remove what was put, and the folder: the run is finished and its results are elsewhere."""
        _clear(self.folder)
        self.folder.rmdir()

    def _file(self, image: str) -> Path:
        return self.folder / f"{hashlib.sha256(image.encode()).hexdigest()[:40]}{SUFFIX}"


def _clear(folder: Path) -> None:
    for file in folder.iterdir():
        if file.name.startswith(SETTINGS) or SUFFIX in file.suffixes:
            file.unlink()


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {SETTINGS: "damaged"}


def _write(file: Path, text: str) -> None:
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)
