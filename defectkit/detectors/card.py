"""ModelCard: what a user has to know of a detector before trusting its results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from defectkit.detectors.capability import PixelSizeRange, pixel_size_range
from defectkit.errors import RecordError
from defectkit.records.names import as_names
from defectkit.records.prediction import Setting
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True)
class TrainingData:
    """One set of images and labels that a detector was trained on.

    Parameters
    ----------
    dataset : str
        The name of the data set.
    labels : str
        ``name@version`` of the label set.
    labels_digest : str
        The digest of the labels, as :meth:`defectkit.LabelSet.digest` gives it.
    images_digest : str, optional
        A digest of the images' pixels.
    n_images, n_defects : int
        How many there were.
    """

    dataset: str
    labels: str
    labels_digest: str
    images_digest: str | None = None
    n_images: int = attrs.field(validator=attrs.validators.ge(0))
    n_defects: int = attrs.field(validator=attrs.validators.ge(0))


def _finite(_: object, field: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise RecordError(f"reported metric: {field.name} is {value}; leave out what could not be measured")


@attrs.frozen(kw_only=True)
class ReportedMetric:
    """A number that a detector reached, and on what.

    Parameters
    ----------
    name : str
        For instance ``f1_score``.
    value : float
    low, high : float, optional
        The ends of its interval.
    units : str
        A unit that pint reads; empty where there is none.
    measured_on : str
        Which images, labels and convention.
    """

    name: str
    value: float = attrs.field(validator=_finite)
    low: float | None = attrs.field(default=None, validator=_finite)
    high: float | None = attrs.field(default=None, validator=_finite)
    units: str = ""
    measured_on: str


@attrs.frozen(kw_only=True)
class ModelCard:
    """What has to be known of a detector.

    It travels with the detector, as JSON (:func:`defectkit.records.to_json`) and as Markdown.

    Parameters
    ----------
    name, version : str
        Of the detector, and of the code or weights.
    description : str
        How it works, in a sentence or two.
    types : tuple of str
        What it tells apart.
    pixel_size_range : tuple of two str or pint.Quantity, optional
        The pixel sizes it was made for or trained on.
    trained_on : tuple of TrainingData
        Empty for a detector that was not trained.
    settings : mapping of str to str, int, float, bool or None
        Its options.
    metrics : tuple of ReportedMetric
        What it reached.
    license, citation : str
        Of the weights, or of the code where there are none.
    limits : tuple of str
        What it cannot do, or was never tried on.

    Examples
    --------
    >>> card = ModelCard(name="blob", version="1", types=("defect",), description="Dark blobs.", license="MIT")
    >>> print(card.to_markdown().splitlines()[0])
    # blob 1
    """

    name: str
    version: str
    description: str
    types: tuple[str, ...] = attrs.field(converter=as_names)
    pixel_size_range: PixelSizeRange | None = attrs.field(default=None, converter=pixel_size_range)
    trained_on: tuple[TrainingData, ...] = ()
    settings: Mapping[str, Setting] = attrs.field(factory=dict)
    metrics: tuple[ReportedMetric, ...] = ()
    license: str
    citation: str = ""
    limits: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    __repr__ = short_repr

    def to_markdown(self) -> str:
        """Return the card as Markdown, every section with something in it."""
        return "\n".join(_markdown(self)) + "\n"


def _markdown(card: ModelCard) -> Iterator[str]:
    yield from (f"# {card.name} {card.version}", "", card.description, "")
    yield f"- Types: {', '.join(card.types)}"
    if card.pixel_size_range is None:
        yield "- Pixel sizes: any"
    else:
        low, high = (float(size.magnitude) for size in card.pixel_size_range)
        yield f"- Pixel sizes: {low:g} to {high:g} nm/px"
    yield f"- License: {card.license}"
    if card.citation:
        yield f"- Citation: {card.citation}"
    yield from ("", "## Trained on", "")
    if card.trained_on:
        yield from _table(
            ("data set", "labels", "digest of the labels", "images", "defects"),
            ((d.dataset, d.labels, d.labels_digest, d.n_images, d.n_defects) for d in card.trained_on),
        )
    else:
        yield "Nothing: it was not trained."
    if card.metrics:
        yield from ("", "## Measured", "")
        yield from _table(
            ("metric", "value", "interval", "units", "on"),
            ((m.name, f"{m.value:.4g}", _interval(m), m.units, m.measured_on) for m in card.metrics),
        )
    if card.limits:
        yield from ("", "## Limits", "")
        yield from (f"- {limit}" for limit in card.limits)
    if card.settings:
        yield from ("", "## Settings", "")
        yield from _table(("option", "value"), card.settings.items())


def _interval(metric: ReportedMetric) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return f"{metric.low:.4g} to {metric.high:.4g}"


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield _row(header)
    yield _row(("---",) * len(header))
    yield from map(_row, rows)


def _row(cells: tuple[object, ...]) -> str:
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"
