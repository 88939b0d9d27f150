"""Make a network for ``loopnet``: ``python -m defectkit_unet.recipe -o FOLDER``."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from defectkit_unet.recipe.making import QUICK, Recipe, make
from defectkit_unet.recipe.sources import SHARES


@click.command()
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to.")
@click.option("--quick", is_flag=True, help=f"{QUICK} iterations: about ten minutes of one core.")
@click.option("--iterations", type=click.IntRange(1), help="How many, instead of those of the recipe.")
@click.option("--leave-out", type=click.Choice(list(SHARES)), multiple=True, help="Do not learn from this set.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="For the network.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
def main(
    output: Path,
    quick: bool,
    iterations: int | None,
    leave_out: tuple[str, ...],
    seed: int,
    threads: int,
    device: str,
) -> None:
    """Train a network for loopnet from nothing; a training that was killed is resumed by the same command.

    The real sets are looked for in the cache and the mirror (DEFECTKIT_MIRROR); those of their files that are not at
    hand are not learned from, and the card says so.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe(
        iterations=iterations or (QUICK if quick else Recipe().iterations), left_out=leave_out, seed=seed, device=device
    )
    click.echo(make(output, recipe, threads=threads))


if __name__ == "__main__":
    main()
