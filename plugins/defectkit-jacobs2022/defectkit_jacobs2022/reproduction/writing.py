"""Writing: an artifact as files, tables as CSV, LaTeX and Markdown, figures as PNG, SVG and PDF with their caption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.files import replaced_file, write_text
from defectkit_jacobs2022.artifact import AnyArtifact, NamedFigures, NamedTables
from defectkit_jacobs2022.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 300
METADATA: Mapping[str, Mapping[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
"""By the end of the file: what would change from one day or version to the next."""

FOLDER = "artifacts"
"""The folder of a reproduction that artifacts are written into."""


@attrs.frozen(kw_only=True)
class Written:
    """An artifact and its files.

    Parameters
    ----------
    artifact : Artifact
    tables : mapping of str to Table
        By the name of the files without their end; empty for a figure.
    pictures : tuple of str
        Names of the files of a figure, without their end.
    folder : pathlib.Path
    """

    artifact: AnyArtifact
    tables: dict[str, Table] = attrs.field(hash=False)
    pictures: tuple[str, ...]
    folder: Path


def write_artifact(artifact: AnyArtifact, made: NamedTables | NamedFigures, folder: Path) -> Written:
    """Write what an artifact made into a folder.

    Parameters
    ----------
    artifact : Artifact
    made : mapping of str to Table or matplotlib.figure.Figure
    folder : pathlib.Path
        Files of the same names are replaced.
    """
    tables: dict[str, Table] = {}
    pictures: list[str] = []
    for part, thing in made.items():
        name = f"{artifact.name}-{part}" if part else artifact.name
        if isinstance(thing, Table):
            write_text(folder / f"{name}.csv", thing.to_csv())
            write_text(folder / f"{name}.tex", thing.to_latex())
            write_text(folder / f"{name}.md", thing.to_markdown())
            tables[name] = thing
        else:
            save_figure(thing, folder / name)
            write_text(folder / f"{name}.txt", caption(artifact, thing))
            pictures.append(name)
    return Written(artifact=artifact, tables=tables, pictures=tuple(pictures), folder=folder)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as ``path.png``, ``path.svg`` and ``path.pdf``; the same figure gives the same bytes.

    Text stays text, so that it can be searched, copied and set in another typeface.
    """
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": path.name, "svg.fonttype": "none", "pdf.fonttype": 42}):
        for end, metadata in METADATA.items():
            with replaced_file(path.with_name(path.name + end)) as made:
                figure.savefig(made, dpi=DOTS_PER_INCH, metadata=dict(metadata))


def caption(artifact: AnyArtifact, figure: Figure) -> str:
    """Return the caption of a figure: its title, what stands above each panel, and what made it.

    Parameters
    ----------
    artifact : Artifact
    figure : matplotlib.figure.Figure
    """
    from defectkit_jacobs2022.figures.canvas import lettered_panels

    word = artifact.name.rstrip("0123456789")
    number = artifact.name[len(word) :]
    lines = [f"{word.capitalize()} {number}. {artifact.title}." if number else f"{artifact.title}."]
    for letter, axes in lettered_panels(figure).items():
        title = "; ".join((axes.get_title(loc="left") or axes.get_title()).split("\n"))
        lines.append(f"{letter}: {title}" if letter else title)
    provenance = re.sub(r"\n +", " ", figure.get_supxlabel())
    return "\n".join(line for line in (*lines, provenance) if line.strip()) + "\n"
