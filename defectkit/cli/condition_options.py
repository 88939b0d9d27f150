"""What ``harden`` and ``compare`` share: material and model, how contributions add up, and what is uncertain."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypedDict

import click

from defectkit.cli.analysis_options import MeasuredNumber, barrier_strength_option, material_option, pairs
from defectkit.cli.bootstrap_options import confidence_option, seed_option
from defectkit.cli.params import PluginNameParam

if TYPE_CHECKING:
    from defectkit.hardening import HardeningModel
    from defectkit.statistics import Bootstrap
    from defectkit.uncertainty import Uncertainties

SHARES = ("pixel_size", "foil_thickness", "barrier_strength", "burgers_vector", "shear_modulus", "taylor_factor")
DETECTOR = ("detector_number", "detector_size")


class ConditionChoices(TypedDict):
    """What the shared options chose, as :func:`defectkit.workflows.condition.assess` takes it."""

    material: str
    model: HardeningModel | str
    superposition: str
    barrier_strengths: dict[str, Any]
    taylor_factor: Any
    uncertainties: Uncertainties
    bootstrap: Bootstrap


class UncertaintyParam(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``SOURCE=VALUE`` to the name of an input and its standard uncertainty."""

    name = "uncertainty"
    Pair = tuple[str, Any]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return name and value, or end with a usage error."""
        key, _, text = (part.strip() for part in str(value).partition("="))
        known = (*SHARES, *DETECTOR, "size", "exponent")
        if key not in known or not text:
            self.fail(f"{value!r} is not SOURCE=VALUE with one of {', '.join(known)}", param, ctx)
        if key == "size":
            return key, text
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r}: {text!r} is no number, for instance {key}=10%", param, ctx)
        return key, number

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "SOURCE=VALUE"


taylor_factor_option = click.option(
    "--taylor-factor",
    type=MeasuredNumber(),
    help='Taylor factor, in place of the material\'s, perhaps with its standard uncertainty ("3.06 +/- 0.1").',
)

model_option = click.option(
    "--model",
    "model_name",
    type=PluginNameParam("hardening_model"),
    default="dispersed-barrier",
    show_default=True,
    help="How sizes and densities become megapascals (see `defectkit plugins`).",
)

within_type_option = click.option(
    "--within-type",
    type=click.Choice(["each-defect", "convention"]),
    default="each-defect",
    show_default=True,
    help="How defects of one type add up in the dispersed barrier model: each with its own size, so that no bins "
    "enter; or by the bins of the convention.",
)

superposition_option = click.option(
    "--superposition",
    default="quadrature",
    show_default=True,
    metavar="linear|quadrature|power:N",
    help="How obstacles of several types add up: the sum, the root of the sum of squares, or a power law.",
)

uncertainty_option = click.option(
    "--uncertainty",
    "uncertainties",
    type=UncertaintyParam(),
    multiple=True,
    help="Standard uncertainty of an input: a share (10% of barrier_strength) or 0.5nm of size. May be "
    f"given several times. Inputs are {', '.join((*SHARES, *DETECTOR))}, size and exponent.",
)

draws_option = click.option(
    "--resamples",
    type=click.IntRange(100),
    default=2000,
    show_default=True,
    metavar="N",
    help="Number of draws of the uncertain inputs that the intervals are made from.",
)


def condition_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands have; the command gets them together, as ``choices``."""

    @functools.wraps(command)
    def with_choices(
        *,
        material: str,
        barrier_strengths: tuple[tuple[str, Any], ...],
        taylor_factor: Any,
        model_name: str,
        within_type: str,
        superposition: str,
        uncertainties: tuple[tuple[str, Any], ...],
        resamples: int,
        confidence: float,
        seed: int,
        **others: Any,
    ) -> None:
        from defectkit.statistics import Bootstrap
        from defectkit.workflows.condition import within

        choices = ConditionChoices(
            material=material,
            model=within(model_name, within_type),
            superposition=superposition,
            barrier_strengths=pairs(barrier_strengths, "--barrier-strength"),
            taylor_factor=taylor_factor,
            uncertainties=declared(uncertainties),
            bootstrap=Bootstrap(n_resamples=resamples, seed=seed, confidence=confidence),
        )
        command(choices=choices, **others)

    for option in (
        material_option,
        barrier_strength_option,
        taylor_factor_option,
        model_option,
        within_type_option,
        superposition_option,
        uncertainty_option,
        draws_option,
        confidence_option,
        seed_option,
    )[::-1]:
        with_choices = option(with_choices)
    return with_choices


def declared(given: Iterable[tuple[str, Any]]) -> Uncertainties:
    """Return the uncertainties of options; one that is given twice ends with a usage error."""
    from defectkit.uncertainty import DetectorError, Uncertainties

    found = pairs(given, "--uncertainty")
    numbers, sizes = (found.pop(name, None) for name in DETECTOR)
    if numbers is None and sizes is None:
        return Uncertainties(**found)
    detector = DetectorError(number_uncertainty=numbers or 0.0, size_uncertainty=sizes or 0.0)
    return Uncertainties(detector=detector, **found)
