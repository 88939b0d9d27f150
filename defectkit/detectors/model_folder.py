"""ModelFolder: a saved detector as one folder: options, card, and a test of itself, beside the files of its model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import numpy as np

from defectkit.detectors.card import ModelCard
from defectkit.errors import DecodingError, DefectkitError, DetectorError, OutputError, RecordError
from defectkit.files.arrays import read_arrays
from defectkit.files.decoding import read_json, read_text
from defectkit.records.calibration import Calibration
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.json import from_json, to_json

T = TypeVar("T")

OPTIONS, CARD, README, TEST_IMAGE, TEST_INSTANCES = NAMES = (
    "detector.json",
    "card.json",
    "CARD.md",
    "self_test.npz",
    "self_test.json",
)
"""The files that every folder of a detector may hold; those of the model have other names."""

EARLIER = "settings.json"
"""What lay in the folders of trained detectors before there was one layout for all."""


@attrs.frozen(kw_only=True, eq=False)
class SelfTest:
    """An image with what the detector found in it when it was saved.

    Parameters
    ----------
    image : Image
    expected : Instances
    """

    image: Image
    expected: Instances


@attrs.frozen(kw_only=True)
class Saved:
    """What a folder says of the detector in it.

    Parameters
    ----------
    options : mapping of str to Any
    is_trained : bool
        Whether files of a trained model lie beside.
    """

    options: Mapping[str, Any]
    is_trained: bool


def write_model_folder(
    folder: Path,
    *,
    detector: str,
    options: Mapping[str, Any],
    card: ModelCard,
    is_trained: bool = False,
    self_test: SelfTest | None = None,
) -> None:
    """Write all of a detector but the files of its model, which the caller writes first.

    Parameters
    ----------
    folder : pathlib.Path
        Best one of :func:`defectkit.files.new_folder`, so that it is there whole or not at all.
    detector : str
        Its name: what loads the folder.
    options : mapping of str to Any
        Plain values, that JSON holds.
    card : ModelCard
    is_trained : bool
        Whether files of a trained model lie beside.
    self_test : SelfTest, optional

    Raises
    ------
    OutputError
        If the folder holds a file of a name that is written here.
    """
    taken = [name for name in NAMES if (folder / name).exists()]
    if taken:
        raise OutputError(f"{folder} already holds {taken[0]}; a detector is saved into a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    saved = {"detector": detector, "version": card.version, "is_trained": is_trained, "options": dict(options)}
    text = {
        OPTIONS: json.dumps(saved, indent=2, allow_nan=False),
        CARD: json.dumps(json.loads(to_json(card)), indent=2),
        README: card.to_markdown().rstrip("\n"),
    }
    if self_test is not None:
        calibration = self_test.image.calibration
        size = () if calibration is None else calibration.pixel_size_nm
        np.savez_compressed(folder / TEST_IMAGE, pixels=self_test.image.pixels, pixel_size_nm=np.array(size, float))
        text[TEST_INSTANCES] = to_json(self_test.expected)
    for name, content in text.items():
        (folder / name).write_text(content + "\n", encoding="utf-8")


def saved_detector(folder: Path) -> str:
    """Return the name of the detector in ``folder``.

    Raises
    ------
    DetectorError
        If no detector lies there.
    """
    return str(_saved(folder)["detector"])


def read_saved(folder: Path, detector: str) -> Saved:
    """Return what ``folder`` says of the detector in it, which is of the name ``detector``.

    Raises
    ------
    DetectorError
        If no detector lies there, or another one, which is named.
    """
    saved = _saved(folder)
    found = saved["detector"]
    if found != detector:
        raise DetectorError(
            f"{folder} holds the detector {found!r}, not {detector!r}: load it as what it is (--detector {found})"
        )
    return Saved(options=saved["options"], is_trained=bool(saved.get("is_trained")))


def _saved(folder: Path) -> dict[str, Any]:
    path = folder / OPTIONS
    if not path.exists() and (folder / EARLIER).is_file():
        raise DetectorError(
            f"{folder} holds a detector that an earlier version of defectkit saved ({EARLIER}), "
            "which this one does not read: train it again"
        )
    try:
        saved = read_json(path)
    except DecodingError as error:
        raise DetectorError(f"{folder} does not hold a saved detector: {error}") from error
    if (
        not isinstance(saved, dict)
        or not isinstance(saved.get("options"), dict)
        or not isinstance(saved.get("detector"), str)
    ):
        raise DetectorError(f"{path} does not hold a saved detector: 'detector' and 'options' are needed")
    return dict(saved)


def read_card(folder: Path) -> ModelCard:
    """Return the card of the detector in ``folder``.

    Raises
    ------
    DetectorError
        If there is none.
    """
    return _read(folder / CARD, lambda text: from_json(text, ModelCard))


def read_self_test(folder: Path) -> SelfTest | None:
    """Return the self-test of the detector in ``folder``, or None if it was saved without one.

    Raises
    ------
    DetectorError
        If it is damaged.
    """
    path = folder / TEST_IMAGE
    if not path.is_file():
        return None
    try:
        stored = read_arrays(path, ("pixels", "pixel_size_nm"))
        image = Image.from_array("self-test", stored["pixels"], calibration=_calibration(stored["pixel_size_nm"]))
    except (DefectkitError, TypeError, ValueError) as error:
        raise DetectorError(f"{path}: the saved detector is damaged: {error}") from error
    return SelfTest(image=image, expected=_read(folder / TEST_INSTANCES, lambda text: from_json(text, Instances)))


def check_self_test(test: SelfTest, found: Instances, *, folder: Path) -> None:
    """Raise unless ``found`` is what the detector found when it was saved.

    The same number of defects of the same types in the same order of score is asked for, with masks that overlap by
    an IoU of at least 0.9 each: other processors round differently, but not by more than that.

    Raises
    ------
    DetectorError
        Naming the first difference.
    """
    from defectkit.geometry.overlap import mask_iou

    expected = test.expected
    fault = None
    if sorted(found.type_names) != sorted(expected.type_names):
        fault = f"{len(found)} defects ({_counts(found)}) instead of {len(expected)} ({_counts(expected)})"
    elif len(expected) and float(mask_iou(expected.runs, found.runs).max(axis=1).min()) < 0.9:
        fault = "a mask with less than 0.9 IoU with the one it had"
    if fault is not None:
        raise DetectorError(
            f"{folder}: the model does not do what it did when it was saved: on its self-test image it found {fault}. "
            "The weights are damaged, or this version of the framework differs; do not trust its results"
        )


def _counts(instances: Instances) -> str:
    names = instances.type_names
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names))) or "none"


def _calibration(size_nm: np.ndarray[Any, Any]) -> Calibration | None:
    if not size_nm.size:
        return None
    size_y, size_x = (float(v) for v in size_nm)
    return Calibration(pixel_size_y=f"{size_y!r} nm/px", pixel_size_x=f"{size_x!r} nm/px")


def _read(path: Path, parse: Callable[[str], T]) -> T:
    if not path.is_file():
        raise DetectorError(f"{path.parent} does not hold a saved detector: {path.name} is missing")
    try:
        return parse(read_text(path))
    except (RecordError, DecodingError) as error:
        raise DetectorError(f"{path}: the saved detector is damaged: {error}") from error
