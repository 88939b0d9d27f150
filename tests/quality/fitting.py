"""Fit how scales are fused: ``python -m tests.quality.fitting loopnet.onnx -o fusion.json``.

Two logistic regressions on the tuning parts, never on what is reported. The first says from all terms whether an
ellipse agrees with a labelled defect; the second, of the ellipses left after suppression, how often one is right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import click
import numpy as np
from sklearn.linear_model import LogisticRegression

from defectkit.detectors.learning.parts import Part
from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.decoding import candidates
from defectkit.detectors.loopnet.fusing import IMAGE_TERMS, TERMS, Fusion, image_terms, terms
from defectkit.detectors.loopnet.operating_point import expected_f1
from defectkit.detectors.loopnet.pyramid import FLOOR, scales_of
from defectkit.detectors.loopnet.session import Network
from defectkit.detectors.loopnet.suppression import frames, suppress
from defectkit.detectors.loopnet.views import view_of
from defectkit.geometry.overlap import iou_pairs
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from defectkit.records import Instances
from tests.quality.calibration import true_finds
from tests.quality.sets import TITLES, quality_set

SHARES = {"ti-new": 0.7, "ti-old": 0.7, "steel": 1.0, "emps": 1.0, "synthetic": 1.0}
"""What each set counts; titanium is there twice."""
AGREES = 0.35
"""An ellipse of this IoU with a labelled defect is one to keep."""
SIZE_PX = 16.0
N_VERTICES = 24


@attrs.frozen(kw_only=True, eq=False)
class Seen:
    """An image with all candidates of one polarity, their terms, and whether each agrees with a label."""

    set: str
    image: str
    truth: Instances
    found: Candidates
    terms: np.ndarray
    agrees: np.ndarray


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(model: Path, output: Path) -> None:
    """Fit the fusion of a network's scales on the tuning parts, and write its weights."""
    network = Network.of(model.read_bytes(), source=str(model))
    seen = [item for name in TITLES for item in look(network, name)]
    fusion = fitted(seen)
    rounded = {name: [round(w, 4) for w in getattr(fusion, name)] for name in ("weights", "image_weights")}
    output.write_text(json.dumps({**rounded, "size_px": SIZE_PX}, indent=1) + "\n")
    for names, weights in ((TERMS, fusion.weights), (IMAGE_TERMS, fusion.image_weights)):
        click.echo("\n".join(f"{term:>16} {weight:7.3f}" for term, weight in zip(names, weights, strict=True)))


def look(network: Network, name: str) -> list[Seen]:
    """Return what a network says of the tuning part of a set; EMPS, with its bright particles, is seen both ways."""
    held = quality_set(name, Part.TUNING)
    seen = []
    for image, truth in held.truth.items():
        pixels = np.asarray(held.images[image].pixels, np.float32)
        scales = scales_of(truth.shape)
        for sign in (1, -1) if name == "emps" else (1,):
            levels = []
            for number, scale in enumerate(scales):
                view = view_of(sign * pixels, scale)
                maps = network.maps(view.pixels)
                found = candidates(maps, network.facts, factors=view.factors, view=number, min_score=FLOOR)
                levels.append(suppress(found))
            for finest in (0, 1):  # large images are not enlarged, and have no level finer than their pixels
                together = Candidates.concatenate(levels[finest:])
                columns = terms(levels[finest:], scales[finest:], SIZE_PX)
                agrees = best_iou(together, truth) >= AGREES
                key = f"{image}, {finest}"
                seen.append(Seen(set=name, image=key, truth=truth, found=together, terms=columns, agrees=agrees))
    click.echo(f"{name}: {len(held.truth)} images", err=True)
    return seen


def best_iou(found: Candidates, truth: Instances) -> np.ndarray:
    """Return the highest IoU that each ellipse, drawn by itself, has with a labelled defect."""
    pairs = iou_pairs(drawn(found, truth.shape), truth.runs)
    best = np.zeros(len(found))
    np.maximum.at(best, pairs.first, pairs.iou)
    return best


def drawn(found: Candidates, shape: tuple[int, int]) -> Runs:
    """Return ellipses as masks, each drawn by itself as a polygon of its area."""
    turn = np.arange(N_VERTICES) * (2 * np.pi / N_VERTICES)
    circle = np.stack([np.cos(turn), np.sin(turn)]) * np.sqrt((2 * np.pi / N_VERTICES) / np.sin(2 * np.pi / N_VERTICES))
    _, roots, _ = frames(found.shapes)
    outlines = np.einsum("nij,jk->nki", roots, circle) + found.centers[:, None]
    return polygons_to_runs(Polygons.from_list(list(np.clip(outlines, 0, np.array(shape, float)))), shape)


def fitted(seen: Sequence[Seen]) -> Fusion:
    """Return the fusion whose probabilities are those of being right."""
    n = {name: sum(len(s.found) ** 0.5 for s in seen if s.set == name) for name in SHARES}
    each = [np.full(len(s.found), SHARES[s.set] * max(len(s.found), 1) ** -0.5 / n[s.set]) for s in seen]
    columns, agrees = np.concatenate([s.terms for s in seen]), np.concatenate([s.agrees for s in seen])
    ranking = _logistic(columns, agrees, np.concatenate(each))
    chosen: dict[tuple[str, str], tuple[Seen, Candidates]] = {}
    fusion = Fusion(weights=tuple(float(w) for w in ranking), size_px=SIZE_PX)
    for s in seen:
        left = _left(s, fusion)
        key = (s.set, s.image)
        if key not in chosen or expected_f1(left.scores) > expected_f1(chosen[key][1].scores):
            chosen[key] = (s, left)
    columns_of, right, share = [], [], []
    total = {name: sum(len(left) for s, left in chosen.values() if s.set == name) for name in SHARES}
    for s, left in chosen.values():
        runs = drawn(left, s.truth.shape)
        right.append(true_finds(Instances.from_runs(runs, types=["defect"] * len(left), shape=s.truth.shape), s.truth))
        columns_of.append(image_terms(left.scores))
        share.append(np.full(len(left), SHARES[s.set] / max(total[s.set], 1)))
    of_image = _logistic(np.concatenate(columns_of), np.concatenate(right), np.concatenate(share))
    return attrs.evolve(fusion, image_weights=tuple(float(w) for w in of_image))


def _left(s: Seen, fusion: Fusion) -> Candidates:
    scores = 1 / (1 + np.exp(-s.terms @ np.array(fusion.weights)))
    fused = attrs.evolve(s.found, scores=np.clip(scores, 1e-6, 1 - 1e-6))
    return suppress(fused.take(fused.scores >= FLOOR))


def _logistic(columns: np.ndarray, aim: np.ndarray, weights: np.ndarray) -> np.ndarray:
    model = LogisticRegression(max_iter=3000, fit_intercept=False)
    return np.asarray(model.fit(columns, aim, weights * 3000 / weights.sum()).coef_[0])


if __name__ == "__main__":
    main()
