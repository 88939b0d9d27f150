"""What ``analyze`` and ``measure`` share: options on hardening and calibration, and the table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np

from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.options import (
    convention_option,
    crop_option,
    exclude_mask_option,
    frame_option,
    include_overprints_option,
    measured_foil_option,
    output_option,
    overwrite_option,
    pixel_size_option,
)
from defectkit.cli.params import PluginNameParam
from defectkit.cli.worker_options import worker_options
from defectkit.errors import DecodingError
from defectkit.files.decoding import parse_json

if TYPE_CHECKING:
    from defectkit.units import Quantity
    from defectkit.workflows import Analysis, FieldRule

NOT_KNOWN = "-"
"""In the cell of a table whose number is not known."""

F = TypeVar("F", bound=Callable[..., Any])


class Assignment(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``KEY=VALUE`` to a pair; the value is read as JSON where it is such, else as text."""

    name = "assignment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return key and value, or end with a usage error."""
        key, equals, text = str(value).partition("=")
        if not equals or not key.strip():
            self.fail(f"{value!r} is not KEY=VALUE", param, ctx)
        try:
            return key.strip(), parse_json(text, where=key.strip())
        except DecodingError:
            return key.strip(), text

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "KEY=VALUE"


class MeasuredNumber(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``VALUE`` or ``VALUE +/- UNCERTAINTY``, a positive number without a unit; it is checked and stays text."""

    name = "measured number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text, or end with a usage error."""
        from defectkit.errors import UnitError
        from defectkit.units import as_measured_number

        try:
            number, error = as_measured_number(value, what="VALUE")
        except UnitError as fault:
            self.fail(str(fault).removeprefix("VALUE: "), param, ctx)
        return number if error is None else value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "VALUE"


class Strength(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``TYPE=VALUE`` to a defect type and a positive number, or its text where it has an uncertainty."""

    name = "barrier strength"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return type and number, or end with a usage error."""
        key, equals, text = str(value).partition("=")
        if not key.strip() or not equals:
            self.fail(f"{value!r} is not TYPE=VALUE; for instance loop_111=0.11", param, ctx)
        return key.strip(), MeasuredNumber().convert(text, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "TYPE=VALUE"


class TypeNames(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``TYPE=TYPE,TYPE=TYPE`` to a dict from types to types."""

    name = "type names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Return the table, or end with a usage error."""
        if isinstance(value, dict):
            return value
        found: dict[str, str] = {}
        for part in filter(None, str(value).split(",")):
            key, _, name = (text.strip() for text in part.partition("="))
            if not key or not name or key in found:
                self.fail(f"{value!r} is not TYPE=TYPE,... with each type once; for instance defect=loop", param, ctx)
            found[key] = name
        return found


confirm_option = click.option(
    "--confirm-pixel-size",
    is_flag=True,
    help="Use the given sizes also where the image file says something else by more than 1 %, or where no "
    "micrograph has such pixels or foils; otherwise that is an error.",
)

material_option = click.option(
    "--material",
    default="fecral",
    show_default=True,
    metavar="NAME_OR_FILE",
    help="Material of the registry, or a .toml file of your own, whose constants turn defects into hardening.",
)

hardening_model_option = click.option(
    "--hardening-model",
    type=PluginNameParam("hardening_model"),
    default="dispersed-barrier",
    show_default=True,
    help="How sizes and densities become megapascals (see `defectkit plugins`).",
)

barrier_strength_option = click.option(
    "--barrier-strength",
    "barrier_strengths",
    type=Strength(),
    multiple=True,
    help="Barrier strength of a defect type, in place of the material's, perhaps with its standard uncertainty "
    '("loop=0.4 +/- 0.1"); may be given several times.',
)


def analysis_options(command: F) -> F:
    """Add the options that both commands have."""
    for option in (
        pixel_size_option,
        confirm_option,
        measured_foil_option,
        frame_option,
        crop_option,
        exclude_mask_option,
        include_overprints_option,
        convention_option,
        material_option,
        hardening_model_option,
        barrier_strength_option,
        overwrite_option,
        output_option,
    )[::-1]:
        command = option(command)
    added: F = worker_options(command)  # type: ignore[assignment]  # it takes the options of the command
    return added


def field_of(*, crop: tuple[int, int, int, int] | None, exclude_mask: Path | None, include: bool) -> FieldRule:
    """Return which part of each image is counted, as the options say."""
    from defectkit.workflows import FieldRule, Overprints

    overprints = Overprints.COUNT if include else Overprints.LEAVE_OUT
    return FieldRule(overprints=overprints, crop=crop, exclude_mask=exclude_mask)


def one_thickness(text: str | None) -> Quantity | None:
    """Return the thickness that a text states for all images; None where a file states that of each."""
    from defectkit.records.foil_thickness import FoilThickness
    from defectkit.units import LENGTH, ureg

    if text is None or text.lower().endswith(".csv"):
        return None
    thickness: Quantity = ureg.Quantity(FoilThickness.of(text).nm, LENGTH)
    return thickness


def thickness_files(text: str | None) -> list[str | Path]:
    """Return the file that a thickness names, or nothing."""
    return [Path(text)] if text is not None and text.lower().endswith(".csv") else []


def pairs(given: Iterable[tuple[str, Any]], option: str) -> dict[str, Any]:
    """Return assignments as a dict; a key that is given twice ends with a usage error."""
    found: dict[str, Any] = {}
    for key, value in given:
        if key in found:
            raise click.UsageError(f"{option} {key} is given twice")
        found[key] = value
    return found


def show(analysis: Analysis, output: Path) -> None:
    """Print what to be careful about, the table by type, hardening, and where the report lies."""
    from defectkit.measurement import pool
    from defectkit.reports.numbers import MISSING, mean_and_sd

    for caution in analysis.cautions:
        print_warning(caution)
    pooled = pool(analysis.defects, analysis.summary)
    rows = []
    for name in pooled["defect_type"].values:
        here = pooled.sel(defect_type=name)
        count, areal, volumic = int(here["count"]), float(here["areal_density"]), float(here["number_density"])
        rows.append(
            (
                str(name),
                count if count or areal == areal else NOT_KNOWN,
                f"{areal:.3e}" if areal == areal else NOT_KNOWN,
                f"{volumic:.3e}" if volumic == volumic else NOT_KNOWN,
                mean_and_sd(float(here["size_mean"]), float(here["size_sd"])).replace(MISSING, NOT_KNOWN),
            )
        )
    print_table(
        _title(analysis, pooled.attrs["n_left_out"]), ("type", "defects", "per nm^2", "per m^3", "size / nm"), rows
    )
    say(_hardening(analysis))
    say(f"Report: {output / 'report.html'}")
    note("Tables, overlays and results.zarr lie beside it.")


def _title(analysis: Analysis, n_left_out: int) -> str:
    n = len(analysis.images)
    parts = [f"{n} image{'' if n == 1 else 's'}"]
    partly = () if analysis.labels is None else analysis.labels.not_fully_read
    if partly:
        fate = "left out" if n_left_out else "in the numbers below"
        parts.append(f"{len(partly)} of them not fully read ({fate})")
    return ", ".join([*parts, f"convention {analysis.settings['convention']['name']}"])


def _hardening(analysis: Analysis) -> str:
    """Return the mean hardening over images, if it is known of all that are in; a mean over some would be of those."""
    totals = analysis.hardening["total_quadrature"].values
    summary = analysis.summary
    taken = ~summary["left_out"].values if "left_out" in summary else np.ones(len(totals), dtype=bool)
    unknown = taken & np.isnan(totals)
    n = int(taken.sum())
    if not n:
        return "Hardening: not known, no image is fully read"
    if unknown.any():
        reason = str(analysis.hardening["total_note"].values[unknown][0])
        return f"Hardening: not known for {int(unknown.sum())} of {n} images: {reason}"
    return f"Hardening (quadrature): {totals[taken].mean():.1f} MPa on average over {n} image{'' if n == 1 else 's'}"
