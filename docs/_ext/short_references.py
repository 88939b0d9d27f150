"""Short references: a name that is documented under another path than a docstring says is found by its end."""

from __future__ import annotations

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import ExtensionMetadata


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Element | None:
    """Return a link to the only object of this project whose name ends like the target, or None."""
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or ("." in target and target.split(".")[0] != "defectkit" and target[0].islower()):
        return None
    parts = target.split(".")
    is_member = len(parts) > 1 and parts[-2][:1].isupper()
    end = "." + ".".join(parts[-2:] if is_member else parts[-1:])
    domain = env.domains.python_domain
    found = {
        (entry.docname, entry.node_id): name
        for name, entry in domain.objects.items()
        if name.startswith("defectkit.") and name.endswith(end) and not entry.aliased
    }
    if len(found) != 1:
        return None
    ((page, anchor), name), *_ = found.items()
    return make_refnode(app.builder, str(node["refdoc"]), page, anchor, content, name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the search to references that lead nowhere."""
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True}
