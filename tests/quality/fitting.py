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
from defectkit.detectors.loopnet.operating_point import Aim, OperatingPoint, expected_f1
from defectkit.detectors.loopnet.pyramid import FLOOR, WHOLE, needs_finer, scales_of
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
N_FOLDS = 5


@attrs.frozen(kw_only=True, eq=False)
class Seen:
    """An image with all candidates of one polarity, their terms, and whether each agrees with a label.

    ``finest`` is how many of its finest scales are left out.
    """

    set: str
    image: str
    finest: int
    truth: Instances
    found: Candidates
    terms: np.ndarray
    agrees: np.ndarray


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--leave-out", "left_out", multiple=True, type=click.Choice(list(TITLES)), help="Do not fit to this set.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(model: Path, left_out: tuple[str, ...], output: Path) -> None:
    """Fit the fusion of a network's scales on the tuning parts, and write its weights."""
    network = Network.of(model.read_bytes(), source=str(model))
    seen = [item for name in TITLES if name not in left_out for item in look(network, name)]
    fusion = fitted(seen)
    rounded = {name: [round(w, 4) for w in getattr(fusion, name)] for name in ("weights", "image_weights")}
    output.write_text(json.dumps({**rounded, "size_px": SIZE_PX}, indent=1) + "\n")
    for names, weights in ((TERMS, fusion.weights), (IMAGE_TERMS, fusion.image_weights)):
        click.echo("\n".join(f"{term:>16} {weight:7.3f}" for term, weight in zip(names, weights, strict=True)))
    f1 = crossed(seen)
    click.echo("F1 at IoU 0.3 in cross-validation over images, by which networks are chosen:")
    click.echo("\n".join(f"{name:>16} {value:7.3f}" for name, value in {**f1, "mean": np.mean([*f1.values()])}.items()))


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
            for finest in range(1 + sum(scale > WHOLE for scale in scales)):  # images are enlarged where it helps
                together = Candidates.concatenate(levels[finest:])
                columns = terms(levels[finest:], scales[finest:], SIZE_PX)
                agrees = best_iou(together, truth) >= AGREES
                seen.append(
                    Seen(
                        set=name,
                        image=image,
                        finest=finest,
                        truth=truth,
                        found=together,
                        terms=columns,
                        agrees=agrees,
                    )
                )
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
    fusion = Fusion(weights=tuple(float(w) for w in ranking), size_px=SIZE_PX)
    chosen = one_way(seen, fusion)
    columns_of, right, share = [], [], []
    total = {name: sum(len(left) for s, left in chosen if s.set == name) for name in SHARES}
    for s, left in chosen:
        right.append(true_finds(shown(left, s.truth.shape), s.truth))
        columns_of.append(image_terms(left.scores, left.diameters))
        share.append(np.full(len(left), SHARES[s.set] / max(total[s.set], 1)))
    of_image = _logistic(np.concatenate(columns_of), np.concatenate(right), np.concatenate(share))
    return attrs.evolve(fusion, image_weights=tuple(float(w) for w in of_image))


def one_way(seen: Sequence[Seen], fusion: Fusion) -> list[tuple[Seen, Candidates]]:
    """Return each image, dark or bright, whichever is surer, with the candidates that are left after suppression."""
    chosen: dict[tuple[str, str, int], tuple[Seen, Candidates]] = {}
    for s in seen:
        left = _left(s, fusion)
        key = (s.set, s.image, s.finest)
        if key not in chosen or expected_f1(left.scores) > expected_f1(chosen[key][1].scores):
            chosen[key] = (s, left)
    return list(chosen.values())


def enlarged(seen: Sequence[Seen], fusion: Fusion) -> list[tuple[Seen, Candidates]]:
    """Return each image at the scales that its defects need, with its candidates."""
    at: dict[tuple[str, str], tuple[Seen, Candidates]] = {}
    for s, left in sorted(one_way(seen, fusion), key=lambda pair: -pair[0].finest):
        key = (s.set, s.image)
        if key not in at or (
            at[key][0].finest == s.finest + 1 and needs_finer(at[key][1], scales_of(s.truth.shape)[s.finest + 1])
        ):
            at[key] = (s, fusion.calibrate(left))
    return list(at.values())


def shown(found: Candidates, shape: tuple[int, int]) -> Instances:
    """Return ellipses as instances, each drawn by itself."""
    return Instances.from_runs(drawn(found, shape), types=["defect"] * len(found), shape=shape)


def crossed(seen: Sequence[Seen]) -> dict[str, float]:
    """Return the F1 of each set at the default operating point, each image by a fusion that was fitted without it."""
    images = sorted({s.image for s in seen})
    order = np.random.default_rng(0).permutation(len(images))
    fold = {image: int(k) % N_FOLDS for image, k in zip(images, order, strict=True)}
    right, called, true = (dict.fromkeys(TITLES, 0) for _ in range(3))
    for k in range(N_FOLDS):
        fusion = fitted([s for s in seen if fold[s.image] != k])
        for s, found in enlarged([s for s in seen if fold[s.image] == k], fusion):
            best = found.take(np.arange(OperatingPoint(Aim.F1).calls(found.scores)))
            right[s.set] += int(true_finds(shown(best, s.truth.shape), s.truth).sum())
            called[s.set] += len(best)
            true[s.set] += len(s.truth)
    return {name: 2 * right[name] / (called[name] + true[name]) for name in TITLES if true[name]}


def _left(s: Seen, fusion: Fusion) -> Candidates:
    scores = 1 / (1 + np.exp(-s.terms @ np.array(fusion.weights)))
    fused = attrs.evolve(s.found, scores=np.clip(scores, 1e-6, 1 - 1e-6))
    return suppress(fused.take(fused.scores >= FLOOR))


def _logistic(columns: np.ndarray, aim: np.ndarray, weights: np.ndarray) -> np.ndarray:
    model = LogisticRegression(max_iter=3000, fit_intercept=False)
    return np.asarray(model.fit(columns, aim, weights * 3000 / weights.sum()).coef_[0])


if __name__ == "__main__":
    main()
