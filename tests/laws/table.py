"""Table: every law with the wrong classes that it catches, as a page of the documentation."""

from __future__ import annotations

from tests.laws.kinds import KINDS, KindOfLaws

HEAD = """# Laws of plugins

What [a plugin](plugins.md) of each kind must keep to. The suites of `defectkit.testing` ask it. Each law is tried on a
class that is wrong on purpose, in `tests/laws/`, and a right class of the kind passes all of them. There are {laws}
laws and {mutants} wrong classes.

This page is written by `python -m tests.laws`; a test compares it with the suites and tries every row.
"""


def page() -> str:
    """Return the page."""
    n_laws = sum(len(kind.laws) for kind in KINDS)
    n_mutants = sum(len(kind.mutants) for kind in KINDS)
    return HEAD.format(laws=n_laws, mutants=n_mutants) + "".join(map(_section, KINDS))


def _section(kind: KindOfLaws) -> str:
    rows = "".join(
        f"| `{law}` | {text} | {'; '.join(m.what for m in kind.mutants if m.law == law)} |\n"
        for law, text in kind.laws.items()
    )
    return f"\n## {kind.title}\n\n| law | what it says | catches a class that |\n| --- | --- | --- |\n{rows}"
