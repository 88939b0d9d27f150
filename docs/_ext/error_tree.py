"""Error tree: every error and warning below the one that it derives from, with the builtin that it also is."""

from __future__ import annotations

import inspect

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from defectkit import errors


def below(root: type) -> list[type]:
    """Return the classes of :mod:`defectkit.errors` that derive from ``root`` directly, in the order of the module."""
    return [
        thing
        for thing in vars(errors).values()
        if inspect.isclass(thing) and root in thing.__bases__ and thing.__module__ == errors.__name__
    ]


def summary(error: type) -> str:
    """Return the builtin that the error also is, and the first sentence of its docstring."""
    builtins = [base.__name__ for base in error.__bases__ if base.__module__ == "builtins" and base is not Exception]
    first = " ".join((inspect.getdoc(error) or "").split("\n\n")[0].split())
    return f" (also a {builtins[0]}): {first}" if builtins else f": {first}"


class ErrorTree(SphinxDirective):
    """``error-tree::``: the tree of errors, then that of warnings; each name is a target of references."""

    def run(self) -> list[nodes.Node]:
        """Return the nested list."""
        roots = (errors.DefectkitError, errors.DefectkitWarning)
        return [nodes.bullet_list("", *(self.item(root) for root in roots))]

    def item(self, error: type) -> nodes.list_item:
        """Return the entry of an error, with those below it."""
        name = f"{error.__module__}.{error.__name__}"
        found = nodes.list_item(ids=[name])
        self.state.document.note_explicit_target(found)
        self.env.domains.python_domain.note_object(name, "exception", name, location=self.get_location())
        found += nodes.paragraph("", "", nodes.literal("", error.__name__), nodes.Text(summary(error)))
        if under := below(error):
            found += nodes.bullet_list("", *(self.item(each) for each in under))
        return found


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("error-tree", ErrorTree)
    return {"version": "1", "parallel_read_safe": True}
