"""About: which image an error is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def about(*images: str) -> Iterator[None]:
    """Let every error of the block say which image, or one of which, it is about: as a note unless it names one itself.

    Examples
    --------
    >>> try:
    ...     with about("one"):
    ...         raise ValueError("no pixels")
    ... except ValueError as error:
    ...     print(error, error.__notes__)
    no pixels ["image 'one'"]
    """
    try:
        yield
    except Exception as error:
        if not any(repr(image) in str(error) for image in images):
            error.add_note(f"image {' or '.join(map(repr, images))}")
        raise
