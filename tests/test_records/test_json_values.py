from __future__ import annotations

import pytest

from defectkit.errors import RecordError
from defectkit.records import Calibration, LabelSet, from_json


@pytest.mark.parametrize("kind", [LabelSet, Calibration])
@pytest.mark.parametrize("text", ["[]", "null", "3", '"text"', "{", ""])
def test_what_is_no_object_is_no_record(kind: type, text: str) -> None:
    with pytest.raises(RecordError, match=kind.__name__):
        from_json(text, kind)
