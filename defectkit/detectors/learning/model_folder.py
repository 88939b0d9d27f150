"""ModelFolder: a trained detector as one folder: card, settings, weights beside them, and a test of itself."""

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
from defectkit.files.decoding import parse_json
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.json import from_json, to_json

T = TypeVar("T")

CARD, README, SETTINGS, TEST_IMAGE, TEST_INSTANCES = (
    "card.json",
    "README.md",
    "settings.json",
    "self_test.npz",
    "self_test.json",
)


@attrs.frozen(kw_only=True, eq=False)
class SelfTest:
    """An image with what the detector found in it when it was saved.

    Parameters
    ----------
    image : Image
        Calibrated with the pixel size that the model works at.
    expected : Instances
    """

    image: Image
    expected: Instances


def write_model_folder(
    folder: Path, *, card: ModelCard, settings: Mapping[str, Any], self_test: SelfTest | None = None
) -> None:
    """Write all of a model but its weights, which the caller puts beside under a name of its own.

    Raises
    ------
    OutputError
        If the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder}: the folder is not empty; a model is saved into a new one")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).write_text(to_json(card), encoding="utf-8")
    (folder / README).write_text(card.to_markdown(), encoding="utf-8")
    (folder / SETTINGS).write_text(json.dumps(settings, indent=2, allow_nan=False), encoding="utf-8")
    if self_test is not None:
        size = self_test.image.required_calibration().pixel_size_nm
        np.savez_compressed(folder / TEST_IMAGE, pixels=self_test.image.pixels, pixel_size_nm=np.array(size))
        (folder / TEST_INSTANCES).write_text(to_json(self_test.expected), encoding="utf-8")


def read_card(folder: Path) -> ModelCard:
    """Return the card of the model in ``folder``.

    Raises
    ------
    DetectorError
        If there is none.
    """
    return _read(folder / CARD, lambda text: from_json(text, ModelCard))


def read_settings(folder: Path) -> dict[str, Any]:
    """Return the settings that the model in ``folder`` was saved with.

    Raises
    ------
    DetectorError
        If there are none.
    """
    return dict(_read(folder / SETTINGS, _settings))


def read_self_test(folder: Path) -> SelfTest | None:
    """Return the self-test of the model in ``folder``, or None if it was saved without one.

    Raises
    ------
    DetectorError
        If it is damaged.
    """
    from defectkit.records.calibration import Calibration

    if not (folder / TEST_IMAGE).is_file():
        return None
    try:
        stored = read_arrays(folder / TEST_IMAGE, ("pixels", "pixel_size_nm"))
        size_y, size_x = (float(v) for v in stored["pixel_size_nm"])
        calibration = Calibration(pixel_size_y=f"{size_y!r} nm/px", pixel_size_x=f"{size_x!r} nm/px")
        image = Image.from_array("self-test", stored["pixels"], calibration=calibration)
    except (DefectkitError, TypeError, ValueError) as error:
        raise DetectorError(f"{folder / TEST_IMAGE}: the saved detector is damaged: {error}") from error
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


def _settings(text: str) -> dict[str, Any]:
    settings = parse_json(text, where=SETTINGS)
    if not isinstance(settings, dict):
        raise DecodingError("a JSON object with settings is needed")
    return settings


def _read(path: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DetectorError(f"{path.parent}: no saved detector lies here ({path.name} is missing)") from error
    except (RecordError, DecodingError, UnicodeDecodeError) as error:
        raise DetectorError(f"{path}: the saved detector is damaged: {error}") from error
