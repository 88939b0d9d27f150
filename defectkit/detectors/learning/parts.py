"""Parts of real sets: what is learned from, what settings are chosen on, and what results are reported on."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

import attrs

from defectkit.detectors.learning.crops import crop_example
from defectkit.detectors.learning.example import Example
from defectkit.errors import UnknownDatasetError
from defectkit.records.image import Image
from defectkit.records.instances import Instances

Region = tuple[int, int, int, int]
"""Top, left, height, width in pixels."""


class Part(enum.StrEnum):
    """What a part of a set is for; no place or article is in two of them."""

    TRAINING = "training"
    TUNING = "tuning"
    REPORTING = "reporting"


TITANIUM: Mapping[Part, Region] = {
    Part.TRAINING: (0, 0, 2048, 1024),
    Part.TUNING: (0, 1024, 1024, 1024),
    Part.REPORTING: (1024, 1024, 1024, 1024),
}
"""The regions of every frame of ``ti-loops``: the frames show one area, so frames cannot be kept apart."""
REPORTED_FRAMES = tuple(f"Chip-4-Heat-1-Frame-{number}" for number in (278, 743, 1049, 1513))
"""The frames that both passes of labels cover, of those at hand: results are reported on them."""
REAL_SETS = {
    "ti-new": ("ti-loops", "new@1"),
    "ti-old": ("ti-loops", "old@1"),
    "steel": ("steel-316l", "loops@1"),
    "emps": ("emps", "particles@1"),
}
"""Data set and label set by the short name of each real set."""


@attrs.frozen(kw_only=True, eq=False)
class Labelled:
    """An image, or a region of one, with its labels.

    Parameters
    ----------
    image : Image
    instances : Instances
    """

    image: Image
    instances: Instances


def real_part(name: str, part: Part) -> Iterator[Labelled]:
    """Yield the images of one part of a real set, as far as the files are at hand.

    Parameters
    ----------
    name : str
        ``ti-new``, ``ti-old``, ``steel`` or ``emps``.
    part : Part
        Of titanium, the left half of every frame is for training, the upper right quarter for tuning, and the lower
        right quarter of the four frames that both passes of labels cover is for reporting. Steel and EMPS follow the
        splits ``parts/tuning`` and ``parts/reporting`` of the registry.

    Raises
    ------
    UnknownDatasetError
        If there is no such set.
    """
    from defectkit.datasets import load_dataset

    if name not in REAL_SETS:
        raise UnknownDatasetError.of("real set", name, REAL_SETS)
    dataset, key = REAL_SETS[name]
    data = load_dataset(dataset, labels=[key], available=True)
    labels = data.label_sets[key]
    if dataset == "ti-loops":
        frames = REPORTED_FRAMES if part is Part.REPORTING else labels.images
        for frame in frames:
            yield region_of(data.images[frame], labels[frame], TITANIUM[part])
        return
    split = data.split("parts/tuning" if part is Part.TUNING else "parts/reporting")
    for image in split.train if part is Part.TRAINING else split.test:
        yield Labelled(image=data.images[image], instances=labels[image])


def region_of(image: Image, instances: Instances, region: Region) -> Labelled:
    """Return a region of an image; a defect stays where at least 30 % of it lies in there."""
    top, left, height, width = region
    inside = crop_example(Example(pixels=image.pixels, instances=instances), top, left, (height, width))
    name = f"{image.name} ({top}, {left})"
    cut = Image.from_array(name, inside.pixels, calibration=image.calibration)
    return Labelled(image=cut, instances=inside.instances)
