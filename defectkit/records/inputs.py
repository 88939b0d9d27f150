"""Inputs: the forms in which images, and the defects in them, may be handed over, each made one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from defectkit.errors import PairingError, RecordError
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.prediction import Prediction

Images = Mapping[str, Image] | Iterable[Image]
"""Images by name, or one after the other."""

InstanceSets = LabelSet | Mapping[str, Instances] | Iterable[Prediction]
"""The defects of images: labels, a mapping by the name of the image, or predictions."""


def each_image(images: Images) -> Iterator[Image]:
    """Give images one after the other, as they come.

    Raises
    ------
    PairingError
        If a mapping calls an image by another name than its own.
    RecordError
        If something is no image.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("a", np.zeros((4, 4)))
    >>> list(each_image({"a": image})) == list(each_image(iter([image]))) == [image]
    True
    """
    names = iter(images) if isinstance(images, Mapping) else None
    for image in images.values() if isinstance(images, Mapping) else images:
        if not isinstance(image, Image):
            raise RecordError(
                f"images: {type(image).__name__} is not an Image; make one with Image.from_array, "
                "or read image files with read_images"
            )
        if names is not None and (name := next(names)) != image.name:
            raise PairingError(f"an image named {image.name!r} is given as {name!r}; results go by name")
        yield image


def images_by_name(images: Images) -> dict[str, Image]:
    """Return images by name, in their order.

    Raises
    ------
    PairingError
        If two images have one name, or a mapping calls an image by another name than its own.
    RecordError
        If something is no image.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("a", np.zeros((4, 4)))
    >>> images_by_name([image]) == images_by_name({"a": image}) == {"a": image}
    True
    """
    found: dict[str, Image] = {}
    for image in each_image(images):
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


def as_label_set(instances: InstanceSets, *, name: str = "labels") -> LabelSet:
    """Return the defects of images as a label set: the one that is given, or a new one.

    Parameters
    ----------
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
    name : str
        Of a new label set. Types that the built-in taxonomy does not know are added to it.

    Raises
    ------
    PairingError
        If two predictions are of one image.

    Examples
    --------
    >>> labels = as_label_set({"a": Instances.empty((4, 4), ["mine"])})
    >>> labels.key, labels.types
    ('labels@1', ('mine',))
    """
    if isinstance(instances, LabelSet):
        return instances
    by_image = instances_by_image(instances)
    occurring = sorted({t for defects in by_image.values() for t in defects.types})
    return LabelSet(name=name, instances=by_image, taxonomy=Taxonomy.standard().with_types(occurring))
