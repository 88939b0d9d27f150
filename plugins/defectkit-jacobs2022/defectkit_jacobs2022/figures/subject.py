"""Subject: what a figure is about: a run of a study, its types, and what its lengths are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from defectkit.conventions import Convention
from defectkit.files.decoding import parse_json
from defectkit.records.defect_type import Taxonomy
from defectkit.studies import select_run
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures.marks import Mark, marks

if TYPE_CHECKING:
    import xarray

LENGTHS = {"nanometer": "nm", "pixel": "px"}


@attrs.frozen(kw_only=True, eq=False)
class Subject:
    """One run of a study.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Of that run alone.
    taxonomy : Taxonomy
        Of its test labels.
    """

    evaluation: xarray.Dataset
    taxonomy: Taxonomy

    @property
    def types(self) -> list[str]:
        """The types that overall figures average over."""
        return [str(name) for name in self.evaluation.attrs["overall_types"]]

    @property
    def marks(self) -> dict[str, Mark]:
        """How they are drawn."""
        return marks(self.types, self.taxonomy)

    @property
    def iou_threshold(self) -> float:
        """Where a defect counts as found."""
        return float(self.evaluation.attrs["iou_threshold"])

    @property
    def convention(self) -> Convention:
        """What its numbers mean."""
        return Convention.from_settings(
            parse_json(self.evaluation.attrs["convention_settings"], where="its convention")
        )

    @property
    def in_nm(self) -> bool:
        """Whether lengths are in nm; they are in pixels otherwise."""
        return bool(self.evaluation.attrs["length_unit"] == "nanometer")

    @property
    def length(self) -> str:
        """The symbol of the unit of length."""
        return LENGTHS[self.evaluation.attrs["length_unit"]]

    def at_threshold(self) -> xarray.Dataset:
        """Return the evaluation with scores at the IoU threshold only."""
        return self.evaluation.sel(iou_threshold=self.iou_threshold, method="nearest")


def subject(outcome: Outcome, study: str, run: int = 0) -> Subject:
    """Return one run of a study.

    Parameters
    ----------
    outcome : Outcome
    study : str
    run : int
        Its position in the result.

    Raises
    ------
    StudyError
        If the study was not run.
    """
    result = outcome.result(study)
    labels = outcome.data.labels(str(result["test_labels"].values[run]))
    return Subject(evaluation=select_run(result, run), taxonomy=labels.taxonomy)


def subjects(outcome: Outcome, study: str) -> list[Subject]:
    """Return every run of a study, in order."""
    return [subject(outcome, study, run) for run in range(outcome.result(study).sizes["run"])]
