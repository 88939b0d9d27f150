from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from defectkit.hardening.interface import HardeningModel
from defectkit.testing import HardeningModelSuite


class NoSubclass:
    name = "good"
    description = "Splits well."


class Root(HardeningModel):
    name = "root"
    description = "The root of the number of defects."
    needs_barrier_strength = False

    def contributions(self, populations):
        return np.sqrt(populations.numbers)


def computing(rule: Callable[[Any], Any]) -> type[HardeningModel]:
    """A hardening model whose contributions are those of a rule."""

    class Ruled(Root):
        def contributions(self, populations):
            return rule(populations)

    return Ruled


def first_defect(populations: Any) -> Any:
    first = [populations.sizes_nm[populations.members == k][:1].sum() for k in range(len(populations))]
    return np.array(first) * np.sqrt(populations.numbers)


def scribbling(populations: Any) -> Any:
    populations.sizes_nm[:] = 0
    return np.sqrt(populations.numbers)


class HardensWell(HardeningModelSuite):
    cls = Root
    is_registered = False


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of HardeningModel"),
    "test_its_name_is_one_word": (type("Spaced", (Root,), {"name": ""}), "name is empty"),
    "test_its_description_is_one_line": (type("Mute", (Root,), {"description": " "}), "description is empty"),
    "test_it_is_found_by_its_name": (type("Shadow", (Root,), {"name": "dispersed-barrier"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (
        type("Needy", (Root,), {"__init__": lambda self, *, constant: None}),
        "option 'constant' has no default",
    ),
    "test_it_says_whether_it_needs_a_barrier_strength": (
        type("Silent", (Root,), {"needs_barrier_strength": None}),
        "needs_barrier_strength is None",
    ),
    "test_one_stress_a_population": (computing(lambda p: np.sqrt(p.numbers).sum()), r"shape \(\) for"),
    "test_no_defect_no_hardening": (computing(lambda p: np.sqrt(p.numbers) + 1), r"0 defects harden by 1\.0 MPa"),
    "test_populations_do_not_influence_each_other": (
        computing(lambda p: p.numbers * len(p.sizes_nm)),
        r"population \d alone",
    ),
    "test_the_order_of_defects_does_not_matter": (computing(first_defect), "in another order"),
    "test_more_of_the_same_harden_more": (computing(lambda p: (p.numbers > 0).astype(float)), r"1\.0 MPa for 2 times"),
    "test_a_weight_is_so_many_defects": (
        computing(lambda p: np.sqrt(np.bincount(p.members, minlength=len(p)))),
        "of the weight",
    ),
    "test_what_is_given_is_left_as_it_is": (computing(scribbling), "read-only"),
}


@pytest.mark.parametrize("test", [name for name in dir(HardensWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (HardensWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(HardensWell(), test)
