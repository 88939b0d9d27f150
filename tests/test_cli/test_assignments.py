"""Options of the form KEY=VALUE: JSON within limits, and text otherwise."""

from __future__ import annotations

from typing import Any

import click
import pytest

from defectkit.cli.analysis_options import Assignment


@pytest.mark.parametrize(
    ("given", "value"),
    [("a=1", 1), ("a=[1, 2.5]", [1, 2.5]), ("a=true", True), ("a=loop", "loop"), ("a=", ""), ('a={"b": 1}', {"b": 1})],
)
def test_a_value_is_json_or_text(given: str, value: Any) -> None:
    assert Assignment().convert(given, None, None) == ("a", value)


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000], ids=["deep", "a huge number"])
def test_what_is_beyond_the_limits_of_json_is_text(text: str) -> None:
    assert Assignment().convert(f"a={text}", None, None) == ("a", text)


@pytest.mark.parametrize("given", ["a", "=1", " =1"])
def test_what_has_no_key_is_a_usage_error(given: str) -> None:
    with pytest.raises(click.UsageError, match="is not KEY=VALUE"):
        Assignment().convert(given, None, None)
