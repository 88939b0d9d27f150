"""Tree: the files of one good input, which mutations start from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from tests.attack import mutators, mutators_images

Files = Mapping[str, bytes]


@attrs.frozen(kw_only=True)
class Tree:
    """A good input of a reader: one file, or a folder of them.

    Parameters
    ----------
    files : mapping of str to bytes
        By path.
    target : str
        What is handed to the reader: a path, or ``.`` for the folder.
    mutable : tuple of str
        Endings of the files that are mutated; all of them where it is empty.
    """

    files: Files
    target: str = "."
    mutable: tuple[str, ...] = ()

    @classmethod
    def of_folder(cls, folder: Path, *, mutable: tuple[str, ...] = ()) -> Tree:
        """Return what a folder holds."""
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
        return cls(files=files, mutable=mutable)

    @classmethod
    def of_file(cls, file: Path) -> Tree:
        """Return one file."""
        return cls(files={file.name: file.read_bytes()}, target=file.name)

    def mutated(self, rng: random.Random) -> dict[str, bytes | None]:
        """Return what a mutation changes: new contents by path, None for a file that is removed."""
        names = [name for name in self.files if not self.mutable or name.endswith(self.mutable)]
        changed: dict[str, bytes | None] = {}
        for name in rng.sample(names, min(len(names), rng.choice((1, 1, 1, 2)))):
            if len(self.files) > 1 and rng.random() < 0.03:
                changed[name] = None
            else:
                changed[name] = mutation(name, self.files[name], rng)(self.files[name], rng)
        return changed


def mutation(name: str, content: bytes, rng: random.Random) -> Callable[[bytes, random.Random], bytes]:
    """Return how a file is mutated, by what it is: its structure mostly, its bytes sometimes."""
    if rng.random() < 0.2:
        return mutators.of_bytes
    if name.endswith((".json", ".roi.json")):
        return mutators.of_json
    if name.endswith((".toml", ".csv", ".txt", ".yaml", ".yml", ".md", ".lock")):
        return mutators.of_text
    if content[:2] == b"PK":
        return mutators.of_zip
    if content[:4] in (b"II*\0", b"MM\0*"):
        return mutators.of_tiff
    if content[:4] in (b"II+\0", b"MM\0+"):
        return mutators_images.of_big_tiff
    if content.startswith(mutators_images.SIGNATURE):
        return mutators_images.of_png
    return mutators.of_bytes
