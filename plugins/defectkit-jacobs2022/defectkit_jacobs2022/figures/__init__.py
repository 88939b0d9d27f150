"""The figures of the paper, each a pure function from the outcome to matplotlib figures, one file per kind of plot."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from defectkit_jacobs2022.artifact import Artifact, NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import letter_panels
from defectkit_jacobs2022.figures.convention_spread import conventions_figure
from defectkit_jacobs2022.figures.cross_validation import figure8
from defectkit_jacobs2022.figures.distributions import figure4, figure5
from defectkit_jacobs2022.figures.examples import figure3
from defectkit_jacobs2022.figures.find import figure2
from defectkit_jacobs2022.figures.labelled import figure1
from defectkit_jacobs2022.figures.learning import CURVES, figure10
from defectkit_jacobs2022.figures.left_out import figure9
from defectkit_jacobs2022.figures.parity import figure6, figure12, figure13
from defectkit_jacobs2022.figures.percent_errors import figure7, figure14, figure15
from defectkit_jacobs2022.figures.ranking import figure11

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INITIAL = ("initial",)

_ALL = (
    Artifact(name="figure1", title="An image and its labels", make=figure1),
    Artifact(name="figure2", title="Finding defects over the IoU threshold", studies=_INITIAL, make=figure2),
    Artifact(name="figure3", title="Truth beside prediction: best, median, worst", studies=_INITIAL, make=figure3),
    Artifact(name="figure4", title="Sizes and shapes, all and found defects", studies=_INITIAL, make=figure4),
    Artifact(name="figure5", title="Sizes by type", studies=_INITIAL, make=figure5),
    Artifact(name="figure6", title="Parity of size, shape and density by image", studies=_INITIAL, make=figure6),
    Artifact(name="figure7", title="Percent error of sizes by image", studies=_INITIAL, make=figure7),
    Artifact(name="figure8", title="Best and worst random split", studies=("random-cv",), make=figure8),
    Artifact(name="figure9", title="Parity with 10 to 90 % left out", studies=("leave-percent-out",), make=figure9),
    Artifact(name="figure10", title="Learning curves", studies=tuple(CURVES), make=figure10),
    Artifact(name="figure11", title="Ranking of configurations", studies=("hyperparameters",), make=figure11),
    Artifact(name="figure12", title="Parity of sizes in pixels", studies=_INITIAL, make=figure12),
    Artifact(name="figure13", title="Parity of numbers of defects", studies=_INITIAL, make=figure13),
    Artifact(name="figure14", title="Percent error of densities by image", studies=_INITIAL, make=figure14),
    Artifact(name="figure15", title="Percent error of shapes by image", studies=_INITIAL, make=figure15),
    Artifact(name="conventions", title="The spread over conventions", studies=_INITIAL, make=conventions_figure),
)


def _lettered(artifact: Artifact[Figure]) -> Artifact[Figure]:
    """Return an artifact whose panels have letters."""

    def make(outcome: Outcome) -> NamedFigures:
        made = artifact.make(outcome)
        for figure in made.values():
            letter_panels(figure)
        return made

    return attrs.evolve(artifact, make=make)


FIGURES: Mapping[str, Artifact[Figure]] = MappingProxyType({artifact.name: _lettered(artifact) for artifact in _ALL})
"""By name, ``figure1`` to ``figure15`` and ``conventions``."""

__all__ = ["FIGURES"]
