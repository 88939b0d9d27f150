"""Writing: an artifact as files, tables as CSV, LaTeX and Markdown, figures as PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.files import replaced_file, write_text
from defectkit_jacobs2022.artifact import AnyArtifact, NamedFigures, NamedTables
from defectkit_jacobs2022.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 110
FIGURE_ENDS = (".png", ".svg")
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
            pictures.append(name)
    return Written(artifact=artifact, tables=tables, pictures=tuple(pictures), folder=folder)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as ``path.png`` and ``path.svg``; the same figure gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": path.name}):
        for end in FIGURE_ENDS:
            metadata = {"Date": None} if end == ".svg" else {"Software": None}
            with replaced_file(path.with_name(path.name + end)) as made:
                figure.savefig(made, dpi=DOTS_PER_INCH, metadata=metadata)
