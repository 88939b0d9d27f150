"""What is lost of foils is corrected for without bias; the table of the docs has more foils of the same kind."""

from __future__ import annotations

import pytest

from tests.coverage.recovering import CASES, recovering

FAIR = [name for name in CASES if name.split("`")[1:2] not in (["all"], ["exclude"], ["half"])]


@pytest.mark.parametrize("name", FAIR)
def test_corrected_values_are_those_of_the_specimen(name: str) -> None:
    for measure, (mean, error, _) in recovering(CASES[name], n_foils=40, n_resamples=100).items():
        assert mean == pytest.approx(1.01, abs=0.01 + 4 * error), measure  # a thickness of 10 % makes 1 % on average


def test_what_is_not_corrected_is_off() -> None:
    mean, error, _ = recovering(CASES["borders, `all`"], n_foils=40, n_resamples=100)["number_density"]
    assert mean > 1.05 + 2 * error
    mean, error, _ = recovering(CASES["borders, `exclude`"], n_foils=40, n_resamples=100)["number_density"]
    assert mean < 0.95 - 2 * error
