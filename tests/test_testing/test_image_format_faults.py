from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.errors import ImageReadError
from defectkit.formats.interface import ImageFormat
from defectkit.records import Calibration, Image
from defectkit.testing import ImageFormatSuite


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


def giving(rule: Callable[[Path, Any], Image]) -> type[ImageFormat]:
    """A format that makes images by a rule."""

    class Ruled(Plain):
        def image(self, path, array):
            return rule(path, array)

    return Ruled


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


class NoSubclass:
    name = "plain"
    description = "Images."
    suffixes = (".npy",)


class ReadsWell(ImageFormatSuite):
    cls = Plain
    dtypes = ("uint8", "float32")
    is_registered = False

    def write(self, path: Path, pixels: Any) -> None:
        with path.open("wb") as file:
            np.save(file, pixels)


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of ImageFormat"),
    "test_its_name_is_one_word": (type("Spaced", (Plain,), {"name": "a b"}), "holds white space"),
    "test_its_description_is_one_line": (type("Mute", (Plain,), {"description": ""}), "description is empty"),
    "test_it_is_found_by_its_name": (type("Shadow", (Plain,), {"name": "tiff"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (
        type("Needy", (Plain,), {"__init__": lambda self, page: None}),
        "page is positional",
    ),
    "test_its_suffixes_are_lower_case_with_a_dot": (type("Loud", (Plain,), {"suffixes": (".NPY",)}), "lower case"),
    "test_the_image_is_named_by_the_stem_of_its_file": (
        giving(lambda path, array: attrs.evolve(good(path, array), name=path.name)),
        "the name is 'Frame 7.a.npy'",
    ),
    "test_pixels_shape_and_dtype_are_those_of_the_file": (
        giving(lambda path, array: good(path, array.astype(np.float32))),
        "uint8 became float32",
    ),
    "test_reading_twice_gives_the_same": (
        giving(lambda path, array: attrs.evolve(good(path, array), source=Noisy(array))),
        "other pixels",
    ),
    "test_a_calibration_says_that_it_came_from_the_file": (
        giving(lambda path, array: attrs.evolve(good(path, array), calibration=Calibration.square("1 nm/px"))),
        "the pixel size is said to be given",
    ),
    "test_a_missing_file_is_said_to_be": (Blank, "DID NOT RAISE"),
    "test_a_file_that_is_no_image_is_refused": (Blank, "DID NOT RAISE"),
    "test_a_file_that_is_cut_short_is_refused": (Blank, "DID NOT RAISE"),
}


@pytest.mark.parametrize("test", [name for name in dir(ReadsWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (ReadsWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(ReadsWell(), test)
