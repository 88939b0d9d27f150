from __future__ import annotations

import attrs
import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT
from defectkit.errors import UnknownSizeRuleError
from defectkit.measurement import size_rules
from defectkit.measurement.size_rules import SIZE_RULES, SizeRule, size_rule
from defectkit.measurement.sizes import sizes
from defectkit.records import Instances
from defectkit.units import ureg
from defectkit.workflows import evaluate

SHAPE = (32, 32)
MASK = np.zeros((1, *SHAPE), bool)
MASK[0, 4:14, 4:9] = True
SQUARE = Instances.from_masks(MASK, types=["bdot"], shape=SHAPE)


@pytest.mark.parametrize("rule", SIZE_RULES.values(), ids=SIZE_RULES)
def test_every_rule_says_what_it_is(rule: SizeRule) -> None:
    assert rule.label
    assert rule.description.endswith(".")
    assert ureg.parse_units(rule.units) == ureg.nanometer
    assert sizes(SQUARE, (1.0, 1.0), attrs.evolve(DEFECTKIT, size_rule=rule.name))[0] > 0


def test_another_rule_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    side = SizeRule(
        name="side",
        label="side of the square of equal area",
        units="nanometer",
        description="The root of the area.",
        function=lambda instances, spacing, side, taxonomy: np.sqrt(instances.areas * spacing[0] * spacing[1]),
    )
    monkeypatch.setattr(size_rules, "SIZE_RULES", {**SIZE_RULES, "side": side})
    result = evaluate({"a": SQUARE}, {"a": SQUARE}, convention=attrs.evolve(DEFECTKIT, size_rule="side"))
    assert result["true_defect_size"].values == pytest.approx([50**0.5])


def test_an_unknown_rule_names_the_known_ones() -> None:
    with pytest.raises(UnknownSizeRuleError, match=r"did you mean 'vertex'\? Known: equal-area, vertex"):
        size_rule("vertx")
