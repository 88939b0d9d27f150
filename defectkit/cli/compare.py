"""``defectkit compare``: how two conditions differ, with the interval of every difference."""

from __future__ import annotations

from pathlib import Path

import click

from defectkit.cli.analysis_options import barrier_strength_option, material_option, pairs
from defectkit.cli.command import Command
from defectkit.cli.condition_options import UncertaintyParam, condition_options, declared
from defectkit.cli.console import note, print_table, print_warning
from defectkit.cli.options import output_option, overwrite_option

EXAMPLE = "defectkit compare as-received/ irradiated/ --material fecral -o compared"


@click.command(cls=Command, example=EXAMPLE)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@material_option
@barrier_strength_option
@condition_options
@overwrite_option
@output_option
def compare(
    first: Path,
    second: Path,
    material: str,
    barrier_strengths: tuple[tuple[str, float], ...],
    model_name: str,
    within_type: str,
    superposition: str,
    uncertainties: tuple[UncertaintyParam.Pair, ...],
    resamples: int,
    confidence: float,
    seed: int,
    overwrite: bool,
    output: Path,
) -> None:
    """Compare two conditions, with the interval of each difference.

    FIRST and SECOND are folders of finished analyses. Writes comparison.csv, sizes.csv (the distributions of sizes),
    comparison.svg, comparison.png and comparison.zarr.
    """
    from defectkit.files import output_folder
    from defectkit.reports.comparison import write_comparison
    from defectkit.statistics import Bootstrap
    from defectkit.workflows.comparison import compare as run
    from defectkit.workflows.condition import condition_of, read_analysis, within

    analyses = [read_analysis(path) for path in (first, second)]
    with output_folder(output, command="compare", inputs=[first, second, material], overwrite=overwrite) as partial:
        result = run(
            *analyses,
            material=material,
            model=within(model_name, within_type),
            superposition=superposition,
            barrier_strengths=pairs(barrier_strengths, "--barrier-strength"),
            uncertainties=declared(uncertainties),
            bootstrap=Bootstrap(n_resamples=resamples, seed=seed, confidence=confidence),
        )
        one, two = (condition_of(analysis) for analysis in analyses)
        names = [str(name) for name in result["defect_type"].values[:-1]]
        write_comparison(result, {n: (one.sizes_of(n), two.sizes_of(n)) for n in names}, partial)
    for caution in result.attrs["cautions"]:
        print_warning(caution)
    of_all = result.isel(defect_type=-1)
    measures = ("areal_density", "number_density", "size_mean", "line_length_density", "swelling", "hardening")
    ends = ("_first", "_second", "_difference", "_difference_low", "_difference_high")
    rows = [(name, *(_number(float(of_all[f"{name}{end}"])) for end in ends)) for name in measures]
    title = f"All types, {100 * confidence:g} % intervals of the difference"
    print_table(title, ("measure", "first", "second", "difference", "low", "high"), rows)
    note(f"Tables, plots and comparison.zarr lie in {output}.")


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"
