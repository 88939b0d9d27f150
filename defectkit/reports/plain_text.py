"""Plain text: names from outside in figures are shown as they are, not read as formulas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def plain_text() -> Iterator[None]:
    """Have Matplotlib show dollar signs in what is drawn and saved while the block runs; it takes them for formulas."""
    import matplotlib

    with matplotlib.rc_context({"text.parse_math": False}):
        yield
