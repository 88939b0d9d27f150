"""``defectkit audit``: what does not close in the published numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table

EXAMPLE = """
defectkit audit jacobs2022 -o audit.md
"""
PAPERS = ("jacobs2022",)
SUFFIXES = (".csv", ".md")


@click.command(cls=Command, example=EXAMPLE)
@click.argument("paper", type=click.Choice(PAPERS))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the findings to this file instead, as CSV (.csv) or Markdown (.md).",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
def audit(paper: str, output: Path | None, overwrite: bool) -> None:
    """Recompute the numbers that PAPER printed, and list what does not close.

    Each finding says where a number stands, what it is by the other numbers of the paper, and what follows from it.
    No image and no detector is needed.
    """
    from defectkit.errors import OutputError
    from defectkit.files import tidy, write_text
    from defectkit_jacobs2022.audit import audit_published
    from defectkit_jacobs2022.audit_table import COLUMNS, audit_table

    if output is not None and output.suffix not in SUFFIXES:
        raise OutputError(f"{output} is neither CSV nor Markdown; give a name that ends in {' or '.join(SUFFIXES)}")
    if output is not None:
        tidy(output)
        if output.exists() and not overwrite:
            raise OutputError(f"{output} is there already; give another name, or --overwrite to replace this file")
    findings = audit_published()
    table = audit_table(findings)
    kinds = Counter(finding.kind for finding in findings)
    note(f"{paper}: {len(findings)} findings: {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}")
    if output is None:
        print_table(table.title, COLUMNS, [row.cells for row in table.rows])
        return
    write_text(output, table.to_csv() if output.suffix == ".csv" else table.to_markdown())
    note(f"written: {output}")
