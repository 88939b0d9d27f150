"""MetricSuite: what every metric must do, as tests to inherit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
import pint
from hypothesis import given, strategies as st
from numpy.typing import ArrayLike

from defectkit import hooks
from defectkit.metrics.interface import Metric
from defectkit.records import Instances
from defectkit.statistics.comparison import ALL_PARTS, Comparison
from defectkit.statistics.drawing import DrawnImages
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Units
from defectkit.statistics.variables import labels_of
from defectkit.testing import strategies
from defectkit.testing.asked import GivenSuite
from defectkit.testing.compared import TOLD, Pair, comparison_of, example_pairs, varied_pairs, worked_pairs
from defectkit.testing.suite import UnstatedError, inherited
from defectkit.units import ureg

if TYPE_CHECKING:
    import xarray

DIMENSIONS = {"image", "iou_threshold", "subset", "defect_type", "true_type", "predicted_type"}


@st.composite
def pairs(draw: st.DrawFn, *, min_images: int = 0) -> dict[str, Pair]:
    """Draw truth and prediction of up to three images; either side may be empty, and no two scores are equal.

    Parameters
    ----------
    min_images : int
        How many images there are at least.
    """
    found: dict[str, Pair] = {}
    for name in draw(st.lists(strategies.NAMES, min_size=min_images, max_size=3, unique=True)):
        shape = draw(strategies.shapes(4, 12))
        masks = strategies.boxes_as_runs(shape, max_defects=4)
        found[name] = draw(strategies.instances(shape, masks=masks)), draw(strategies.instances(shape, masks=masks))
    n = sum(len(predicted) for _, predicted in found.values())
    ranks = iter(draw(st.permutations(range(1, n + 1))))
    for name, (truth, predicted) in found.items():
        scores = np.array([next(ranks) / (n + 1) for _ in range(len(predicted))], np.float64)
        found[name] = truth, attrs.evolve(predicted, scores=scores)
    return found


class MetricSuite(GivenSuite[Metric]):
    """What every metric must do.

    Attributes
    ----------
    cls : type
        The metric under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.

    expected : mapping of str to array_like
        Values of one variable or more of :func:`~defectkit.testing.compared.worked_pairs`, worked out by hand.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.metrics.find import Find
    >>> class TestFind(MetricSuite):
    ...     cls = Find
    ...     expected = {"find_precision": 3 / 5, "find_recall": 3 / 4}
    """

    kind: ClassVar[str] = "metric"
    expected: ClassVar[Mapping[str, ArrayLike]] = {}

    def question(self) -> Comparison:
        """Return the comparison of two images of many defects."""
        return comparison_of(varied_pairs())

    @staticmethod
    def answer(made: Metric, question: Comparison) -> xarray.Dataset:
        """Return what the metric makes of a comparison."""
        return made.compute(question)

    def assert_same_answer(self, found: Any, expected: Any, what: str) -> None:
        """Assert that two data sets have the same variables, values and attributes."""
        assert found.identical(expected), f"{what} it says something else"

    def compute(self, given_pairs: Mapping[str, Pair]) -> xarray.Dataset:
        """Return the metric of truth and prediction of images."""
        return self.make().compute(comparison_of(given_pairs))

    def test_the_worked_example_has_its_values(self) -> None:
        """Of an example of ours the metric has the values that its author worked out by hand."""
        if not self.expected:
            raise UnstatedError(f"state in `expected` what one of its variables is of the worked example: {TOLD}")
        found = self.compute(worked_pairs())
        for name, values in self.expected.items():
            assert name in found, f"there is no variable {name!r}"
            np.testing.assert_allclose(found[name].values, np.asarray(values, np.float64), rtol=1e-6, err_msg=name)

    def test_the_order_of_defects_does_not_matter(self) -> None:
        """Pooled variables stay the same when the defects of an image are listed in another order."""
        given_pairs = varied_pairs()
        turned = {name: (_turned(truth), _turned(found)) for name, (truth, found) in given_pairs.items()}
        first, second = self.compute(given_pairs), self.compute(turned)
        for name in (n for n, variable in first.data_vars.items() if set(variable.dims) <= DIMENSIONS):
            if first[name].dtype.kind in "fiu":
                np.testing.assert_allclose(second[name].values, first[name].values, rtol=1e-9, err_msg=str(name))

    def test_lengths_follow_the_pixel_size(self) -> None:
        """In pixels of twice the size, lengths are twice and areas four times as large, as their ``units`` say."""
        small, large = (self.make().compute(comparison_of(varied_pairs(), pixel_nm=size)) for size in (0.5, 1.0))
        for name in (n for n, variable in small.data_vars.items() if set(variable.dims) <= DIMENSIONS):
            if small[name].dtype.kind != "f":
                continue
            units = ureg.parse_units(small[name].attrs.get("units", ""))
            powers: dict[str, Any] = dict(units.dimensionality)
            factor = 2.0 ** powers.get("[length]", 0)
            np.testing.assert_allclose(
                large[name].values, factor * small[name].values, rtol=1e-9, err_msg=f"{name}, in {units or 'no unit'}"
            )

    def test_a_comparison_in_pixels_gives_pixels(self) -> None:
        """Where the images have no pixel size, no variable says that it is in nm."""
        found = self.make().compute(comparison_of(varied_pairs(), pixel_nm=None))
        for name, variable in found.data_vars.items():
            units = ureg.parse_units(variable.attrs.get("units", ""))
            in_nm = "[length]" in dict(units.dimensionality)
            assert not in_nm, f"{name} is said to be in {units}, but the comparison is in pixels"

    def test_every_dimension_is_labelled(self) -> None:
        """Dimensions of the metric's own have labels, too, so that tables can name their rows."""
        found = self.compute(varied_pairs())
        bare = [str(dim) for dim in found.dims if dim not in found.coords]
        assert not bare, f"without labels: {', '.join(bare)}"

    def test_values_are_numbers_and_texts(self) -> None:
        """No variable holds objects of Python: results are written to files."""
        for name, variable in self.compute(varied_pairs()).data_vars.items():
            assert variable.dtype.kind in "biufUS", f"{name} holds values of the dtype {variable.dtype}"

    @inherited
    @given(pairs())
    def test_dimensions_are_those_of_the_comparison(self, given_pairs: dict[str, Pair]) -> None:
        """Images, thresholds and types are labelled as the comparison labels them, also where there is no image."""
        comparison = comparison_of(given_pairs)
        found = self.make().compute(comparison)
        expected = labels_of(comparison)
        assert len(found.data_vars) > 0, "no variable was computed"
        for dim in {str(dim) for dim in found.dims} & DIMENSIONS:
            assert dim in found.coords, f"dimension {dim!r} has no labels"
            assert found[dim].values.tolist() == expected[dim].tolist(), f"dimension {dim!r} is labelled otherwise"

    @inherited
    @given(pairs())
    def test_what_cannot_be_said_is_nan_and_never_infinite(self, given_pairs: dict[str, Pair]) -> None:
        """No variable is infinite, whatever is empty."""
        for name, variable in self.compute(given_pairs).data_vars.items():
            if variable.dtype.kind == "f":
                assert not np.isinf(variable.values).any(), f"{name} is infinite"

    @inherited
    @given(pairs(min_images=1))
    def test_the_order_of_images_does_not_matter(self, given_pairs: dict[str, Pair]) -> None:
        """Pooled variables stay the same when the images come in another order, and those of an image go with it.

        Variables with a dimension of the metric's own, such as lists of defects, may keep the order of the images.
        """
        turned = dict(reversed(list(given_pairs.items())))
        found, again = self.compute(given_pairs), self.compute(turned)
        if "image" in found.dims:
            again = again.sel(image=found["image"].values)
        for name in (n for n, variable in found.data_vars.items() if set(variable.dims) <= DIMENSIONS):
            first, second = found[name].values, again[name].values
            if first.dtype.kind == "f":
                np.testing.assert_allclose(second, first, rtol=1e-9, atol=1e-12, err_msg=str(name))
            else:
                assert np.array_equal(first, second), f"{name} depends on the order of the images"

    @inherited
    @given(pairs(min_images=1), st.data())
    def test_a_weight_stands_for_an_image_that_is_there_as_often(
        self, given_pairs: dict[str, Pair], data: st.DataObject
    ) -> None:
        """What a bootstrap computes of weighted sums is the metric of images drawn as often."""
        counts = [data.draw(st.integers(0, 2)) for _ in given_pairs]
        drawn = {
            f"{k}-{name}": given_pairs[name] for name, n in zip(given_pairs, counts, strict=True) for k in range(n)
        }
        metric, sample = self.make(), comparison_of(given_pairs)
        again = attrs.evolve(comparison_of(drawn), types=sample.types, overall_types=sample.overall_types)
        expected = metric.compute(again)
        units = Units.images(sample)
        weighted = DrawnImages(image_weights=np.array([counts], np.float64))
        found = metric.values(Totals(units=units, sums=metric.sums(units), drawn=weighted))
        for name in (n for n, variable in found.items() if variable.is_resampled):
            (values,) = np.asarray(found[name].values, np.float64)
            np.testing.assert_allclose(values, expected[name].values, rtol=1e-9, atol=1e-9, err_msg=name)

    @inherited
    @given(pairs(min_images=1))
    def test_images_do_not_influence_each_other(self, given_pairs: dict[str, Pair]) -> None:
        """Variables of an image, named ``image_X``, are the same alone as among others."""
        among = self.compute(given_pairs)
        for image, pair in given_pairs.items():
            alone = self.compute({image: pair})
            for name in (str(n) for n in among.data_vars if str(n).startswith("image_")):
                shared = among[name].sel(image=image)
                own = alone[name].sel(image=image)
                for dim in set(shared.dims) & {"defect_type", "true_type", "predicted_type"}:
                    types = own[dim].values
                    shared = shared.sel({dim: types})
                if shared.dtype.kind == "f":
                    np.testing.assert_allclose(own.values, shared.values, rtol=1e-9, err_msg=f"{name} of {image}")
                else:
                    assert np.array_equal(own.values, shared.values), f"{name} of {image}"

    @inherited
    @given(pairs())
    def test_a_comparison_is_not_changed(self, given_pairs: dict[str, Pair]) -> None:
        """Two threads that look at one comparison at a time find the same, and so does who looks at it afterwards."""
        comparison = comparison_of(given_pairs)
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(self.make().compute, [comparison] * 2))
        for again in (found[1], self.make().compute(comparison)):
            assert found[0].identical(again), "the metric changes the comparison it is given, or is not safe in threads"

    @inherited
    @given(pairs())
    def test_units_are_ones_that_pint_reads(self, given_pairs: dict[str, Pair]) -> None:
        """The attribute ``units``, where a variable has one, is read by the registry of defectkit."""
        for name, variable in self.compute(given_pairs).data_vars.items():
            units = variable.attrs.get("units", "")
            try:
                ureg.parse_units(units)
            except (pint.UndefinedUnitError, ValueError) as error:
                raise AssertionError(f"{name} has the units {units!r}: {error}") from error

    def test_it_can_stand_beside_the_other_metrics(self) -> None:
        """A variable that another installed metric computes too has the same values there."""
        comparison = comparison_of(example_pairs())
        own = self.make().compute(comparison)
        for row in hooks.table("metric").values():
            other = row.cls().compute(comparison)
            for name in set(own.data_vars) & set(other.data_vars):
                assert own[name].identical(other[name]), f"{row.name} computes another {name}"

    def test_it_names_what_it_needs(self) -> None:
        """A comparison that holds no more than ``needs`` says gives the same."""
        metric = self.make()
        everything, needed = (comparison_of(example_pairs(), parts) for parts in (ALL_PARTS, metric.needs))
        assert metric.compute(needed).identical(metric.compute(everything)), "it is another one without the rest"

    def test_computing_twice_gives_the_same(self) -> None:
        """A comparison is left as it is, and gives the same again."""
        comparison = comparison_of(example_pairs())
        first = self.make().compute(comparison)
        assert first.identical(self.make().compute(comparison)), "the second time it is another one"


def _turned(instances: Instances) -> Instances:
    return instances.take(range(len(instances))[::-1])
