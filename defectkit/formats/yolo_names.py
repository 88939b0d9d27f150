"""Class names that lie beside YOLO labels, in ``data.yaml`` or ``classes.txt``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from defectkit.errors import LabelReadError

_ITEM = re.compile(r"\s+-\s+(.*)|-\s+(.*)")
_PAIR = re.compile(r"\s+(\d+)\s*:\s+(.*)")


def find_class_names(folder: Path) -> tuple[dict[int, str], Path | None]:
    """Return the names of classes by number, and the file that they stand in; none where there is no such file.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of label files. ``data.yaml`` or ``classes.txt`` is looked for there, in the folder above and in the
        one above that, as data sets are laid out (``data.yaml`` beside ``labels/train/``).

    Raises
    ------
    LabelReadError
        If such a file cannot be understood.
    """
    for place in [folder, *folder.resolve().parents[:2]]:
        for name, parse in (("data.yaml", parse_yaml_names), ("classes.txt", parse_listed_names)):
            file = place / name
            if file.is_file():
                try:
                    return parse(file.read_text(encoding="utf-8-sig")), file
                except ValueError as error:
                    raise LabelReadError(f"{file}: {error}") from error
    return {}, None


def parse_listed_names(text: str) -> dict[int, str]:
    r"""Return the names of a ``classes.txt``: one line per class.

    Examples
    --------
    >>> parse_listed_names("bdot\nloop_111\n")
    {0: 'bdot', 1: 'loop_111'}
    """
    return {number: line.strip() for number, line in enumerate(text.rstrip().splitlines())}


def parse_yaml_names(text: str) -> dict[int, str]:
    r"""Return the entry ``names`` of a ``data.yaml``: a list or a mapping of numbers, in a block or in brackets.

    Raises
    ------
    ValueError
        If the entry is missing or of another form.

    Examples
    --------
    >>> parse_yaml_names("nc: 2\nnames: ['black dot', loop]\n")
    {0: 'black dot', 1: 'loop'}
    >>> parse_yaml_names("names:\n  0: bdot\n  2: loop  # a comment\n")
    {0: 'bdot', 2: 'loop'}
    """
    lines = [_without_comment(line) for line in text.splitlines()]
    at = next((n for n, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    if at is None:
        raise ValueError("it has no entry 'names'")
    rest = lines[at].partition(":")[2].strip()
    if rest:
        following = lines[at + 1 :]
        while rest.count("[") > rest.count("]") or rest.count("{") > rest.count("}"):
            if not following:
                raise ValueError("a bracket of 'names' is never closed")
            rest += " " + following.pop(0).strip()
        return _inline(rest)
    return _block(lines[at + 1 :])


def _inline(text: str) -> dict[int, str]:
    inner = text[1:-1].strip()
    if text[:1] + text[-1:] not in ("[]", "{}"):
        raise ValueError(f"'names' is {text!r}; a list or a mapping of numbers to names is needed")
    entries = [entry.strip() for entry in re.findall(r"(?:'(?:[^']|'')*'|\"[^\"]*\"|[^,'\"])+", inner) if entry.strip()]
    if text[0] == "[":
        return {number: _unquoted(entry) for number, entry in enumerate(entries)}
    pairs = [entry.partition(":") for entry in entries]
    if not all(number.strip().isdecimal() for number, _, _ in pairs):
        raise ValueError("the keys of 'names' are not all numbers")
    return {int(number): _unquoted(name) for number, _, name in pairs}


def _block(lines: list[str]) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in lines:
        if not line.strip():
            continue
        if item := _ITEM.fullmatch(line):
            names[len(names)] = _unquoted(item[1] if item[1] is not None else item[2])
        elif pair := _PAIR.fullmatch(line):
            names[int(pair[1])] = _unquoted(pair[2])
        else:
            break
    if not names:
        raise ValueError("'names' is empty; a list or a mapping of numbers to names is needed")
    return names


def _unquoted(text: str) -> str:
    text = text.strip()
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        return str(ast.literal_eval(text))
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text


def _without_comment(line: str) -> str:
    return re.split(r"(?:^|\s)#", line, maxsplit=1)[0].rstrip()
