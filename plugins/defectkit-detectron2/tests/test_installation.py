from __future__ import annotations

import subprocess
import sys

import pytest
from defectkit_detectron2.installation import require_detectron2

from defectkit.errors import DetectorError


def test_finding_the_plugin_loads_no_torch() -> None:
    code = (
        "import sys; from defectkit import hooks; hooks.find('detector', 'detectron2')().card(); "
        "print([m for m in ('torch', 'detectron2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_detectron2_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "detectron2", None)
    monkeypatch.delitem(sys.modules, "detectron2.modeling", raising=False)
    with pytest.raises(DetectorError, match=r"(?s)no release on PyPI.*pip install --no-build-isolation git\+https"):
        require_detectron2()
