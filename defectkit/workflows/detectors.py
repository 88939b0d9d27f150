"""Detectors by name: made from options, or loaded from the folder that one was saved in."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defectkit.errors import DetectorError

if TYPE_CHECKING:
    from defectkit.detectors import Detector, TrainableDetector


def make_detector(name: str, *, options: Mapping[str, Any] | None = None, model: Path | None = None) -> Detector:
    """Return a registered detector.

    Parameters
    ----------
    name : str
        Its name; see ``defectkit plugins``.
    options : mapping of str to Any, optional
        Its options; those that are not given have their defaults.
    model : pathlib.Path, optional
        A folder that a detector of this kind was saved in; it holds the options, so none can be given beside it.

    Raises
    ------
    UnknownPluginError
        If no detector has that name.
    DetectorError
        If an option is unknown or has a value that the detector refuses, options are given beside a model, or the
        folder holds no detector of this kind.

    Examples
    --------
    >>> make_detector("blob").name
    'blob'
    """
    from defectkit import hooks
    from defectkit.detectors.options import construct

    cls: type[Detector] = hooks.find("detector", name)
    if model is not None:
        if options:
            raise DetectorError(
                f"detector {name!r}: a saved model has the options that it was saved with; "
                f"give either the model or the options {', '.join(options)}"
            )
        if not model.is_dir():
            raise DetectorError(f"detector {name!r}: there is no folder {model} to load it from")
        return cls.load(model)
    return construct(cls, options or {})


def fingerprint(detector: Detector) -> str:
    """Return a digest of all that a detector is, options and weights: of the files that it saves.

    Two detectors that save the same files have the same fingerprint.

    Raises
    ------
    OutputError
        If the detector cannot be saved.
    """
    state = hashlib.sha256()
    with tempfile.TemporaryDirectory(prefix="defectkit-") as parent:
        folder = Path(parent) / "detector"
        detector.save(folder)
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            state.update(f"{file.relative_to(folder).as_posix()}\x1f{file.stat().st_size}\x1f".encode())
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    state.update(block)
    return state.hexdigest()


def named_or_saved(model: str) -> tuple[str, Path | None]:
    """Return the name of a detector, and the folder that it was saved in, from its name or that folder.

    Raises
    ------
    UnknownPluginError
        If it is neither the name of a detector nor a folder.
    DetectorError
        If it is a folder without a saved detector.
    """
    from defectkit import hooks
    from defectkit.detectors.model_folder import saved_detector

    folder = Path(model)
    if folder.is_dir():
        return saved_detector(folder), folder
    return hooks.find("detector", model).name, None


def learner_for(
    current: str, folder: Path | None, *, name: str | None = None, options: Mapping[str, Any] | None = None
) -> TrainableDetector[Any]:
    """Return an untrained detector that learns more than another one knows.

    Parameters
    ----------
    current : str
        The name of that other one.
    folder : pathlib.Path, optional
        Where it is saved.
    name : str, optional
        Of the detector that learns; by default the same one if it is trainable, or the first that goes on from it.
    options : mapping of str to Any, optional
        Of the detector that learns.

    Raises
    ------
    DetectorError
        If none that is installed goes on from it, or an option is refused.
    """
    from defectkit import hooks
    from defectkit.detectors import TrainableDetector

    named = [current, *hooks.table("detector")] if name is None else [name]
    for cls in (hooks.find("detector", one) for one in named):
        if issubclass(cls, TrainableDetector) and current in (cls.name, *cls.continues):
            learner: TrainableDetector[Any] = cls.continuing(folder, options or {})
            return learner
    who = "no detector that is installed goes" if name is None else f"detector {name!r} does not go"
    hint = "; the plugin defectkit-unet has one: python -m pip install defectkit-unet" if current == "loopnet" else ""
    raise DetectorError(f"{who} on from {current!r}{hint}")
