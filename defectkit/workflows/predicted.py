"""Predicted: the predictions of an evaluation, taken one at a time and paired with the images of the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs

from defectkit.formats.labels import Unpaired
from defectkit.records.inputs import InstanceSets
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.prediction import Prediction
from defectkit.workflows.pairing import Missing, pair_images


@attrs.define(kw_only=True, eq=False)
class Predicted:
    """Yields the predictions of images that have a truth, and keeps what is to be known of all.

    Parameters
    ----------
    source : iterable of (str, Instances, Prediction or None)
        Image by image.
    truth : mapping of str to Instances
        The images that are compared.
    unpaired : Unpaired
        What happens to images of one side only.
    missing : Missing
        What a true image means for which nothing comes.
    title : str
        Detector and version, once a prediction has come.
    as_empty, without_truth, capped, notes : list of str
        Images that count as empty for want of a prediction; predicted images that have no truth; those where the
        detector reached its cap; and what predictions note. Complete when all have been yielded.
    """

    source: Iterable[tuple[str, Instances, Prediction | None]]
    truth: Mapping[str, Instances]
    unpaired: Unpaired
    missing: Missing
    title: str = ""
    as_empty: list[str] = attrs.field(factory=list)
    without_truth: list[str] = attrs.field(factory=list)
    capped: list[str] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    @classmethod
    def of(
        cls,
        predicted: InstanceSets,
        truth: Mapping[str, Instances],
        *,
        unpaired: Unpaired,
        missing: Missing,
        left_out: Collection[str],
    ) -> Predicted:
        """Return the predictions of a side without those of images that are left out."""
        source: Iterable[tuple[str, Instances, Prediction | None]]
        if isinstance(predicted, LabelSet | Mapping):
            by_name = predicted.instances if isinstance(predicted, LabelSet) else predicted
            here = [name for name in by_name if name not in left_out]
            if truth or here:
                pair_images(truth, [*here, *(truth if missing is Missing.EMPTY else ())], unpaired)
            source = ((name, by_name[name], None) for name in here)
        else:
            source = ((p.image, p.instances, p) for p in predicted if p.image not in left_out)
        return cls(source=source, truth=truth, unpaired=unpaired, missing=missing)

    def __iter__(self) -> Iterator[tuple[str, Instances]]:
        came = set[str]()
        for name, instances, prediction in self.source:
            came.add(name)
            if prediction is not None:
                self.title = self.title or f"{prediction.detector} {prediction.detector_version}".strip()
            if name not in self.truth:
                self.without_truth.append(name)
                if self.unpaired is Unpaired.RAISE:
                    pair_images([], self.without_truth, self.unpaired)
                continue
            if prediction is not None:
                self.notes += prediction.notes
                if prediction.capped:
                    self.capped.append(name)
            yield name, instances
        if self.missing is Missing.EMPTY:
            for name in (n for n in self.truth if n not in came):
                self.as_empty.append(name)
                yield name, Instances.empty(self.truth[name].shape)
