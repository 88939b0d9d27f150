from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from defectkit.errors import DetectorError, UnknownPluginError
from defectkit.workflows import make_detector
from defectkit.workflows.detectors import fingerprint


def test_a_detector_is_made_by_name() -> None:
    assert make_detector("blob").name == "blob"
    with pytest.raises(UnknownPluginError, match="blob"):
        make_detector("blub")


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(DetectorError, match=r"no option 'colour'; it has \w+"):
        make_detector("blob", options={"colour": "red"})


def test_a_saved_detector_is_loaded(tmp_path: Path) -> None:
    made = make_detector("blob")
    made.save(tmp_path / "model")
    assert make_detector("blob", model=tmp_path / "model") == made
    with pytest.raises(DetectorError, match="either the model or the options"):
        make_detector("blob", model=tmp_path / "model", options={"any": 1})
    with pytest.raises(DetectorError, match="no folder"):
        make_detector("blob", model=tmp_path / "none")


def test_equal_detectors_have_equal_fingerprints(tmp_path: Path) -> None:
    assert fingerprint(make_detector("blob")) == fingerprint(make_detector("blob"))


def test_options_are_in_the_fingerprint(request: pytest.FixtureRequest) -> None:
    threshold: Callable[..., Any] = type(request.getfixturevalue("detector"))
    assert fingerprint(threshold(below=10)) == fingerprint(threshold(below=10))
    assert fingerprint(threshold(below=10)) != fingerprint(threshold(below=11))
