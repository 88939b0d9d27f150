"""In memory: the images of a data set in memory, so that many trainings read each of them once."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from defectkit.parallel import available_cpus, map_items
from defectkit.records.image import ArrayPixels, Image
from defectkit.studies.data import StudyData


def in_memory(data: StudyData, names: Iterable[str]) -> StudyData:
    """Return data with the pixels of some images in memory, read-only; the others are left out.

    Parameters
    ----------
    data : StudyData
    names : iterable of str
    """
    wanted = [data.images[name] for name in dict.fromkeys(names)]
    images = {image.name: image for image in map_items(_in_memory, wanted, workers=available_cpus())}
    return attrs.evolve(data, images=images)


def _in_memory(image: Image) -> Image:
    pixels = image.pixels
    pixels.flags.writeable = False
    return attrs.evolve(image, source=ArrayPixels(array=pixels))
