"""Metrics: a right one, and wrong ones."""

from __future__ import annotations

import threading
from itertools import count, pairwise
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.metrics import Find, Metric, Part, Variable
from defectkit.testing import MetricSuite
from tests.laws.mutant import mutant, shared_mutants

NM = "nanometer"


@attrs.frozen(kw_only=True)
class Excess(Metric):
    """By how much the predicted sizes are more than the true ones, in all and by image."""

    name: ClassVar[str] = "excess"
    description: ClassVar[str] = "Sum of the predicted sizes less that of the true ones."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def unit(self, comparison):
        return comparison.length_unit

    def true_sizes(self, comparison):
        return comparison.true.sizes

    def sums(self, units):
        comparison = units.comparison
        return {
            "true": units.over_true(self.true_sizes(comparison)),
            "predicted": units.over_predicted(comparison.predicted.sizes),
        }

    def difference(self, true, predicted):
        return predicted - true

    def values(self, totals):
        unit = self.unit(totals.units.comparison)
        excess = self.difference(totals["true"], totals["predicted"])
        each = self.difference(totals.of_images("true"), totals.of_images("predicted"))
        return {
            "size_excess": Variable(dims=(), values=excess, long_name="sizes too much", units=unit),
            "image_size_excess": Variable(dims=("image",), values=each, long_name="sizes too much", units=unit),
        }


WORKED = 2 / np.sqrt(np.pi) * (4 * 2 - 12) * 0.5


class Right(MetricSuite):
    cls = Excess
    is_registered = False
    expected: ClassVar = {"size_excess": WORKED, "image_size_excess": [WORKED]}


class Swaps(Excess):
    def difference(self, true, predicted):
        return true - predicted


class Pixels(Excess):
    def sums(self, units):
        comparison = units.comparison
        areas = sum(image.field_area for image in comparison.images)
        pixels = sum(image.n_pixels for image in comparison.images)
        side = np.sqrt(areas / pixels) if pixels else 1.0
        return {
            name: attrs.evolve(total, values=total.values / side * 0.5) for name, total in super().sums(units).items()
        }


class SaysNm(Excess):
    def unit(self, comparison):
        return NM


class Zeroes(Excess):
    def sums(self, units):
        found = super().sums(units)
        for image in units.comparison.images:
            sizes = image.true.sizes
            while sizes.base is not None:
                sizes = sizes.base
            sizes.setflags(write=True)
            sizes[:] = 0
        return found


class FirstOnly(Excess):
    def true_sizes(self, comparison):
        sizes = comparison.true.sizes.copy()
        frames = comparison.true_frames
        for start, end in pairwise(frames):
            sizes[start + 1 : end] = sizes[start:end][:1].sum()
        return sizes


class Bare(Excess):
    def compute(self, comparison):
        return super().compute(comparison).assign(largest=("rank", np.zeros(3)))


class Objects(Excess):
    def compute(self, comparison):
        return super().compute(comparison).assign(told=((), np.array({"much": True}, object)))


class SeedsAll(Excess):
    def unit(self, comparison):
        np.random.seed(1)  # noqa: NPY002 - the fault that is to be caught
        return super().unit(comparison)


class ByHash(Excess):
    def compute(self, comparison):
        return super().compute(comparison).assign(place=hash("a") % 1000)


class Prints(Excess):
    def unit(self, comparison):
        print("comparing")
        return super().unit(comparison)


@attrs.frozen(kw_only=True)
class HoldsALock(Excess):
    lock: Any = attrs.field(factory=threading.Lock, eq=False)


class Changed(Excess):
    """Changes what the right one computes."""

    def changed(self, found, comparison):
        return found

    def compute(self, comparison):
        return self.changed(super().compute(comparison), comparison)


class Relabelled(Changed):
    def changed(self, found, comparison):
        return found.assign_coords(image=[f"{name}.png" for name in comparison.names])


class Divided(Changed):
    def changed(self, found, comparison):
        with np.errstate(divide="ignore", invalid="ignore"):
            return found.assign(inverse=1 / found["size_excess"])


class FirstImage(Changed):
    def changed(self, found, comparison):
        return found.assign(first=found["image_size_excess"].values[:1].sum())


class Relative(Changed):
    def changed(self, found, comparison):
        return found.assign(image_size_excess=found["image_size_excess"] + float(found.sizes["image"]))


class Parsnips(Changed):
    def changed(self, found, comparison):
        found["size_excess"].attrs["units"] = "parsnips"
        return found


class Overrides(Changed):
    def changed(self, found, comparison):
        return found.assign(n_true=Find().compute(comparison)["n_true"] + 1)


class Grows(Changed):
    calls = count()

    def changed(self, found, comparison):
        return found.assign(again=float(next(self.calls)))


class Unweighted(Excess):
    """Counts every image once, however often it was drawn."""

    def values(self, totals):
        found = super().values(totals)
        sums = self.sums(totals.units)
        plain = float(np.sum(sums["predicted"].values) - np.sum(sums["true"].values))
        values = np.full(np.shape(found["size_excess"].values), plain)
        return found | {"size_excess": attrs.evolve(found["size_excess"], values=values)}


class NeedsNothing(Excess):
    needs: ClassVar[frozenset[Part]] = frozenset()


class Forgetting(Changed):
    """Counts the pairs, and throws them away: whoever looks next sees none."""

    def changed(self, found, comparison):
        offsets = [image.matchings.offsets for image in comparison.images]
        pairs = [int(each[-1]) for each in offsets]
        for each in offsets:
            each.setflags(write=True)
            each[:] = 0
        return found.assign(image_n_pairs=("image", np.array(pairs, np.int64)))


MUTANTS = [
    mutant(Right, Swaps, "swaps truth and prediction", "the_worked_example_has_its_values"),
    mutant(Right, Pixels, "takes pixels for nm", "lengths_follow_the_pixel_size"),
    mutant(Right, SaysNm, "says nm of a comparison in pixels", "a_comparison_in_pixels_gives_pixels"),
    mutant(Right, Zeroes, "zeroes the sizes that all share", "what_it_is_given_is_left_as_it_is"),
    mutant(Right, FirstOnly, "looks at the first defect only", "the_order_of_defects_does_not_matter"),
    mutant(Right, Bare, "adds a dimension without labels", "every_dimension_is_labelled"),
    mutant(Right, Objects, "returns objects", "values_are_numbers_and_texts"),
    mutant(Right, SeedsAll, "seeds the generator of all", "global_chance_is_left_alone"),
    mutant(Right, ByHash, "uses Python's hash", "another_process_says_the_same"),
    mutant(Right, Prints, "prints", "nothing_is_printed"),
    mutant(Right, HoldsALock, "cannot be pickled", "it_can_be_pickled"),
    mutant(
        Right, Relabelled, "labels images otherwise", "dimensions_are_those_of_the_comparison", "labelled otherwise"
    ),
    mutant(Right, Divided, "gives infinity", "what_cannot_be_said_is_nan_and_never_infinite", "inverse is infinite"),
    mutant(Right, FirstImage, "looks at the first image only", "the_order_of_images_does_not_matter", "first"),
    mutant(
        Right,
        Unweighted,
        "ignores how often an image was drawn",
        "a_weight_stands_for_an_image_that_is_there_as_often",
        "size_excess",
    ),
    mutant(Right, Relative, "lets images influence each other", "images_do_not_influence_each_other", "size_excess of"),
    mutant(Right, Forgetting, "empties the matchings that all share", "a_comparison_is_not_changed", "changes the"),
    mutant(Right, Parsnips, "gives a unit that nobody knows", "units_are_ones_that_pint_reads", "parsnips"),
    mutant(Right, Overrides, "computes another metric's variable otherwise", "it_can_stand_beside_the_other_metrics"),
    mutant(Right, NeedsNothing, "does not say what it needs", "it_names_what_it_needs", "holds no measures"),
    mutant(Right, Grows, "counts how often it was asked", "computing_twice_gives_the_same", "the second time"),
    *shared_mutants(Right, "find"),
]
