from __future__ import annotations

import click
import pint
import pytest
from click.testing import CliRunner

from defectkit.cli import options
from defectkit.cli.params import PixelSizeParam, PluginNameParam, QuantityParam
from defectkit.errors import PluginError, UnknownPluginError
from defectkit.units import Quantity


@pytest.mark.parametrize("text", ["0.2554 nm", "2.554 angstrom", "0.2554 nm/px", "0.2554nm/pixel", "2.554e-4 um"])
def test_a_pixel_size_is_a_length_or_a_length_per_pixel(text: str) -> None:
    size = PixelSizeParam().convert(text, None, None)
    assert str(size.units) == "nanometer / pixel"
    assert size.magnitude == pytest.approx(0.2554, rel=1e-12)


def test_a_thickness_is_a_quantity_in_its_unit() -> None:
    thickness = QuantityParam("nanometer", "170 nm").convert("0.17 um", None, None)
    assert isinstance(thickness, pint.Quantity)
    assert str(thickness.units) == "nanometer"
    assert thickness.magnitude == pytest.approx(170, rel=1e-12)


def test_a_quantity_that_is_one_already_passes() -> None:
    kind = QuantityParam("nanometer", "170 nm")
    thickness = kind.convert("170 nm", None, None)
    assert kind.convert(thickness, None, None) == thickness


@click.command()
@options.pixel_size_option
@options.foil_thickness_option
@options.min_score_option
def measured(pixel_size: Quantity | None, foil_thickness: Quantity | None, min_score: float | None) -> None:
    click.echo(f"{pixel_size} | {foil_thickness} | {min_score}")


def test_options_give_quantities_and_none_where_they_are_left_out() -> None:
    result = CliRunner().invoke(measured, ["--pixel-size", "1 nm", "--foil-thickness", "100 nm", "--min-score", "0.5"])
    assert result.output == "1.0 nanometer / pixel | 100.0 nanometer | 0.5\n"
    assert CliRunner().invoke(measured, []).output == "None | None | None\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--pixel-size", "0.2554"], ["--pixel-size", "'0.2554'", '"0.2554 nm"']),
        (["--pixel-size", "3 kg"], ["--pixel-size", "kilogram", "0.2554 nm"]),
        (["--pixel-size", "-1 nm"], ["--pixel-size", "not positive"]),
        (["--pixel-size", "0 nm"], ["--pixel-size", "not positive"]),
        (["--pixel-size", "nan nm"], ["--pixel-size", "nan nm"]),
        (["--foil-thickness", "170"], ["--foil-thickness", "'170'", '"170 nm"']),
        (["--foil-thickness", "170 nm/px"], ["--foil-thickness"]),
        (["--foil-thickness", "0 nm"], ["--foil-thickness", "not positive"]),
        (["--foil-thickness", "170 parsnips"], ["--foil-thickness", "parsnips"]),
        (["--min-score", "1.5"], ["--min-score", "1.5"]),
        (["--min-score", "high"], ["--min-score", "high"]),
    ],
)
def test_a_wrong_value_is_a_usage_error_that_names_option_and_value(args: list[str], said: list[str]) -> None:
    result = CliRunner().invoke(measured, args)
    assert result.exit_code == 2
    assert all(part in " ".join(result.stderr.split()) for part in said), result.stderr


def test_help_shows_how_a_quantity_is_written() -> None:
    assert '--pixel-size "0.2554 nm"' in CliRunner().invoke(measured, ["--help"]).output


def test_a_name_that_is_registered_passes() -> None:
    assert PluginNameParam("splitter").convert("predefined", None, None) == "predefined"


def test_a_name_that_is_not_registered_lists_the_known_ones() -> None:
    with pytest.raises(UnknownPluginError, match="leave-fraction-out"):
        PluginNameParam("splitter").convert("at-whim", None, None)


def test_a_name_that_a_broken_plugin_may_have_given_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from defectkit import hooks

    def broken(kind: str, name: str) -> type:
        raise PluginError(f"no {kind} named {name!r} could be loaded")

    monkeypatch.setattr(hooks, "find", broken)
    with pytest.raises(PluginError, match="could be loaded"):
        PluginNameParam("splitter").convert("theirs", None, None)


def test_names_complete_in_the_shell() -> None:
    command = click.Command("x", params=[click.Option(["--splitter"], type=PluginNameParam("splitter"))])
    ctx = click.Context(command)
    items = command.params[0].shell_complete(ctx, "leave-f")
    assert [item.value for item in items] == ["leave-fraction-out"]
    assert items[0].help
