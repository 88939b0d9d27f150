from __future__ import annotations

import io
import warnings

import attrs
import numpy as np
import pytest
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures import FIGURES
from defectkit_jacobs2022.figures.labelled import example_image

from defectkit.errors import StudyError
from defectkit.records import Image, Instances, LabelSet, Prediction
from defectkit.reports.numbers import MISSING
from defectkit.studies import evaluate_resampleable
from defectkit.studies.running.joining import join_evaluations


def test_every_figure_of_the_paper_that_is_a_plot_has_a_name() -> None:
    assert list(FIGURES) == [*(f"figure{k}" for k in range(1, 16)), "conventions"]
    assert all(artifact.name == name and artifact.title for name, artifact in FIGURES.items())


@pytest.mark.parametrize("name", FIGURES)
def test_figures_say_what_made_them_and_need_no_global_state(outcome: Outcome, name: str) -> None:
    artifact = FIGURES[name]
    needed = attrs.evolve(outcome, results={study: outcome.result(study) for study in artifact.studies})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = artifact.make(needed)
        assert list(made) == [""]
        for figure in made.values():
            provenance = figure.get_supxlabel()
            for line in outcome.provenance:
                assert line in provenance
            figure.savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize("name", [name for name, artifact in FIGURES.items() if artifact.studies])
def test_a_figure_without_its_study_says_which_is_missing(outcome: Outcome, name: str) -> None:
    with pytest.raises(StudyError, match=FIGURES[name].studies[0]):
        FIGURES[name].make(attrs.evolve(outcome, results={}))


def of_one_run(outcome: Outcome, images: dict[str, Image], predicted: dict[str, Instances], convention: str) -> Outcome:
    (truth,) = outcome.data.label_sets.values()
    run = evaluate_resampleable(truth, predicted, images, convention=convention)
    result = (
        join_evaluations([run])
        .assign_coords(test_labels=("run", [truth.key]))
        .assign_attrs(settings='{"min_score": null}')
    )
    made = tuple(Prediction(image=name, instances=i, detector="somebody") for name, i in predicted.items())
    return attrs.evolve(
        outcome,
        data=attrs.evolve(outcome.data, images=images),
        results={"initial": result},
        predictions=lambda study, run: made,
    )


OF_ONE_RUN = [name for name, artifact in FIGURES.items() if artifact.studies == ("initial",) and name != "conventions"]


@pytest.mark.parametrize("name", OF_ONE_RUN)
def test_a_detector_that_finds_nothing_is_drawn(outcome: Outcome, name: str) -> None:
    truth: LabelSet = outcome.data.labels("truth@1")
    nothing = {image: Instances.empty(truth[image].shape, truth[image].types) for image in truth}
    about = of_one_run(outcome, dict(outcome.data.images), nothing, "jacobs2022")
    figure = FIGURES[name].make(about)[""]
    figure.savefig(io.BytesIO(), format="svg")
    if name == "figure6":
        title = figure.axes[0].get_title(loc="left")
        assert title.startswith(
            f"n 0, R² {MISSING}, MAE {MISSING}, RMSE {MISSING} (nm)\nundefined: 27 no prediction (ticks below), 6"
        )


@pytest.mark.parametrize("name", OF_ONE_RUN)
def test_images_without_a_pixel_size_are_drawn_in_pixels(outcome: Outcome, name: str) -> None:
    truth: LabelSet = outcome.data.labels("truth@1")
    bare = {image: attrs.evolve(i, calibration=None) for image, i in outcome.data.images.items()}
    perfect = {image: attrs.evolve(truth[image], scores=np.ones(len(truth[image]))) for image in truth}
    figure = FIGURES[name].make(of_one_run(outcome, bare, perfect, "defectkit"))[""]
    figure.savefig(io.BytesIO(), format="svg")
    labels = {
        "figure4": "size / px",
        "figure6": "true mean size / px",
        "figure12": "true mean size / px",
    }
    if name in labels:
        assert figure.axes[0].get_xlabel() == labels[name]
    if name == "figure6":
        assert figure.axes[0].get_title(loc="left").startswith("n 27, R² 1.00, MAE 0, RMSE 0 (px)")
        assert figure.axes[4].get_xlabel() == "true areal density / 10$^{-4}$ px$^{-2}$"


def test_the_example_shows_every_type_most_evenly(outcome: Outcome) -> None:
    labels = outcome.data.labels("truth@1")
    name = example_image(labels)
    assert len(set(labels[name].type_names)) == 4
    assert not name.startswith("dots")
    figure = FIGURES["figure1"].make(outcome)[""]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"{name}, as it is", f"{len(labels[name])} labels of truth@1"]
    plain, labelled = (np.asarray(axes.images[0].get_array())[:90] for axes in figure.axes)
    assert (plain != labelled).any()
    bare = attrs.evolve(labels, instances={n: i.take([]) for n, i in labels.instances.items()})
    with pytest.raises(StudyError, match="has no defect"):
        example_image(bare)
