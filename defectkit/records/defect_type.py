"""DefectType and Taxonomy: what kinds of defect there are; open to any user's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import attrs

from defectkit.errors import RecordError, UnknownDefectTypeError


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
    aliases: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not self.name or any(c.isspace() for c in self.name):
            raise RecordError(f"defect type {self.name!r}: a name is one word, for instance 'loop_111'")
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

    def __attrs_post_init__(self) -> None:
        names = [t.name for t in self.types]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise RecordError(f"taxonomy: the types {', '.join(doubled)} are given twice")
        for t in self.types:
            seen = {t.name}
            parent = t.parent
            while parent is not None:
                if parent in seen:
                    raise RecordError(f"taxonomy: {t.name!r} is its own ancestor")
                if parent not in names:
                    raise RecordError(f"taxonomy: {t.name!r} has the parent {parent!r}, which is not in it")
                seen.add(parent)
                parent = self.types[names.index(parent)].parent

    @classmethod
    @cache
    def standard(cls) -> Taxonomy:
        """Return the built-in types of ``registry/defect_types.toml``, read once."""
        import tomllib

        from defectkit.resources import registry_path

        with (registry_path() / "defect_types.toml").open("rb") as file:
            rows = tomllib.load(file)["defect_type"]
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
        return name in self.names

    def __getitem__(self, name: str) -> DefectType:
        for t in self.types:
            if t.name == name:
                return t
        raise UnknownDefectTypeError.of("defect type", name, self.names)

    def find(self, name: str) -> DefectType | None:
        """Return the type that ``name`` is the name, title or alias of, without regard to case, or None."""
        wanted = _folded(name)
        for t in self.types:
            if wanted in {_folded(t.name), _folded(t.title), *map(_folded, t.aliases)}:
                return t
        return None

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
        types = list(self.types)
        for name in names:
            if self.find(name) is None and name not in {t.name for t in types}:
                types.append(DefectType(name=name))
        return Taxonomy(types=tuple(types))

    def ancestry(self, name: str) -> tuple[str, ...]:
        """Return ``name`` and the types above it, nearest first."""
        chain = [self[name].name]
        while (parent := self[chain[-1]].parent) is not None:
            chain.append(parent)
        return tuple(chain)

    def canonical(self, name: str, among: Iterable[str]) -> str | None:
        """Return the nearest type at or above ``name`` that is ``among`` the given ones, or None."""
        wanted = set(among)
        return next((n for n in self.ancestry(name) if n in wanted), None)

    def root(self, name: str) -> str:
        """Return the topmost type above ``name``."""
        return self.ancestry(name)[-1]


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
