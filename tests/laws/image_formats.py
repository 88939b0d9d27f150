"""Image formats: a right one, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import ImageReadError
from defectkit.formats.interface import ImageFormat
from defectkit.records import Calibration, Image
from defectkit.testing import ImageFormatSuite
from tests.laws.mutant import mutant, shared_mutants


class Plain(ImageFormat):
    """An array in a ``.npy`` file."""

    name = "plain"
    description = "Arrays of NumPy."
    suffixes: ClassVar[tuple[str, ...]] = (".npy",)

    def read(self, path):
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ImageReadError(f"{path}: {error}") from error
        return self.image(path, array)

    def image(self, path: Path, array: Any) -> Image:
        return attrs.evolve(Image.from_array(path.stem, array), path=path)


def giving(name: str, rule: Callable[[Path, Any], Image]) -> type[ImageFormat]:
    """A format that makes images by a rule."""
    return type(name, (Plain,), {"image": lambda self, path, array: rule(path, array)})


def good(path: Path, array: Any) -> Image:
    return Plain().image(path, array)


@attrs.frozen
class Noisy:
    array: Any
    calls: Any = attrs.field(factory=count)
    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)

    def read(self):
        return self.array + np.uint8(next(self.calls))


class Blank(Plain):
    """Gives an image of one pixel where it cannot read."""

    def read(self, path):
        try:
            return super().read(path)
        except ImageReadError:
            return self.image(path, np.zeros((1, 1), np.uint8))


class Right(ImageFormatSuite):
    cls = Plain
    dtypes = ("uint8", "float32")
    is_registered = False

    def write(self, path: Path, pixels: Any) -> None:
        with path.open("wb") as file:
            np.save(file, pixels)


MUTANTS = [
    mutant(
        Right,
        type("Loud", (Plain,), {"suffixes": (".NPY",)}),
        "has a suffix in capital letters",
        "its_suffixes_are_lower_case_with_a_dot",
        "lower case",
    ),
    mutant(
        Right,
        giving("Suffixed", lambda path, array: attrs.evolve(good(path, array), name=path.name)),
        "names images with their suffix",
        "the_image_is_named_by_the_stem_of_its_file",
        "the name is 'Frame 7.a.npy'",
    ),
    mutant(
        Right,
        giving("Single", lambda path, array: good(path, array.astype(np.float32))),
        "changes the kind of the pixels",
        "pixels_shape_and_dtype_are_those_of_the_file",
        "uint8 became float32",
    ),
    mutant(
        Right,
        giving("Noise", lambda path, array: attrs.evolve(good(path, array), source=Noisy(array))),
        "adds noise",
        "reading_twice_gives_the_same",
        "other pixels",
    ),
    mutant(
        Right,
        giving("Given", lambda path, array: attrs.evolve(good(path, array), calibration=Calibration.square("1 nm/px"))),
        "says that somebody gave the pixel size",
        "a_calibration_says_that_it_came_from_the_file",
        "the pixel size is said to be given",
    ),
    mutant(Right, Blank, "gives an empty image for a missing one", "a_missing_file_is_said_to_be", "DID NOT RAISE"),
    mutant(Right, Blank, "takes any file for an image", "a_file_that_is_no_image_is_refused", "DID NOT RAISE"),
    mutant(Right, Blank, "takes half a file for an image", "a_file_that_is_cut_short_is_refused", "DID NOT RAISE"),
    *shared_mutants(Right, "tiff"),
]
