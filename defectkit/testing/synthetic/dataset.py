"""A set of synthetic micrographs."""

from __future__ import annotations

from typing import Any

from defectkit.errors import RecordError
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.testing.synthetic.micrograph import Seed, children, synthetic_micrograph


def synthetic_dataset(
    seed: Seed = 0, n_images: int = 8, *, prefix: str = "synthetic", **options: Any
) -> tuple[dict[str, Image], LabelSet]:
    """Return synthetic micrographs, alike but independent, and the label set ``truth@1`` that says what is in them.

    Parameters
    ----------
    seed : int or numpy.random.SeedSequence
        Image ``i`` depends on the seed and ``i`` alone: a larger set begins with the images of a smaller one.
    n_images : int
        How many; none gives an empty set.
    prefix : str
        Images are named ``<prefix>-000`` and so on.
    **options
        Those of :func:`~defectkit.testing.synthetic.synthetic_micrograph`, the same for all.

    Returns
    -------
    images : dict of str to Image
        By name; pixels are drawn when they are read.
    labels : LabelSet

    Raises
    ------
    RecordError
        If ``n_images`` is negative.

    Examples
    --------
    >>> images, labels = synthetic_dataset(7, 2, shape=(64, 64), counts={"bdot": 3})
    >>> list(images), labels.n_defects
    (['synthetic-000', 'synthetic-001'], 6)
    """
    if n_images < 0:
        raise RecordError(f"synthetic data set: {n_images} images cannot be drawn")
    images: dict[str, Image] = {}
    truth: dict[str, Instances] = {}
    for i, of_image in enumerate(children(seed, n_images)):
        name = f"{prefix}-{i:03d}"
        images[name], truth[name] = synthetic_micrograph(of_image, name=name, **options)
    return images, LabelSet(
        name="truth", instances=truth, annotator="defectkit.testing", description=f"synthetic micrographs, seed {seed}"
    )
