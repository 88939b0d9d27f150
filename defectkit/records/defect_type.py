"""DefectType and Taxonomy: what kinds of defect there are; open to any user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import attrs

from defectkit.errors import RecordError, UnknownDefectTypeError
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr


def _stripped(value: str) -> str:
    return value.strip()


@attrs.frozen(kw_only=True)
class DefectType:
    """One kind of defect.

    Parameters
    ----------
    name : str
        The identifier used in tables: lower case, no white space, for instance ``loop_111``.
    title : str
        What figures and reports print.
    color : str
        Hex colour ``#rrggbb`` of outlines and plots.
    parent : str, optional
        The type that this one is a sub-type of.
    aliases : tuple of str
        Other names under which labels may call it; compared without case.
    """

    name: str = attrs.field(converter=_stripped)
    title: str = attrs.field(default="")
    color: str = attrs.field(default="#2ca02c", validator=attrs.validators.matches_re(r"#[0-9a-fA-F]{6}"))
    parent: str | None = None
    aliases: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    def __attrs_post_init__(self) -> None:
        if not self.name or any(c.isspace() for c in self.name):
            raise RecordError(f"defect type {self.name!r}: a name is one word, for instance 'loop_111'")
        if not (self.name.isprintable() and self.title.isprintable()):
            raise RecordError(f"defect type {self.name!r}: it has characters that cannot be printed; rename it")
        if self.name in ("all", "overall", "background"):
            raise RecordError(f"defect type {self.name!r}: this name is kept for tables; choose another")
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " "))


@attrs.frozen(kw_only=True)
class Taxonomy:
    """An ordered set of defect types, with sub-types below their parents.

    Parameters
    ----------
    types : tuple of DefectType
        With distinct names; every parent among them.

    Examples
    --------
    >>> taxonomy = Taxonomy.standard()
    >>> taxonomy.canonical("loop_100_open", ("bdot", "loop_111", "loop_100"))
    'loop_100'
    >>> taxonomy.resolve(" Black Dot ").name
    'bdot'
    """

    types: tuple[DefectType, ...]
    _by_name: Mapping[str, DefectType] = attrs.field(init=False, repr=False, eq=False)
    _by_any_name: Mapping[str, DefectType] = attrs.field(init=False, repr=False, eq=False)

    __repr__ = short_repr

    @_by_name.default
    def _named(self) -> Mapping[str, DefectType]:
        return {t.name: t for t in self.types}

    @_by_any_name.default
    def _called(self) -> Mapping[str, DefectType]:
        called = ((fold_name(name), t) for t in self.types for name in (t.name, t.title, *t.aliases))
        by_any_name: dict[str, DefectType] = {}
        for name, t in called:
            by_any_name.setdefault(name, t)
        return by_any_name

    def __attrs_post_init__(self) -> None:
        if len(self._by_name) < len(self.types):
            doubled = sorted(name for name, n in Counter(t.name for t in self.types).items() if n > 1)
            raise RecordError(f"taxonomy: the types {', '.join(doubled)} are given twice")
        for t in self.types:
            seen = {t.name}
            parent = t.parent
            while parent is not None:
                if parent in seen:
                    raise RecordError(f"taxonomy: {t.name!r} is its own ancestor")
                if parent not in self._by_name:
                    raise RecordError(f"taxonomy: {t.name!r} has the parent {parent!r}, which is not in it")
                seen.add(parent)
                parent = self._by_name[parent].parent

    @classmethod
    @cache
    def standard(cls) -> Taxonomy:
        """Return the built-in types of ``registry/defect_types.toml``, read once."""
        from defectkit.files.decoding import read_toml
        from defectkit.resources import registry_path

        rows = read_toml(registry_path() / "defect_types.toml")["defect_type"]
        return cls(types=tuple(DefectType(**(row | {"aliases": tuple(row.get("aliases", ()))})) for row in rows))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the types, in order."""
        return tuple(t.name for t in self.types)

    def __len__(self) -> int:
        return len(self.types)

    def __iter__(self) -> Iterator[DefectType]:
        return iter(self.types)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> DefectType:
        if name in self._by_name:
            return self._by_name[name]
        raise UnknownDefectTypeError.of("defect type", name, self.names)

    def find(self, name: str) -> DefectType | None:
        """Return the type that ``name`` is the name, title or alias of, without regard to case, or None."""
        return self._by_any_name.get(fold_name(name))

    def resolve(self, name: str) -> DefectType:
        """Return the type that ``name`` is the name, title or alias of.

        Raises
        ------
        UnknownDefectTypeError
            If there is none.
        """
        found = self.find(name)
        if found is None:
            raise UnknownDefectTypeError.of("defect type", name.strip(), self.names)
        return found

    def with_types(self, names: Iterable[str]) -> Taxonomy:
        """Return a taxonomy that also holds ``names``: those it does not resolve are added as new types."""
        new = [name for name in dict.fromkeys(as_names(names)) if self.find(name) is None and name not in self]
        return Taxonomy(types=(*self.types, *(DefectType(name=name) for name in new)))

    def ancestry(self, name: str) -> tuple[str, ...]:
        """Return ``name`` and the types above it, nearest first."""
        chain = [self[name].name]
        while (parent := self[chain[-1]].parent) is not None:
            chain.append(parent)
        return tuple(chain)

    def canonical(self, name: str, among: Iterable[str]) -> str | None:
        """Return the nearest type at or above ``name`` that is ``among`` the given ones, or None."""
        wanted = set(as_names(among))
        return next((n for n in self.ancestry(name) if n in wanted), None)

    def root(self, name: str) -> str:
        """Return the topmost type above ``name``."""
        return self.ancestry(name)[-1]


def fold_name(name: str) -> str:
    """Return what two names have in common that call the same type: letters and digits without case, if there are any.

    Examples
    --------
    >>> fold_name("Loop <111>"), fold_name("+")
    ('loop111', '+')
    """
    return "".join(c for c in name.casefold() if c.isalnum()) or name.casefold()
