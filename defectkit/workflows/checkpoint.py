"""Checkpoint: the predictions of an unfinished run, one file per image, so that an interrupted run is resumed."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import DecodingError, OutputError, RecordError, ResumeWarning
from defectkit.files import Cells, key_of, write_text, writing
from defectkit.files.decoding import read_json, read_text
from defectkit.records.json import from_json, to_json
from defectkit.records.prediction import Prediction

if TYPE_CHECKING:
    from defectkit.detectors import Detector

SETTINGS = "unfinished-run.json"
SUFFIX = ".prediction"
DETECTOR = "detector"
_KEY = re.compile(r"[0-9a-f]{32}")


@attrs.frozen(kw_only=True)
class Checkpoint:
    """The finished images of a run: one folder for its settings in a folder that runs of other settings share.

    Parameters
    ----------
    folder : pathlib.Path
        Of all unfinished runs.
    key : str
        Of the settings; the name of the run's own folder.

    Notes
    -----
    Every file is written beside its place and moved there, so a kill at any time leaves whole files only. A prediction
    counts for an image when name and digest agree; the digest is the caller's and covers whatever else of the image a
    prediction depends on. Runs of other settings never see each other's files.
    """

    folder: Path
    key: str

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> Checkpoint:
        """Open the folder of a run with ``settings``, which resumes an earlier one with the same settings.

        Parameters
        ----------
        folder : pathlib.Path
            Made where it is missing. What a run with other settings left in it stays.
        settings : mapping of str to Any
            All that predictions depend on, beside the image; ready for JSON.

        Raises
        ------
        OutputError
            If the folder cannot be made, or holds what no checkpoint wrote.

        Warns
        -----
        ResumeWarning
            If there is unfinished work of other settings alone; names the settings that differ.
        """
        wanted = json.loads(json.dumps(settings, sort_keys=True))
        with writing(folder):
            others = _runs(folder)
            made = cls(folder=folder, key=key_of(wanted))
            if others and made.key not in {other.name for other in others}:
                found = _read(others[0] / SETTINGS)
                changed = sorted(k for k in {*found, *wanted} if found.get(k) != wanted.get(k))
                warnings.warn(
                    f"{folder} holds unfinished work of a run with other settings ({', '.join(changed)}), "
                    "which is of no use to this one",
                    ResumeWarning,
                    stacklevel=3,
                )
            cells = Cells.open(folder / made.key, SUFFIX)
            if not (cells.folder / SETTINGS).is_file():
                write_text(cells.folder / SETTINGS, json.dumps(wanted, indent=1, sort_keys=True))
        return made

    @property
    def cells(self) -> Cells:
        """The files of this run."""
        return Cells(folder=self.folder / self.key, suffix=SUFFIX)

    def get(self, image: str, digest: str) -> Prediction | None:
        """Return the prediction that was put for ``image``, or None where there is none for this ``digest``."""
        file = self.cells.find(key_of(image))
        if file is None:
            return None
        try:
            head, _, body = read_text(file).partition("\n")
            prediction = from_json(body, Prediction)
        except (RecordError, DecodingError) as error:
            warnings.warn(f"{file} is damaged ({error}); detecting again", ResumeWarning, stacklevel=2)
            return None
        return prediction if head == digest and prediction.image == image else None

    def put(self, prediction: Prediction, digest: str) -> None:
        """Keep the prediction of an image.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        with self.cells.making(key_of(prediction.image)) as path:
            path.write_text(f"{digest}\n{to_json(prediction)}", encoding="utf-8")

    def keep_detector(self, detector: Detector) -> Path:
        """Save the detector of this run beside its predictions, once, for the processes that are to use it.

        Returns
        -------
        pathlib.Path
            The folder to load it from.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        folder = self.cells.folder / DETECTOR
        if not folder.is_dir():
            detector.save(folder)
        return folder

    def __len__(self) -> int:
        return len(self.cells.keys())

    def discard(self) -> None:
        """Remove what was put: the run is finished and its results are elsewhere. Other runs' work stays."""
        with writing(self.folder):
            shutil.rmtree(self.folder / self.key)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()


def _runs(folder: Path) -> list[Path]:
    """Return the folders of the runs that have left something; raise where there is anything else.

    A run that was killed while it began or was discarded has no settings, or nothing at all.
    """
    if not folder.exists():
        return []
    found = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    if not all(run.is_dir() and _KEY.fullmatch(run.name) for run in found):
        raise OutputError(f"{folder} holds files that defectkit did not write; move them, or name another folder")
    return [run for run in found if (run / SETTINGS).is_file()]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = read_json(file)
    except DecodingError:
        found = None
    return found if isinstance(found, dict) else {SETTINGS: "damaged"}
