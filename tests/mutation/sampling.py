"""Mutations of a package that can change what it does, and a sample of them."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import attrs
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

Place = tuple[int, int]


def sample(package: Path, size: int, seed: int) -> tuple[list[MutationSpec], int]:
    """Return mutations of a package, drawn without replacement, and how many there are to draw from.

    Annotations are left out, which nothing evaluates here, and so is what only type checkers and importers read.
    """
    every = [spec for file in sorted(package.rglob("*.py")) for spec in _mutations(file)]
    chosen = random.Random(f"{seed}/{package.name}").sample(every, min(size, len(every)))
    return sorted(chosen, key=lambda spec: (spec.module_path, spec.start_pos)), len(every)


def _mutations(file: Path) -> Iterator[MutationSpec]:
    nodes = list(ast_nodes(get_ast_from_path(file)))
    never_run = list(_never_run(ast.parse(file.read_text(encoding="utf-8"))))
    for name in operator_names():
        kind = get_operator(name)
        if kind.arguments():
            continue
        places = (place for node in nodes for place in kind().mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            if not any(a <= start and end <= b for a, b in never_run):
                yield MutationSpec(file, name, occurrence, start, end)


def _never_run(tree: ast.Module) -> Iterator[tuple[Place, Place]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield _span(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield _span(node.returns)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield _span(node)


def _span(node: ast.expr | ast.stmt) -> tuple[Place, Place]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


@attrs.frozen
class Survivor:
    """A mutation that no test saw: where it is, and its difference as text."""

    where: str
    difference: str
