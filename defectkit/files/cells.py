"""Cells: text from outside in CSV files, which spreadsheets take for formulas where it begins like one."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def quoted_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet computes: one that begins like a formula gets an apostrophe.

    So does one that begins with an apostrophe before such a text, so that :func:`unquoted_cell` is the way back.
    Numbers are no text: those of results are written as they are.

    Examples
    --------
    >>> quoted_cell("=1+1"), quoted_cell("-3 C"), quoted_cell("a=b"), quoted_cell("'=1"), quoted_cell("'60s")
    ("'=1+1", "'-3 C", 'a=b', "''=1", "'60s")
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unquoted_cell(cell: str) -> str:
    """Return the text of a cell that :func:`quoted_cell` wrote; any other stays as it is.

    Examples
    --------
    >>> unquoted_cell("'=1+1"), unquoted_cell("''=1"), unquoted_cell("'60s")
    ('=1+1', "'=1", "'60s")
    """
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
