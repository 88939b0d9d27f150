"""Options that several commands share: one wording, one type, one meaning."""

from __future__ import annotations

from pathlib import Path

import click

from defectkit.cli.params import CropParam, FrameParam, PixelSizeParam, PluginNameParam, QuantityParam, ThicknessParam

pixel_size_option = click.option(
    "--pixel-size",
    type=PixelSizeParam(),
    help="Edge of one pixel, with its unit; by default what the image file says.",
)

foil_thickness_option = click.option(
    "--foil-thickness",
    type=QuantityParam("nanometer", "170 nm"),
    help="Thickness of the foil, with its unit; without it there are no number densities and no hardening.",
)

measured_foil_option = click.option(
    "--foil-thickness",
    "--thickness",
    "foil_thickness",
    type=ThicknessParam(),
    help="Thickness of the foil: a number with its unit, perhaps with its standard uncertainty, or a range "
    '("80-120 nm"); or a .csv file with the columns image and thickness (and uncertainty, unit). Without it there '
    "are no number densities and no hardening.",
)

thickness_option = click.option(
    "--thickness",
    "--foil-thickness",
    "thickness",
    type=ThicknessParam(),
    help="Thickness of the foil, in place of what the images say: with its standard uncertainty, or a range "
    '("80-120 nm"); or a .csv file with the columns image and thickness (and uncertainty, unit).',
)

frame_option = click.option(
    "--frame",
    type=FrameParam(),
    help="Of files that hold several images: the one of that number, from 0; all, each as an image named NAME-0007; or "
    "their mean. Without it such files are an error.",
)

crop_option = click.option(
    "--crop",
    type=CropParam(),
    help="Count only in this part of each image, in pixels; a defect across its border counts if its center is within.",
)

exclude_mask_option = click.option(
    "--exclude-mask",
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="Count nothing where this image is not 0, and leave its area out; or a folder with such a mask for each image "
    "that has one, named as the image.",
)

include_overprints_option = click.option(
    "--include-overprints",
    is_flag=True,
    help="Count also in burned-in scale bars and information strips; otherwise they and their area are left out.",
)

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder for the results; created if need be.",
)

overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Write into a folder of another command, or one that holds other files. Only what defectkit wrote and nobody "
    "changed is replaced; a file in the way is kept as NAME.kept-1.",
)

replace_file_option = click.option(
    "--overwrite", is_flag=True, help="Replace a file that is there already; a folder is never replaced."
)

format_option = click.option(
    "--format",
    "format_name",
    type=PluginNameParam("label_format"),
    help="Format of the labels (see `defectkit plugins`); by default it is recognized from the files.",
)

allow_refused_option = click.option(
    "--allow-refused",
    is_flag=True,
    help="Continue although too many regions were refused, and leave images that are not fully read out of "
    "densities, hardening and scores; otherwise that is an error.",
)

convention_option = click.option(
    "--convention",
    "convention_name",
    default="defectkit",
    show_default=True,
    metavar="NAME_OR_FILE",
    help="How defects are matched and sized: `defectkit`, `jacobs2022` for the numbers of the paper, or your own .toml "
    "file.",
)

min_score_option = click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Leave out defects whose score is below X, between 0 and 1; by default none.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
