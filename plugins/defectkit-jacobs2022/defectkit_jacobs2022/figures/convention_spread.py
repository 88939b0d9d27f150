"""The convention figure: the predictions of the initial split under every matcher, size rule and IoU threshold."""

from __future__ import annotations

from defectkit.files.decoding import parse_json
from defectkit.studies import convention_figure, explore_conventions
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import write_provenance
from defectkit_jacobs2022.figures.subject import subject


def conventions_figure(outcome: Outcome) -> NamedFigures:
    """Return each statistic over the IoU threshold, one line per combination of choices."""
    about = subject(outcome, "initial")
    result = outcome.result("initial")
    truth = outcome.data.labels(str(result["test_labels"].values[0]))
    names = [str(name) for name in about.evaluation["image"].values]
    min_score = parse_json(result.attrs["settings"], where="the settings of the study")["min_score"]
    predicted = {p.image: p.instances for p in outcome.predictions("initial", 0)}
    exploration = explore_conventions(
        {name: truth[name] for name in names},
        {name: predicted[name] if min_score is None else predicted[name].above(min_score) for name in names},
        {name: outcome.data.images[name] for name in names},
        convention=about.convention,
        taxonomy=about.taxonomy,
    )
    figure = convention_figure(exploration)
    (legend,) = figure.legends
    handles = [handle for handle in legend.legend_handles if handle is not None]
    texts = [text.get_text() for text in legend.get_texts()]
    legend.remove()  # it stands where the provenance is written
    figure.legend(handles, texts, loc="outside right upper", fontsize="small")
    write_provenance(figure, (*outcome.provenance, f"all else as in the convention {about.convention.name}"))
    return {"": figure}
