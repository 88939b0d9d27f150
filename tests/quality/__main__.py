"""Measure detectors: ``python -m tests.quality -o docs/_static/detector``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import click
import numpy as np

from defectkit.detectors import detect
from defectkit.detectors.loopnet import LoopNet
from defectkit.records import Instances
from defectkit.workflows import make_detector
from tests.quality.calibration import counts, reliability
from tests.quality.figures import calibration_figure, sweep_figure, worst_figure
from tests.quality.scores import Score, score
from tests.quality.sets import TITLES, QualitySet, quality_set
from tests.quality.sweeps import SWEEPS, swept
from tests.quality.table import table

N_WORST = 9


@click.command()
@click.option("--set", "names", multiple=True, type=click.Choice(list(TITLES)), help="All, unless some are named.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of another network for loopnet.")
@click.option("--sweeps/--no-sweeps", default=True, help="F1 against contrast, size, blur and noise on drawn images.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for table and figures.")
def main(names: tuple[str, ...], model: Path | None, sweeps: bool, output: Path) -> None:
    """Measure loopnet, with one setting for all sets, beside blob and people, on images that nothing was tuned on."""
    output.mkdir(parents=True, exist_ok=True)
    loopnet = make_detector("loopnet", model=model)
    assert isinstance(loopnet, LoopNet)
    points = [attrs.evolve(loopnet, operating_point=point) for point in ("f1", "count", "precision=0.01")]
    results: list[Score] = []
    reliabilities, shares, cases = {}, {}, []
    for name in names or TITLES:
        held = quality_set(name)
        typed = name == "synthetic"
        start = time.perf_counter()
        found, counting, candidates = seen_once(points, held)
        seconds = time.perf_counter() - start
        results.append(score(held, "`loopnet`", found, typed=typed))
        results.append(score(held, "`loopnet`, for counts", counting, typed=typed))
        blob = {p.image: p.instances for p in detect(make_detector("blob"), held.images.values())}
        results.append(score(held, "`blob`", blob))
        if name == "ti-new":
            results.append(score(held, "**people**: the older labels", quality_set("ti-old").truth))
        reliabilities[name], shares[name] = reliability(held, candidates), counts(held, candidates)
        worst = sorted(held.images, key=lambda image: _f1_of(held, found, image))
        cases += [(f"{TITLES[name]}: {i}", held.images[i], held.truth[i], found[i]) for i in worst[: N_WORST // 3]]
        click.echo("\n".join(table(results[-4 if name == "ti-new" else -3 :])) + f"\n{seconds:.1f} s", err=True)
    document: dict[str, Any] = {"scores": [attrs.asdict(s) for s in results]}
    document |= {"reliability": {name: attrs.asdict(r) for name, r in reliabilities.items()}, "counts": shares}
    if sweeps:
        lines = {name: {d.name: swept(d, name) for d in (loopnet, make_detector("blob"))} for name in SWEEPS}
        document["sweeps"] = lines
        sweep_figure(lines, output / "sweeps.png")
    calibration_figure(reliabilities, shares, output / "calibration.png")
    worst_figure(cases, output / "worst.png")
    (output / "quality.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(table(results)) + "\n"
    (output / "table.md").write_text(text, encoding="utf-8")
    click.echo(text)


def seen_once(points: Sequence[LoopNet], held: QualitySet) -> list[dict[str, Instances]]:
    """Return what each of several operating points makes of each image, which is looked at once."""
    found: list[dict[str, Instances]] = [{} for _ in points]
    for name, image in held.images.items():
        seen = points[0].see(image)
        for detector, held_by in zip(points, found, strict=True):
            held_by[name] = detector.call(image, *seen).instances
    return found


def _f1_of(held: QualitySet, found: dict[str, Instances], image: str) -> float:
    one = QualitySet(name=held.name, images={image: held.images[image]}, truth={image: held.truth[image]})
    value = score(one, "", {image: found[image]}).f1["mask 0.3"][0]
    return value if np.isfinite(value) else 0.0


if __name__ == "__main__":
    main()
