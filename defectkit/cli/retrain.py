"""``defectkit retrain``: a detector that learns from corrected images, if that makes it better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.analysis_options import Assignment, pairs
from defectkit.cli.bootstrap_options import confidence_option
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, say
from defectkit.cli.dataset_options import LabelReference, available_option, load_references, mirror_option
from defectkit.cli.params import PluginNameParam

if TYPE_CHECKING:
    from defectkit.detectors import TrainableDetector

EXAMPLE = """
defectkit retrain loopnet --data lab/new -o better
defectkit retrain better/ --data lab/new@3 --detector-option iterations=300 -o still-better
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("model", metavar="NAME_OR_FOLDER")
@click.option(
    "--data",
    "reference",
    type=LabelReference(),
    required=True,
    help="The corrected labels, in a data set of yours (`defectkit labels add`).",
)
@click.option(
    "--detector",
    "name",
    type=PluginNameParam("detector"),
    help="The detector that learns; by default one that goes on from the model.",
)
@click.option(
    "--detector-option",
    "options",
    type=Assignment(),
    multiple=True,
    help="An option of the detector that learns; may be given several times.",
)
@click.option("--folds", type=click.IntRange(2), default=3, show_default=True, help="Folds of the cross-validation.")
@click.option("--keep", is_flag=True, help="Save the new model even if it is not shown to be better.")
@confidence_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the folds and of the resampling.")
@available_option
@mirror_option
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="MODEL",
    help="Folder for the new model; it must be new or empty.",
)
@click.pass_context
def retrain(
    ctx: click.Context,
    model: str,
    reference: tuple[str, str],
    name: str | None,
    options: tuple[tuple[str, Any], ...],
    folds: int,
    keep: bool,
    confidence: float,
    seed: int,
    available: bool,
    mirror: str | None,
    output: Path,
) -> None:
    """Train a detector further on corrected images.

    In each fold a model is trained on the other images and compared with the current one on those left out, so that
    every image is predicted by a model that has not seen it. A model of all images is trained and saved only if the
    whole interval of the gain in F1 is above zero. The model to go on from is `loopnet`, the network that ships, or the
    folder of a trained detector.
    """
    import attrs

    from defectkit.detectors import TrainingSet
    from defectkit.files import new_folder
    from defectkit.statistics import Bootstrap
    from defectkit.studies import assess_retraining
    from defectkit.workflows import make_detector
    from defectkit.workflows.detectors import learner_for, named_or_saved

    kind, folder = named_or_saved(model)
    current = make_detector(kind, model=folder)
    learner: TrainableDetector[Any] = learner_for(kind, folder, name=name, options=pairs(options, "--detector-option"))
    target = output.expanduser().resolve()
    with new_folder(target) as made:
        ((data, labels),) = load_references((reference,), available=available, mirror=mirror)
        images = [data.images[image] for image in labels.images]
        assessed = assess_retraining(
            learner,
            current,
            images,
            labels,
            n_folds=folds,
            seed=seed,
            how=Bootstrap(confidence=confidence, seed=seed),
            report=lambda done, of: note(f"cross-validation: {done} of {of} folds"),
        )
        rows = [("current", assessed.current), ("retrained", assessed.retrained), ("gain", assessed.gain)]
        print_table(
            f"F1 of finding on {assessed.n_images} images, each unseen by the model that predicts it",
            ("", "F1", f"{confidence:.0%} interval"),
            [(what, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}") for what, one in rows],
        )
        if not (assessed.is_better or keep):
            say("The retrained model is not shown to be better: it was not saved. More images, or --keep to save it.")
            ctx.exit()
        fitted = learner.fit(TrainingSet(images=images, labels=labels))
        trained = fitted.required()
        card = attrs.evolve(trained.card, metrics=(*trained.card.metrics, assessed.metric()))
        attrs.evolve(fitted, trained=attrs.evolve(trained, card=card)).save(made)
    say(f"Model: {target}")
