"""One of each kind: the command; what it needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
def count(image: Path) -> None:
    """Count the dark patches of an image."""
    from defectkit_example_parts import NumpyImage, Threshold

    (prediction,) = Threshold().predict([NumpyImage().read(image)])
    click.echo(f"{prediction.image}: {len(prediction.instances)}")
