from __future__ import annotations

import json
from typing import ClassVar

import attrs

from defectkit import evaluate
from defectkit.hooks.provenance import UNREGISTERED, distribution_of, options_of, provenance_of
from defectkit.metrics import Find, Metric
from defectkit.splitters import RandomKFold
from defectkit.testing.synthetic import synthetic_dataset


@attrs.frozen(kw_only=True)
class Limited(Find):
    """A metric of a script, with an option."""

    name: ClassVar[str] = "limited"
    limit: float = 0.5


class Plain(Metric):
    name = "plain"
    description = "Without options."

    def sums(self, units):
        return {}

    def values(self, totals):
        return {}


def test_a_built_in_comes_from_defectkit() -> None:
    assert distribution_of(RandomKFold).startswith("defectkit ")
    assert options_of(RandomKFold(n_splits=7))["n_splits"] == 7


def test_a_class_of_a_script_is_said_to_be_one() -> None:
    assert provenance_of(Limited(limit=0.25)) == {
        "name": "limited",
        "options": {"limit": 0.25},
        "distribution": UNREGISTERED,
    }
    assert provenance_of(Plain())["options"] == {}


def test_an_evaluation_names_its_metrics() -> None:
    _, truth = synthetic_dataset(2, 1, shape=(96, 96), counts={"bdot": 3}, n_lines=0)
    named = json.loads(evaluate(truth, truth, metrics=["find"]).attrs["metrics"])
    assert [metric["name"] for metric in named] == ["find"]
    assert named[0]["distribution"] == distribution_of(Find)
