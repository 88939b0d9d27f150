"""Leave whole sets out: ``python -m tests.quality.leaving_out FOLDER``, of networks that did not learn from them.

``FOLDER`` holds a folder for each training by ``python -m defectkit_unet.recipe``, with and without ``--leave-out``,
each with its ``loopnet.onnx``, ``training.json`` and, fitted without the same sets, ``fusion.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import attrs
import click

from defectkit.detectors import detect
from defectkit.detectors.loopnet import LoopNet
from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.detectors.loopnet.model import FUSION, NETWORK, shipped_model
from tests.quality.scores import Score, score
from tests.quality.sets import TITLES, quality_set

SETS_OF = {"titanium": ("ti-new", "ti-old"), "steel": ("steel",), "emps": ("emps",)}
"""What is measured of a set that a training may leave out."""
F1 = "mask 0.3"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The table, as Markdown.")
def main(folder: Path, output: Path) -> None:
    """Compare F1 on sets that a network has learned from with F1 of networks that have not."""
    trainings = {made.parent: json.loads(made.read_text(encoding="utf-8")) for made in folder.glob("*/training.json")}
    left_out = {place: tuple(record["recipe"]["left_out"]) for place, record in sorted(trainings.items())}
    [whole] = (place for place, sets in left_out.items() if not sets)
    seen = measured(whole, tuple(SETS_OF))
    lines = ["| set | learned from all | not from this set | share | not from any real set | share |"]
    lines.append("|" + " --- |" * 6)
    others = {name: (_without(left_out, (name,)), _without(left_out, tuple(SETS_OF))) for name in SETS_OF}
    for name, places in others.items():
        scores = [None if place is None else measured(place, (name,)) for place in places]
        for part in SETS_OF[name]:
            cells = [TITLES[part], _interval(seen[part])]
            for other in scores:
                cells += (
                    ["not trained", ""]
                    if other is None
                    else [_interval(other[part]), f"{other[part].f1[F1][0] / seen[part].f1[F1][0]:.2f}"]
                )
            lines.append("| " + " | ".join(cells) + " |")
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(output.read_text(encoding="utf-8"))


def _without(left_out: Mapping[Path, tuple[str, ...]], names: tuple[str, ...]) -> Path | None:
    return next((place for place, sets in left_out.items() if sorted(sets) == sorted(names)), None)


def measured(folder: Path, names: tuple[str, ...]) -> Mapping[str, Score]:
    """Return the scores of the network in a folder on the reporting parts of sets."""
    fusion = Fusion(**json.loads((folder / FUSION).read_text(encoding="utf-8")))
    content = (folder / NETWORK).read_bytes()
    detector = LoopNet(model=attrs.evolve(shipped_model(), content=content, fusion=fusion, source=str(folder)))
    scores = {}
    for part in (part for name in names for part in SETS_OF[name]):
        kept = quality_set(part)
        found = {p.image: p.instances for p in detect(detector, kept.images.values())}
        scores[part] = score(kept, folder.name, found)
    return scores


def _interval(one: Score) -> str:
    value, low, high = one.f1[F1]
    return f"{value:.3f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
