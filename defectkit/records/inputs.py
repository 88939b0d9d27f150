"""Inputs: the forms in which images, and the defects in them, may be handed over, each made one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from defectkit.errors import PairingError
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.prediction import Prediction

Images = Mapping[str, Image] | Iterable[Image]
"""Images by name, or one after the other."""

InstanceSets = LabelSet | Mapping[str, Instances] | Iterable[Prediction]
"""The defects of images: labels, a mapping by the name of the image, or predictions."""


def images_by_name(images: Images) -> dict[str, Image]:
    """Return images by name, in their order.

    Raises
    ------
    PairingError
        If two images have one name, or a mapping calls an image by another name than its own.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("a", np.zeros((4, 4)))
    >>> images_by_name([image]) == images_by_name({"a": image}) == {"a": image}
    True
    """
    if isinstance(images, Mapping):
        for name, image in images.items():
            if name != image.name:
                raise PairingError(f"an image named {image.name!r} is given as {name!r}; results go by name")
        return dict(images)
    found: dict[str, Image] = {}
    for image in images:
        if image.name in found:
            raise PairingError(f"two images are named {image.name!r}; results go by name, so rename one")
        found[image.name] = image
    return found


def instances_by_image(instances: InstanceSets, *, where: str = "") -> Mapping[str, Instances]:
    """Return the defects of each image by its name.

    Parameters
    ----------
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
    where : str
        What a message says of where they come from, for instance ``"in the truth"``.

    Raises
    ------
    PairingError
        If two predictions are of one image.

    Examples
    --------
    >>> none = Instances.empty((4, 4))
    >>> predictions = [Prediction(image="a", instances=none, detector="mine")]
    >>> instances_by_image(predictions) == instances_by_image({"a": none}) == {"a": none}
    True
    """
    if isinstance(instances, LabelSet):
        return instances.instances
    if isinstance(instances, Mapping):
        return instances
    found: dict[str, Instances] = {}
    for prediction in instances:
        if prediction.image in found:
            raise PairingError(f"image {prediction.image!r} is there twice {where}".rstrip())
        found[prediction.image] = prediction.instances
    return found
