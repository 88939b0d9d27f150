"""Page: everything that a reproduction made, as one page to read and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from defectkit.files import write_text
from defectkit.reports.page import render
from defectkit_jacobs2022.reproduction.writing import Written
from defectkit_jacobs2022.table_text import symbol

TITLE = "The tables and figures of Jacobs et al. (2022), made again"
LEAD = (
    "Numbers marked published are those that R. Jacobs et al., Cell Reports Physical Science 3 (2022) 100876 printed; "
    "all others were computed from what the next lines say."
)


def write_page(folder: Path, made: Sequence[Written], omitted: Mapping[str, str], provenance: Sequence[str]) -> None:
    """Write ``index.html`` and ``index.md`` into the folder of a reproduction.

    Parameters
    ----------
    folder : pathlib.Path
    made : sequence of Written
    omitted : mapping of str to str
        Why an artifact could not be made, by its name.
    provenance : sequence of str
    """
    page = render(
        "reproduction.html.jinja",
        package="defectkit_jacobs2022.reproduction",
        title=TITLE,
        lead=LEAD,
        created="",
        provenance=provenance,
        made=made,
        omitted=omitted,
        heading=heading,
        symbol=symbol,
    )
    write_text(folder / "index.html", page)
    write_text(folder / "index.md", markdown(made, omitted, provenance))


def markdown(made: Sequence[Written], omitted: Mapping[str, str], provenance: Sequence[str]) -> str:
    """Return the page as Markdown; pictures are named relative to the folder of the reproduction."""
    parts = [f"# {TITLE}", LEAD, "\n".join(f"- {line}" for line in provenance)]
    for one in made:
        parts.append(f"## {heading(one.artifact.name)}: {one.artifact.title}")
        parts += [_below(table.to_markdown(), one.artifact.title, provenance) for table in one.tables.values()]
        parts += [f"![{one.artifact.title}](artifacts/{name}.png)" for name in one.pictures]
    if omitted:
        parts.append("## Not made")
        parts.append("\n".join(f"- {heading(name)}: {reason}" for name, reason in omitted.items()))
    return "\n\n".join(parts) + "\n"


def _below(table: str, title: str, provenance: Sequence[str]) -> str:
    """Return the Markdown of a table without what stands above it: the title of its section, the lines of the page."""
    said = {f"**{title}**", *(f"- {line}" for line in provenance)}
    return "\n".join(line for line in table.splitlines() if line not in said).strip()


def heading(name: str) -> str:
    """Return the name of an artifact as people write it.

    Examples
    --------
    >>> heading("table5"), heading("figure10"), heading("hardening")
    ('Table 5', 'Figure 10', 'Hardening')
    """
    word = name.rstrip("0123456789")
    return f"{word.capitalize()} {name[len(word) :]}".strip()
