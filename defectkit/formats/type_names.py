"""TypeNames: from what a label file calls its categories to the types of a taxonomy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

from defectkit.errors import LabelReadError, RecordError
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.records import DefectType, Taxonomy
from defectkit.records.defect_type import fold_name
from defectkit.records.names import as_names

EVERY_OTHER = "*"
"""The key of a category table that stands for every category that is not named."""

UNTYPED = "defect"
"""The type of a region that has no category, where the category table does not say otherwise."""


def as_category_table(value: Mapping[object, str] | str | None) -> dict[str, str]:
    """Return a category table with text for keys.

    Parameters
    ----------
    value : mapping, str or None
        From a category's name or number to the name of a defect type, or text like ``"2=bdot,1=loop_111,*=loop_100"``.

    Raises
    ------
    LabelReadError
        If an entry is not of that form or a category is named twice.

    Examples
    --------
    >>> as_category_table("2=bdot, 1=loop_111, *=loop_100")
    {'2': 'bdot', '1': 'loop_111', '*': 'loop_100'}
    """
    if value is None:
        return {}
    if isinstance(value, str):
        pairs = [entry.partition("=") for entry in value.split(",") if entry.strip()]
        if not all(sep and name.strip() and kind.strip() for name, sep, kind in pairs):
            raise LabelReadError(
                f"types {value!r}: write CATEGORY=TYPE, separated by commas: '2=bdot,1=loop_111,*=loop_100'"
            )
        entries = [(name.strip(), kind.strip()) for name, _, kind in pairs]
    else:
        entries = [(str(name).strip(), str(kind).strip()) for name, kind in value.items()]
    table = dict(entries)
    if len(table) < len(entries):
        raise LabelReadError(f"types {value!r}: a category is named twice")
    return table


@attrs.define
class TypeNames:
    r"""Finds the defect type of each category while one label file is read.

    A category is looked up in the file's own category table (``table``: by any of its names, then under ``"*"``), then
    in the taxonomy by name, title or alias. A name that nobody knows becomes a new type and is reported.

    Parameters
    ----------
    table : mapping of str to str
        See :func:`as_category_table`.
    taxonomy : Taxonomy
        What is known; :attr:`taxonomy` is that with the new types.
    report : ReportBuilder
        Where new types and stray white space are reported.

    Examples
    --------
    >>> report = ReportBuilder("a.json")
    >>> types = TypeNames(table={}, taxonomy=Taxonomy.standard(), report=report)
    >>> types.of("Black Dot"), types.of("Hairy Loop\n", region="region 3")
    ('bdot', 'hairy_loop')
    >>> print(report.report().summary())
    1 mended (1 white space in a type name); 1 noted (1 new type)
    """

    table: Mapping[str, str]
    _given: Taxonomy = attrs.field(alias="taxonomy")
    report: ReportBuilder
    _new: dict[str, DefectType] = attrs.field(factory=dict, init=False)
    _new_by_any_name: dict[str, DefectType] = attrs.field(factory=dict, init=False)
    _found: dict[tuple[str, ...], str] = attrs.field(factory=dict, init=False)

    @property
    def taxonomy(self) -> Taxonomy:
        """The types that were given and, after them, the new ones."""
        return Taxonomy(types=(*self._given.types, *self._new.values())) if self._new else self._given

    def of(self, *names: str, image: str = "", region: str = "", file: str = "") -> str:
        """Return the type of a category.

        Parameters
        ----------
        *names : str
            What the file calls it, the name that counts most first; empty ones count for nothing.
        image, region, file : str
            Where, for the report.

        Returns
        -------
        str
            The name of a type of :attr:`taxonomy`.

        Raises
        ------
        LabelReadError
            If a name cannot be made the name of a type.
        """
        where = {"image": image, "region": region, "file": file}
        for name in names:
            if name != name.strip():
                what = f"the type is written {name!r}: read as {name.strip()!r}"
                self.report.add(RepairKind.MENDED, Problem.WHITE_SPACE, what, **where)
        stripped = tuple(name.strip() for name in names if name.strip())
        if not stripped and EVERY_OTHER not in self.table:
            self.report.add(RepairKind.NOTED, Problem.NO_TYPE, f"no type is named: read as {UNTYPED!r}", **where)
        if stripped not in self._found:
            self._found[stripped] = self._look_up(stripped)
        return self._found[stripped]

    def knows(self, *names: str) -> bool:
        """Return whether the table or the taxonomy has a type for a category, so that none would be made."""
        stripped = [name.strip() for name in names if name.strip()]
        return any(n in self.table or self._find(n) is not None for n in stripped)

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return type names in the order of the taxonomy, each once."""
        used = set(as_names(names))
        return tuple(name for name in self.taxonomy.names if name in used)

    def _look_up(self, names: tuple[str, ...]) -> str:
        for key in (*names, EVERY_OTHER):
            if key in self.table:
                return self._known_or_new(self.table[key])
        for name in names:
            known = self._find(name)
            if known is not None:
                return known.name
        return self._known_or_new(names[0] if names else UNTYPED)

    def _find(self, name: str) -> DefectType | None:
        return self._given.find(name) or self._new_by_any_name.get(fold_name(name))

    def _known_or_new(self, name: str) -> str:
        known = self._find(name)
        if known is not None:
            return known.name
        identifier = re.sub(r"\s+", "_", name.strip().casefold())
        try:
            new = DefectType(name=identifier, title=re.sub(r"[^\S ]+", " ", name.strip()))
            if identifier in self._given or identifier in self._new:
                raise RecordError(f"another type has the name {identifier!r}")
        except RecordError as error:
            raise LabelReadError(
                f"{self.report.file}: the category {name!r} cannot be the name of a type ({error}). "
                f"Name its type by the format option types={name}=loop"
            ) from error
        self._new[identifier] = new
        self._new_by_any_name |= {fold_name(new.name): new, fold_name(new.title): new}
        what = f"no type is known as {name.strip()!r}: it is the new type {identifier!r}"
        self.report.add(RepairKind.NOTED, Problem.NEW_TYPE, what)
        return identifier
