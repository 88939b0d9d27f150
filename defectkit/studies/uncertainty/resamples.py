"""Resamples: the statistics of one or several evaluations in each resample of their common truth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.errors import StudyError
from defectkit.studies.uncertainty.drawing import LEVELS, Draws, draws, identity
from defectkit.studies.uncertainty.evidence import Evidence, Floats, Groups, check_same_truth, groups
from defectkit.studies.uncertainty.statistics import FAMILIES, Family
from defectkit.studies.uncertainty.sums import Sums, Tables, tables

if TYPE_CHECKING:
    import xarray


def resample_statistics(
    evaluations: Sequence[xarray.Dataset],
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    levels: Collection[str] = LEVELS,
    statistics: Iterable[str] | None = None,
) -> tuple[xarray.Dataset, ...]:
    """Return the statistics of each evaluation in each of many resamples, which are the same for all of them.

    Parameters
    ----------
    evaluations : sequence of xarray.Dataset
        Of one truth under one convention, made by :func:`defectkit.studies.evaluate_resampleable`.
    n_resamples : int
        B, how many.
    seed : int
    levels : collection of str
        ``image`` and ``defect``: images are drawn, then groups of defects in each drawn image. With one of them alone
        the other stays as it is.
    statistics : iterable of str, optional
        Names of variables; by default all that can be resampled.

    Returns
    -------
    tuple of xarray.Dataset
        For each evaluation its variables with the dimension ``resample`` (B) before their own. What cannot be said of
        a resample is NaN.

    Raises
    ------
    StudyError
        If an evaluation cannot be resampled, a statistic is none that can be, or there is nothing to draw.
    ConventionError, PairingError
        If the evaluations are not of one truth under one convention.

    Notes
    -----
    Defects that any matching links are drawn together, so nothing is matched again. Statistics of single images
    (``image_...``) and tables of defects are not resampled. The pixels of a foreground go with their image.
    """
    import xarray

    if not evaluations:
        raise StudyError("there is no evaluation to resample")
    evidences = [Evidence.of(evaluation) for evaluation in evaluations]
    check_same_truth(evaluations)
    linked = groups(evidences)
    models = [
        _Model(
            evaluation=evaluation,
            evidence=evidence,
            groups=linked,
            place=k,
            added=tables(evidence, linked, linked.of_predicted[k]),
        )
        for k, (evaluation, evidence) in enumerate(zip(evaluations, evidences, strict=True))
    ]
    n_images = evidences[0].n_images
    rng = np.random.default_rng(seed)
    drawing = draws(linked.image, n_images, n_resamples=n_resamples, levels=levels, rng=rng)
    wanted = None if statistics is None else tuple(statistics)
    families = [model.families(identity(linked.image, n_images), wanted) for model in models]
    chunks: list[list[dict[str, Floats]]] = [[] for _ in models]
    for drawn in drawing:
        for model, own, parts in zip(models, families, chunks, strict=True):
            parts.append(dict(model.statistics(drawn, own)))
    return tuple(
        xarray.Dataset(
            {
                name: model.variable(name, np.concatenate([part[name] for part in parts]))
                for name in parts[0]
                if wanted is None or name in wanted
            },
            coords={name: c for name, c in model.evaluation.coords.items() if name != "image"},
            attrs=model.evaluation.attrs | {"n_resamples": n_resamples, "seed": seed, "levels": list(levels)},
        )
        for model, parts in zip(models, chunks, strict=True)
    )


@attrs.frozen(kw_only=True, eq=False)
class _Model:
    """One of the evaluations that are resampled together."""

    evaluation: xarray.Dataset
    evidence: Evidence
    groups: Groups
    place: int
    added: Tables

    def families(self, sample: Draws, wanted: Collection[str] | None) -> list[Family]:
        """Return the families of statistics that give what is wanted."""
        given = {family: set(dict(self.statistics(sample, [family]))) for family in FAMILIES}
        known = set[str]().union(*given.values())
        strange = sorted(set(wanted or ()) - known)
        if strange:
            raise StudyError(
                f"bootstrap: {', '.join(strange)} cannot be resampled; what can be is {', '.join(sorted(known))}"
            )
        return [family for family, names in given.items() if names and (wanted is None or names & set(wanted))]

    def statistics(self, drawn: Draws, families: Collection[Family]) -> Iterator[tuple[str, Floats]]:
        """Yield name and values of the statistics that the evaluation has."""
        totals = Sums(
            evidence=self.evidence,
            groups=self.groups,
            of_predicted=self.groups.of_predicted[self.place],
            added=self.added,
            drawn=drawn,
        )
        for family in families:
            for name, values in family(self.evidence, totals).items():
                if name in self.evaluation:
                    yield name, values

    def variable(self, name: str, values: Floats) -> tuple[tuple[str, ...], Floats, dict[str, object]]:
        """Return what xarray makes a variable of."""
        own = self.evaluation[name]
        return ("resample", *(str(d) for d in own.dims)), values, dict(own.attrs)
