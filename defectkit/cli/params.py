"""Parameter types: text of the command line to the values that the library takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import click

from defectkit.errors import DefectkitError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from defectkit.units import Quantity

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only since click 8.4, and older ones do


class QuantityParam(_ParamType):
    """Text with a number and a unit to a Quantity in a fixed unit.

    Parameters
    ----------
    unit : str
        The unit to convert to, for instance ``nanometer``.
    example : str
        What messages show, for instance ``170 nm``.
    """

    name = "quantity"

    def __init__(self, unit: str, example: str) -> None:
        self.unit = unit
        self.example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Quantity:
        """Return the Quantity, or end with a usage error that shows how it is written."""
        from defectkit.units import as_quantity

        try:
            quantity = as_quantity(value, self.unit, what=_what(param))
        except DefectkitError as error:
            self._refuse(str(error), param, ctx)
        if quantity.magnitude <= 0:
            self._refuse(f"{value} is not positive", param, ctx)
        return quantity

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return f'"{self.example}"'

    def _refuse(self, reason: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f'{reason.removeprefix(f"{_what(param)}: ")} (for instance "{self.example}")', param, ctx)


class ShareParam(_ParamType):
    """Text ``TYPE=SHARE`` to a defect type and a number above 0 and at most 1."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Return type and share, or end with a usage error."""
        name, _, text = str(value).partition("=")
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not name.strip() or not 0 < share <= 1:
            self.fail(
                f"{value!r} is not TYPE=SHARE with a share above 0 and at most 1; for instance loop_111=0.5", param, ctx
            )
        return name.strip(), share

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "TYPE=SHARE"


class LineParam(_ParamType):
    """Text ``IMAGE=X,Y X,Y ...`` to the name of an image and the vertices of a line in pixels."""

    name = "line"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, list[tuple[float, float]]]:
        """Return name and vertices, or end with a usage error."""
        name, _, text = str(value).rpartition("=")
        vertices = []
        try:
            for part in text.split():
                x, y = part.split(",")
                vertices.append((float(x), float(y)))
        except ValueError:
            vertices = []
        if not name.strip() or len(vertices) < 2 or not all(math.isfinite(c) for v in vertices for c in v):
            self.fail(f'{value!r} is not IMAGE=X,Y X,Y ..., for instance "frame_01=0,300 1024,420"', param, ctx)
        return name.strip(), vertices

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return '"IMAGE=X,Y X,Y ..."'


class ThicknessParam(_ParamType):
    """The thickness of one foil, a range of it, or the path of a CSV file; it is checked and stays text."""

    name = "thickness"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, or end with a usage error that shows how it is written."""
        from defectkit.records.foil_thickness import FoilThickness

        if str(value).lower().endswith(".csv"):
            return str(value)
        try:
            FoilThickness.of(value)
        except DefectkitError as error:
            reason = str(error).removeprefix("foil thickness: ")
            self.fail(f'{reason} (for instance "100 +/- 20 nm", "80-120 nm" or a .csv file)', param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return '"100 +/- 20 nm"|FILE.csv'


class PixelSizeParam(QuantityParam):
    """Text with a length, or a length per pixel, to the size of a pixel in nanometer per pixel."""

    name = "pixel size"

    def __init__(self) -> None:
        super().__init__("nanometer / pixel", "0.2554 nm")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Quantity:
        """Return the Quantity, or end with a usage error that shows how it is written."""
        from defectkit.units import as_pixel_size

        try:
            return as_pixel_size(value, what=_what(param))
        except DefectkitError as error:
            self._refuse(str(error), param, ctx)


class FrameParam(_ParamType):
    """A frame of a stack: a number from 0, ``all`` or ``mean``."""

    name = "frame"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number or the word, or end with a usage error."""
        if value in ("all", "mean") or isinstance(value, int):
            return value  # type: ignore[no-any-return]  # one of the two words, or a number
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            self.fail(f"{value!r} is none of: a number from 0, all, mean", param, ctx)
        return int(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "N|all|mean"


class CropParam(_ParamType):
    """Text ``TOP,LEFT,HEIGHT,WIDTH`` to four whole numbers of pixels."""

    name = "crop"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int, int]:
        """Return the numbers, or end with a usage error."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 10]
        if len(parts) != 4 or len(numbers) != 4 or not numbers[2] * numbers[3]:
            self.fail(f"{value!r} is not TOP,LEFT,HEIGHT,WIDTH in whole pixels; for instance 0,0,1024,1024", param, ctx)
        top, left, height, width = numbers
        return top, left, height, width

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "TOP,LEFT,HEIGHT,WIDTH"


class PluginNameParam(_ParamType):
    """The name of something registered; an unknown or broken one ends with the error of the hooks.

    Parameters
    ----------
    kind : str
        One of :data:`defectkit.hooks.kinds.KINDS`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = kind.replace("_", " ")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, known to be registered."""
        from defectkit import hooks

        hooks.find(self.kind, value)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the registered names that begin with ``incomplete``."""
        from click.shell_completion import CompletionItem

        from defectkit import hooks

        return [
            CompletionItem(name, help=row.description)
            for name, row in hooks.table(self.kind).items()
            if name.startswith(incomplete)
        ]

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "NAME"


def _what(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None and param.opts else "value"
