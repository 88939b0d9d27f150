"""A detector's folder: options as JSON, with the model card beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from defectkit.detectors.interface import Detector
from defectkit.errors import DecodingError, DefectkitError, DetectorError
from defectkit.files import new_folder
from defectkit.files.decoding import read_json
from defectkit.records.json import record_converter, to_json

D = TypeVar("D", bound=Detector)

OPTIONS = "detector.json"


def save_options(detector: Detector, folder: Path) -> None:
    """Write a detector that is nothing but its options: a frozen attrs class.

    ``detector.json`` holds the options, ``card.json`` and ``CARD.md`` the model card.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds something already.
    """
    options = record_converter().unstructure(detector)
    card = detector.card()
    text = {
        OPTIONS: json.dumps({"detector": detector.name, "version": card.version, "options": options}, indent=2),
        "card.json": json.dumps(json.loads(to_json(card)), indent=2),
        "CARD.md": card.to_markdown().rstrip("\n"),
    }
    with new_folder(folder) as made:
        for name, content in text.items():
            (made / name).write_text(content + "\n", encoding="utf-8")


def load_options(cls: type[D], folder: Path) -> D:
    """Return the detector of class ``cls`` that :func:`save_options` wrote.

    Raises
    ------
    DetectorError
        If the folder holds no options, those of another detector, or options that are not its own.
    """
    path = folder / OPTIONS
    try:
        saved = read_json(path)
        name, options = saved["detector"], saved["options"]
    except DecodingError as error:
        raise DetectorError(f"{folder} does not hold a saved detector: {error}") from error
    except (TypeError, KeyError) as error:
        raise DetectorError(f"{path} does not hold a saved detector: 'detector' and 'options' are needed") from error
    if name != cls.name:
        raise DetectorError(f"{path} holds the detector {name!r}, not {cls.name!r}")
    try:
        return record_converter().structure(options, cls)
    except (DefectkitError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, ExceptionGroup) as error:
        raise DetectorError(f"{path} holds options that {cls.name!r} does not take: {error}") from error
