"""The claims of a small reproduction: each number is that of the studies."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from defectkit_jacobs2022.claims import CLAIMS, Verdict
from defectkit_jacobs2022.reproduction import Reproduction

from defectkit.storage.results import load_results
from defectkit.studies import headline


@pytest.fixture(scope="module")
def rows(reproduced: Reproduction) -> dict[str, dict[str, str]]:
    text = (reproduced.folder / "artifacts" / "claims.csv").read_text(encoding="utf-8")
    read = csv.DictReader(io.StringIO("".join(line for line in text.splitlines(True) if not line.startswith("#"))))
    return {claim.name: row for claim, row in zip(CLAIMS, read, strict=True)}


def test_every_claim_has_an_outcome_and_undecided_ones_a_reason(rows: dict[str, dict[str, str]]) -> None:
    for name, row in rows.items():
        assert row["outcome"] in list(Verdict), name
        assert bool(row["reason"]) == (row["outcome"] == Verdict.CANNOT_BE_TESTED), name


def test_numbers_are_those_of_the_studies(reproduced: Reproduction, rows: dict[str, dict[str, str]]) -> None:
    results = reproduced.folder / "results"
    of = {name: headline(load_results(results / f"{name}.zarr")) for name in ("initial", "groups", "random-cv")}
    assert float(rows["find-f1"]["value"]) == pytest.approx(float(of["initial"]["find_f1_score"][0]))
    scores = {name: np.array(of[name]["type_f1_score"], float) for name in ("groups", "random-cv")}
    assert float(rows["groups-are-harder"]["value"]) == pytest.approx(
        np.nanmean(scores["groups"]) - np.nanmean(scores["random-cv"])
    )
    gain = float(rows["expanded-labels-microscope"]["value"])
    assert gain == pytest.approx(scores["groups"][1] - scores["groups"][0], nan_ok=True)


def test_what_no_group_was_left_out_for_is_not_known(rows: dict[str, dict[str, str]]) -> None:
    assert rows["expanded-labels-alloy"]["outcome"] == Verdict.CANNOT_BE_TESTED
    assert math.isnan(float(rows["expanded-labels-alloy"]["value"] or "nan"))


def test_the_file_of_claims_says_how_many_hold(reproduced: Reproduction) -> None:
    text = (reproduced.folder / "artifacts" / "claims.md").read_text(encoding="utf-8")
    assert f"{len(CLAIMS)} claims: " in text
    assert "written down before any result was looked at" in text
