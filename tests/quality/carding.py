"""Write the card of the network: ``python -m tests.quality.carding quality.json -o card.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from defectkit.detectors.card import ModelCard, ReportedMetric, TrainingData
from defectkit.detectors.learning.parts import REAL_SETS, Part, real_part
from defectkit.detectors.loopnet.facts import METADATA_KEY, ModelFacts
from defectkit.records.json import to_json
from defectkit.records.label_set import combined_digest
from tests.quality.sets import TITLES

DESCRIPTION = (
    "A small encoder-decoder network that gives an ellipse, a foreground and a type for every compact defect, run "
    "on the image at many scales; what scales agree on is fused into a calibrated probability."
)
ALL_TRAINING: dict[str, list[str]] = {name: ["training"] for name in REAL_SETS}
"""What a training learns from whose record does not name the parts of real sets."""
LIMITS = (
    "Look at the overlays before you use a number: on a material, microscope or contrast that is not among the sets "
    "above it may find half as well. Short trainings without titanium had half of its F1 there.",
    "Not to be used as the only reader for numbers that safety or a licence rests on, nor to compare conditions whose "
    "images differ in contrast, defocus or thickness, unless labels of some of these images say how it does on them.",
    "It knows compact defects: spots, loops, cavities, particles. Dislocation lines, stacking faults, tetrahedra, "
    "grain boundaries and cracks are not found, or found in pieces.",
    "Titanium frames all show one area, and its two passes of labels agree no better than F1 0.54 at IoU 0.3; steel is "
    "54 defects in 4 images. Differences of a few hundredths mean nothing there.",
    "The types of FeCrAl are learned from drawn images; on real images no type was measured.",
    "In pores, on rough surfaces and on writing in the image it sees particles that are none, with high probabilities.",
)


@click.command()
@click.argument("quality", type=click.Path(path_type=Path))
@click.option("--training", type=click.Path(path_type=Path), help="The record of the training.")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="The network, in the ONNX format.")
@click.option("--stops", required=True, help="Where it stops to work, in a sentence.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(quality: Path, training: Path | None, model: Path, stops: str, output: Path) -> None:
    """Write the card of a network from what was measured and how it was trained."""
    import onnxruntime

    metadata = onnxruntime.InferenceSession(model.read_bytes()).get_modelmeta().custom_metadata_map[METADATA_KEY]
    facts = ModelFacts.of(metadata, source=str(model))
    record = {} if training is None else json.loads(training.read_text(encoding="utf-8"))
    card = ModelCard(
        name="loopnet",
        version=facts.version,
        description=DESCRIPTION + _training(record),
        types=tuple(dict.fromkeys((*facts.types, "defect"))),
        trained_on=tuple(_trained_on(name, parts) for name, parts in record.get("sets", ALL_TRAINING).items()),
        metrics=tuple(_metrics(json.loads(quality.read_text(encoding="utf-8")))),
        license="MIT",
        limits=(stops, *LIMITS),
    )
    output.write_text(json.dumps(json.loads(to_json(card)), indent=1) + "\n", encoding="utf-8")


def _training(record: dict[str, Any]) -> str:
    if "text" in record or not record:
        return record.get("text", "")
    recipe = record["recipe"]
    shares = ", ".join(f"{name} {share:g}" for name, share in record["shares"].items())
    return (
        f" Trained with {recipe['iterations']} iterations of {recipe['batch_size']} crops, seed {recipe['seed']}, "
        f"shares of them: {shares}; in {record['minutes_of_the_last_call']:g} minutes "
        f"on {record['device']} ({record['threads']} threads, torch {record['torch']}); "
        f"{record['parameters']} parameters. All sets are under the MIT licence."
    )


def _trained_on(name: str, parts: Sequence[str]) -> TrainingData:
    items = [item for part in parts for item in real_part(name, Part(part))]
    dataset, key = REAL_SETS[name]
    return TrainingData(
        dataset=dataset,
        labels=key,
        labels_digest=combined_digest({item.image.name: item.instances.digest() for item in items}),
        n_images=len(items),
        n_defects=sum(len(item.instances) for item in items),
    )


def _metrics(document: dict[str, Any]) -> list[ReportedMetric]:
    metrics = []
    for score in document["scores"]:
        if score["who"] != "`loopnet`":
            continue
        where = f"{TITLES[score['set']]}, parts kept for reports: {score['n_images']} images, {score['n_true']} defects"
        for key, (value, low, high) in score["f1"].items():
            on = f"{where}; {key.replace(' ', ' IoU ')}"
            metrics.append(ReportedMetric(name="find_f1_score", value=value, low=low, high=high, measured_on=on))
        if score["type_f1"] is not None:
            metrics.append(ReportedMetric(name="type_f1_score", value=score["type_f1"], measured_on=where))
        metrics += [
            ReportedMetric(
                name="areal_density_error", value=score["density_error"], measured_on=f"{where}; mean over images"
            ),
            ReportedMetric(name="mean_size_error", value=score["size_error"], measured_on=f"{where}; mean over images"),
        ]
    return metrics


if __name__ == "__main__":
    main()
