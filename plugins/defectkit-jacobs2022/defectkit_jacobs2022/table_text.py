"""Table text: tables as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from defectkit.errors import OutputError
from defectkit.reports.csv_tables import SUFFIXES, csv_text
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

CSV_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {**SUFFIXES, "percent": "_percent", "nanometer / pixel": "_nm_per_px", "second": "_s"}
)
SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "": "",
        "percent": "%",
        "pixel": "px",
        "nanometer": "nm",
        "nanometer / pixel": "nm/px",
        "megapascal": "MPa",
        "second": "s",
    }
)
"""Units as people write them."""

LATEX: Mapping[str, str] = MappingProxyType(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "[": "{[}",
        '"': r"\textquotedbl{}",
        "\N{EN DASH}": "--",
        "\N{PLUS-MINUS SIGN}": r"$\pm$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{GREEK SMALL LETTER ALPHA}": r"$\alpha$",
        "\N{GREEK SMALL LETTER MU}": r"$\mu$",
        "\N{SUPERSCRIPT TWO}": r"$^2$",
    }
)
"""Characters that LaTeX reads in another way than they are written."""


def symbol(unit: str) -> str:
    """Return a unit as people write it.

    Raises
    ------
    OutputError
        If it is none of :data:`SYMBOLS`.

    Examples
    --------
    >>> symbol("percent"), symbol("")
    ('%', '')
    """
    if unit not in SYMBOLS:
        raise OutputError(f"tables have no symbol for the unit {unit!r}; known are {', '.join(filter(None, SYMBOLS))}")
    return SYMBOLS[unit]


def latex_escaped(text: str) -> str:
    r"""Return text that LaTeX prints as it stands.

    Examples
    --------
    >>> print(latex_escaped("loop_100: 5 % of <all>"))
    loop\_100: 5 \% of \textless{}all\textgreater{}
    """
    return "".join(LATEX.get(character, character) for character in text)


def markdown_escaped(text: str) -> str:
    r"""Return text that Markdown shows as it stands, also within a table.

    Examples
    --------
    >>> print(markdown_escaped("<111> | *"))
    &lt;111> \| \*
    """
    escaped = text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "|*`[]" else c for c in escaped).replace("\n", " ")


def plain_name(column: TableColumn) -> str:
    """Return the name of a column in CSV without its unit."""
    return f"published_{column.name}" if column.origin is Origin.PUBLISHED else column.name


def csv_name(column: TableColumn) -> str:
    """Return the name of a column in CSV.

    Raises
    ------
    OutputError
        If its unit has no suffix.

    Examples
    --------
    >>> csv_name(TableColumn(name="mae", title="MAE", unit="megapascal", origin="published"))
    'published_mae_mpa'
    """
    if column.unit not in CSV_SUFFIXES:
        raise OutputError(f"the column {column.name!r} is in {column.unit}, for which CSV files have no suffix")
    return plain_name(column) + CSV_SUFFIXES[column.unit]


def heading(column: TableColumn) -> str:
    """Return the title of a column with its unit, and whether it is published.

    Examples
    --------
    >>> heading(TableColumn(name="mae", title="MAE", unit="megapascal", origin="published"))
    'MAE (MPa), published'
    """
    unit = symbol(column.unit)
    title = f"{column.title} ({unit})" if unit else column.title
    return f"{title}, published" if column.origin is Origin.PUBLISHED else title


def table_csv(table: Table) -> str:
    """Return a table as CSV; see :meth:`Table.to_csv`."""
    lines = [line for text in (table.title, *table.all_notes) for line in text.splitlines()]
    comments = "".join(f"# {line}\r\n" for line in lines)
    header = [csv_name(column) for column in table.columns]
    return comments + csv_text(header, (row.cells for row in table.rows))


def table_markdown(table: Table) -> str:
    """Return a table as Markdown; see :meth:`Table.to_markdown`."""
    lines = [f"**{markdown_escaped(table.title)}**", ""]
    lines += [f"- {markdown_escaped(note)}" for note in table.all_notes]
    lines += [""] if table.all_notes else []
    lines.append(_markdown_row(heading(column) for column in table.columns))
    lines.append("| " + " | ".join(":--" if _is_text(table, c) else "--:" for c in table.columns) + " |")
    lines += [_markdown_row(table.shown(row, c) for c in table.columns) for row in table.rows]
    return "\n".join(lines) + "\n"


def _markdown_row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(markdown_escaped(text) for text in texts) + " |"


def table_latex(table: Table) -> str:
    """Return a table as LaTeX; see :meth:`Table.to_latex`."""
    places = "".join("l" if _is_text(table, column) else "r" for column in table.columns)
    comments = [line for note in table.all_notes for line in note.splitlines()]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs,graphicx}",
            *(f"% {line}" for line in comments),
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_escaped(table.title)}}}",
            rf"\label{{tab:{table.name}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{places}}}",
            r"\toprule",
            _latex_row(table, None),
            r"\midrule",
            *(_latex_row(table, row) for row in table.rows),
            r"\bottomrule",
            r"\end{tabular}}",
            *(rf"\par\footnotesize {latex_escaped(note)}" for note in table.all_notes),
            r"\end{table}",
            "",
        ]
    )


def _latex_row(table: Table, row: Row | None) -> str:
    """Return a row, or the headings."""
    texts = [heading(c) if row is None else table.shown(row, c) for c in table.columns]
    return " & ".join(latex_escaped(text) for text in texts) + r" \\"


def _is_text(table: Table, column: TableColumn) -> bool:
    place = table.columns.index(column)
    return all(isinstance(row.cells[place], str | None) for row in table.rows)
