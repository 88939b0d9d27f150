"""``defectkit reproduce``: the tables and figures of the paper."""

from __future__ import annotations

import math
from pathlib import Path

import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning
from defectkit_jacobs2022.level import LEVELS

EXAMPLE = """
defectkit reproduce table5 figure2 -o reproduction
"""


LEVELS_IN_WORDS = "; ".join(
    f"{f'from {level.minutes:g} on' if math.isfinite(level.minutes) else 'with 0'} {level.n_trainings} trainings of "
    f"{level.n_trees} trees and a survey of {level.n_survey}"
    for level in LEVELS
)


@click.command(cls=Command, example=EXAMPLE)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "is_list", is_flag=True, help="Print all names, and what each needs.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reproduction"),
    show_default=True,
    metavar="FOLDER",
    help="Folder for tables, figures and finished trainings; an existing one is resumed.",
)
@click.option(
    "--dataset",
    default="synthetic-fecral",
    show_default=True,
    metavar="NAME",
    help="fecral (that of the paper), synthetic-fecral or ti-loops.",
)
@click.option(
    "--detector",
    default="loopnet",
    show_default=True,
    metavar="NAME",
    help="See `defectkit plugins`. One that does not learn is used as it is for what one model shows.",
)
@click.option(
    "--learner",
    default="pixel-forest",
    show_default=True,
    metavar="NAME",
    help="The detector that is trained in the studies of splits, labels and training, where the other does not learn.",
)
@click.option(
    "--budget",
    type=float,
    default=30.0,
    show_default=True,
    metavar="MINUTES",
    help="About how many minutes all of it may take on two cores; 0 for the settings of the paper, or the detector's "
    f"own. With pixel-forest {LEVELS_IN_WORDS}. A network gets as many iterations as fit.",
)
@click.option(
    "--sides",
    type=(str, click.Path(dir_okay=False), click.Path(dir_okay=False)),
    multiple=True,
    metavar="SPLIT TRAIN TEST",
    help="A split of Table 2, for instance dataset1/initial, and the annotation files of its sides, training first; "
    "may be given again. Counts must be those of the table.",
)
@click.option("--convention", default="jacobs2022", show_default=True, metavar="NAME", help="jacobs2022 or defectkit.")
def reproduce(
    names: tuple[str, ...],
    is_list: bool,
    output: Path,
    dataset: str,
    detector: str,
    learner: str,
    budget: float,
    sides: tuple[tuple[str, str, str], ...],
    convention: str,
) -> None:
    """Make tables and figures of the paper from studies that run now.

    NAME is table1 ... table10, figure1 ... figure15, claims, or all. Studies are run cell by cell, and what is finished
    is kept: a run that was killed is resumed. Published numbers stand beside ours, marked as published.
    """
    from defectkit.conventions import convention as find_convention
    from defectkit.errors import StudyError
    from defectkit.studies import catalogue_data
    from defectkit_jacobs2022.reproduction import ARTIFACTS, effort_for, plan_for, reproduce as make
    from defectkit_jacobs2022.reproduction.sides import with_published_sides

    if is_list:
        print_table(
            "tables and figures",
            ("name", "shows", "studies"),
            [(a.name, a.title, ", ".join(a.studies) or "none") for a in ARTIFACTS.values()],
        )
        return
    if not names:
        raise StudyError("name at least one table or figure, or all; --list prints them")
    plan = plan_for(dataset)
    data = None
    if sides:
        data = with_published_sides(catalogue_data(dataset, plan.roles, available=plan.is_partial), sides)
    made = make(
        names,
        output,
        plan=plan,
        data=data,
        effort=effort_for(detector, budget or None, plan=plan, learner=learner),
        convention=find_convention(convention).name,
        report=lambda study, progress: note(f"{study}: {progress}"),
    )
    for line in made.provenance:
        note(line)
    for name, reason in made.omitted.items():
        print_warning(f"{name} was not made: {reason}")
    click.echo(f"{len(made.written)} of {len(made.written) + len(made.omitted)}: {made.folder / 'index.html'}")
