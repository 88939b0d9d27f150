from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

from defectkit.metrics.find import Find
from defectkit.metrics.interface import Metric
from defectkit.statistics.variables import Variable
from defectkit.testing import MetricSuite


class Counts(Metric):
    """How many defects were predicted, by image and in all."""

    name = "counts"
    description = "How many were predicted."

    def sums(self, units):
        return {"guesses": units.over_predicted()}

    def values(self, totals):
        each = totals.of_images("guesses").astype(float)
        return {
            "image_n_guesses": Variable(dims=("image",), values=each, long_name="guesses"),
            "n_guesses": Variable(dims=(), values=totals["guesses"].astype(float), long_name="guesses"),
        }


def giving(rule: Callable[[Any, Any], Any]) -> type[Metric]:
    """A metric whose result is changed by a rule, which sees the comparison too."""

    class Ruled(Counts):
        def compute(self, comparison):
            return rule(super().compute(comparison), comparison)

    return Ruled


class NoSubclass:
    name = "counts"
    description = "How many were predicted."


def first_image(found: Any, comparison: Any) -> Any:
    names = comparison.names
    return found.assign(n_guesses=float(int(names[0], 36) if names and names[0].isalnum() else 0))


def relative(found: Any, comparison: Any) -> Any:
    return found.assign(image_n_guesses=found["image_n_guesses"] + float(found.sizes["image"]))


def divided(found: Any, comparison: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return found.assign(n_guesses=1 / found["n_guesses"])


def relabelled(found: Any, comparison: Any) -> Any:
    return found.assign_coords(image=[f"{name}.png" for name in comparison.names])


def with_units(found: Any, comparison: Any) -> Any:
    found["n_guesses"].attrs["units"] = "parsnips"
    return found


def overriding(found: Any, comparison: Any) -> Any:
    find = Find().compute(comparison)
    return found.assign(n_true=find["n_true"] + 1)


def growing() -> type[Metric]:
    calls = count()
    return giving(lambda found, comparison: found.assign(n_guesses=float(next(calls))))


class CountsWell(MetricSuite):
    cls = Counts
    is_registered = False


class Unweighted(Counts):
    """Counts every image once, however often it was drawn."""

    def values(self, totals):
        found = super().values(totals)
        plain = float(np.sum(self.sums(totals.units)["guesses"].values))
        values = np.full(np.shape(found["n_guesses"].values), plain)
        return found | {"n_guesses": Variable(dims=(), values=values, long_name="guesses")}


class Sizes(Counts):
    """Looks at sizes and says that it needs nothing."""

    needs = frozenset()

    def compute(self, comparison):
        sizes = [image.predicted.sizes.sum() for image in comparison.images]
        return super().compute(comparison).assign(image_sum_of_sizes=("image", np.array(sizes, np.float64)))


class Forgetting(Counts):
    """Counts what was found, and throws it away."""

    def compute(self, comparison):
        found = [int(image.matchings.offsets[-1]) for image in comparison.images]
        for image in comparison.images:
            image.matchings.offsets[:] = 0
        return super().compute(comparison).assign(image_n_pairs=("image", np.array(found, np.int64)))


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of Metric"),
    "test_its_name_is_one_word": (type("Spaced", (Counts,), {"name": "a b"}), "holds white space"),
    "test_its_description_is_one_line": (type("Mute", (Counts,), {"description": None}), "not a string"),
    "test_it_is_found_by_its_name": (type("Shadow", (Counts,), {"name": "find"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (
        type("Needy", (Counts,), {"__init__": lambda self, threshold: None}),
        "threshold is positional",
    ),
    "test_dimensions_are_those_of_the_comparison": (giving(relabelled), "'image' is labelled otherwise"),
    "test_what_cannot_be_said_is_nan_and_never_infinite": (giving(divided), "n_guesses is infinite"),
    "test_the_order_of_images_does_not_matter": (giving(first_image), "n_guesses"),
    "test_images_do_not_influence_each_other": (giving(relative), "image_n_guesses of"),
    "test_a_comparison_is_not_changed": (Forgetting, "changes the comparison it is given"),
    "test_units_are_ones_that_pint_reads": (giving(with_units), "has the units 'parsnips'"),
    "test_it_can_stand_beside_the_other_metrics": (giving(overriding), "find computes another n_true"),
    "test_it_names_what_it_needs": (Sizes, r"holds no measures.*must hold Part\.MEASURES"),
    "test_a_weight_stands_for_an_image_that_is_there_as_often": (Unweighted, "n_guesses"),
    "test_computing_twice_gives_the_same": (growing(), "the second time it is another one"),
}


@pytest.mark.parametrize("test", [name for name in dir(CountsWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (CountsWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(CountsWell(), test)
