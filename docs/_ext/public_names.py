"""Public names: what a module or package offers, documented from its docstrings, so that no list can be forgotten."""

from __future__ import annotations

import ast
import enum
import inspect
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import ClassVar

import attrs
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

import defectkit
from defectkit import hooks


def public_names(module: ModuleType) -> tuple[str, ...]:
    """Return ``__all__``, or where there is none the classes and functions that the module itself defines."""
    if hasattr(module, "__all__"):
        return tuple(sorted(module.__all__, key=str.lower))
    return tuple(
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    )


def home_of(module: ModuleType, name: str) -> str:
    """Return the module that ``module`` imports ``name`` from, or its own name where it defines it."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module and name in {a.asname or a.name for a in node.names}:
            return node.module
    return module.__name__


def autodoc_lines(module_name: str) -> Iterator[str]:
    """Yield the reStructuredText that documents every public name of a module."""
    module = import_module(module_name)
    for name in public_names(module):
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            yield from autodoc_lines(thing.__name__)
        elif inspect.isclass(thing):
            yield from autoclass_lines(thing, f"{module_name}.{name}")
        elif inspect.isroutine(thing):
            yield from (f".. autofunction:: {module_name}.{name}", "")
        else:
            yield from (f".. autodata:: {home_of(module, name)}.{name}", "   :no-value:", "")


def autoclass_lines(cls: type, name: str) -> Iterator[str]:
    """Yield the reStructuredText that documents a class and the methods that it defines."""
    kind = "autoexception" if issubclass(cls, BaseException) else "autoclass"
    yield from (f".. {kind}:: {name}", "   :members:", "")


class PublicNames(SphinxDirective):
    """``public-names:: MODULE``: every public name of a module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the documentation of the names."""
        return parsed(self, autodoc_lines(self.arguments[0]))


class Registered(SphinxDirective):
    """``registered:: KIND``: what defectkit registers of a kind, and the classes that no package offers by name.

    With ``:functions:`` the functions beside the classes are documented too.
    """

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"functions": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return a table of names and descriptions, then the documentation of the classes."""
        kind = self.arguments[0]
        rows = [row for row in hooks.table(kind).values() if row.distribution == "defectkit"]
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", "", "   * - name", "     - class"]
        lines.append("     - what it is")
        for row in rows:
            lines += [f"   * - ``{row.name}``", f"     - :py:class:`~{documented_as(row.cls)}`"]
            lines.append(f"     - {row.description}")
        lines.append("")
        for row in rows:
            if documented_as(row.cls) == own_name(row.cls):
                lines += autoclass_lines(row.cls, own_name(row.cls))
        if "functions" in self.options:
            for module in dict.fromkeys(row.cls.__module__ for row in rows):
                names = [n for n in public_names(import_module(module)) if inspect.isfunction(attribute(module, n))]
                lines += [line for n in names for line in (f".. autofunction:: {module}.{n}", "")]
        return parsed(self, lines)


class TopLevelNames(SphinxDirective):
    """``top-level-names::``: what ``import defectkit`` offers, with links to where each name is documented."""

    def run(self) -> list[nodes.Node]:
        """Return a table of names and summaries."""
        lines = [".. list-table::", "   :widths: auto", ""]
        for name in sorted(set(defectkit.__all__) - {"__version__"}, key=str.lower):
            thing = getattr(defectkit, name)
            home = ".".join(home_of(defectkit, name).split(".")[:2])
            summary = " ".join(inspect.getdoc(thing).split("\n\n")[0].split())
            lines += [f"   * - :py:obj:`defectkit.{name} <{home}.{name}>`", f"     - {summary}"]
        return parsed(self, [*lines, ""])


def attribute(module: str, name: str) -> object:
    """Return what a module calls ``name``."""
    return getattr(import_module(module), name)


def own_name(cls: type) -> str:
    """Return the module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


def documented_as(cls: type) -> str:
    """Return the name under which a class is documented: that of its stage where this offers it, else its own."""
    stage = ".".join(cls.__module__.split(".")[:2])
    return f"{stage}.{cls.__name__}" if cls.__name__ in getattr(import_module(stage), "__all__", ()) else own_name(cls)


def parsed(directive: SphinxDirective, lines: Iterable[str]) -> list[nodes.Node]:
    """Return the nodes of reStructuredText."""
    return directive.parse_text_to_nodes("\n".join(lines))


def readable_defaults(
    app: Sphinx, what: str, name: str, thing: object, options: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None] | None:
    """Return the signature of an attrs class with its defaults as people write them, or None for all else."""
    if signature is None or not (inspect.isclass(thing) and attrs.has(thing)):
        return None
    fields = attrs.fields_dict(thing)

    def default(match: re.Match[str]) -> str:
        value = fields[match[1]].default
        return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)

    return re.sub(r"attr_dict\['(\w+)'\]\.default", default, signature).replace("=NOTHING", "=..."), returned


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.connect("autodoc-process-signature", readable_defaults)
    app.add_directive("public-names", PublicNames)
    app.add_directive("registered", Registered)
    app.add_directive("top-level-names", TopLevelNames)
    return {"version": "1", "parallel_read_safe": True}
