"""LabelSet: the labels of many images by one hand, under one name and version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import attrs
from immutabledict import immutabledict

from defectkit.errors import PairingError, RecordError
from defectkit.records.defect_type import Taxonomy
from defectkit.records.facts import counts_text, number_of, quote
from defectkit.records.instances import Instances


def _frozen_by_name(value: Mapping[str, Instances]) -> Mapping[str, Instances]:
    return immutabledict({name: value[name] for name in sorted(value)})


def _frozen_counts(value: Mapping[str, int]) -> Mapping[str, int]:
    return immutabledict({name: value[name] for name in sorted(value) if value[name]})


@attrs.frozen(kw_only=True)
class LabelSet:
    """What people (or a model) say is in each image of a set; an image without a defect is there, empty.

    Parameters
    ----------
    name : str
        For instance ``dataset2``.
    version : str
        For instance ``1``; ``name@version`` names this set for good.
    instances : mapping of str to Instances
        By image name; kept in sorted order.
    taxonomy : Taxonomy
        Holds every type that occurs.
    annotator, parent, description : str, optional
        Who drew it, the ``name@version`` it was derived from, and what is to be known of it.
    refused : mapping of str to int
        By image, how many of its regions were refused when its labels were read. Such an image is *not fully read*:
        ``instances`` holds fewer defects of it than people drew. It is no part of :meth:`digest`.
    """

    name: str
    version: str = "1"
    instances: Mapping[str, Instances] = attrs.field(converter=_frozen_by_name)
    taxonomy: Taxonomy = attrs.field(factory=Taxonomy.standard)
    annotator: str | None = None
    parent: str | None = None
    description: str = ""
    refused: Mapping[str, int] = attrs.field(factory=dict, converter=_frozen_counts)

    def __attrs_post_init__(self) -> None:
        for part, text in (("name", self.name), ("version", self.version)):
            if "@" in text or "/" in text or text != text.strip() or not text:
                raise RecordError(f"label set: the {part} {text!r} is empty or holds '@', '/' or white space")
        missing = sorted({t for i in self.instances.values() for t in i.types} - set(self.taxonomy.names))
        if missing:
            raise RecordError(f"label set {self.name!r}: the taxonomy lacks {', '.join(missing)}")
        negative = [image for image, count in self.refused.items() if count < 0]
        if negative:
            raise RecordError(f"label set {self.name!r}: a negative number of refused regions for {negative[0]!r}")

    def __hash__(self) -> int:
        return hash((self.key, self.images))

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def images(self) -> tuple[str, ...]:
        """The names of the images, sorted."""
        return tuple(self.instances)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that any image's table holds, in the taxonomy's order."""
        present = {t for i in self.instances.values() for t in i.types}
        return tuple(n for n in self.taxonomy.names if n in present)

    @property
    def n_defects(self) -> int:
        """The number of defects in all images."""
        return sum(len(i) for i in self.instances.values())

    @property
    def not_fully_read(self) -> tuple[str, ...]:
        """The images of which regions were refused, sorted."""
        return tuple(image for image in self.refused if image in self.instances)

    @property
    def n_refused(self) -> int:
        """The number of regions that were refused in all images."""
        return sum(self.refused[image] for image in self.not_fully_read)

    def __len__(self) -> int:
        return len(self.instances)

    def __iter__(self) -> Iterator[str]:
        return iter(self.instances)

    def __getitem__(self, image: str) -> Instances:
        if image not in self.instances:
            raise PairingError(
                f"label set {self.key!r} has no image {image!r}; it has {len(self)}, "
                f"for instance {', '.join(self.images[:3]) or 'none'}"
            )
        return self.instances[image]

    def counts(self) -> dict[str, int]:
        """Return the number of defects by type, every type of :attr:`types` named."""
        counts = dict.fromkeys(self.types, 0)
        for instances in self.instances.values():
            for name, n in instances.counts().items():
                counts[name] += n
        return counts

    def __repr__(self) -> str:
        refused = f", {number_of(self.n_refused, 'region')} refused" if self.n_refused else ""
        return f"<LabelSet {quote(self.key)}: {number_of(len(self), 'image')}, {counts_text(self.counts())}{refused}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import card, counts_table

        counts = {image: instances.counts() for image, instances in self.instances.items()}
        text = f"{number_of(len(self), 'image')}, {number_of(self.n_defects, 'defect')}"
        return card(self.key, text, counts_table(counts, self.types, self.taxonomy))

    def digest(self) -> str:
        """Return the sha256 of the labels themselves: images, types, masks and polygons, not their description.

        It is made of the digests of the images in the order of their names, so it can be computed image by image.
        """
        return combined_digest({image: instances.digest() for image, instances in self.instances.items()})


def combined_digest(digests: Mapping[str, str]) -> str:
    """Return the digest of a label set from the digest of each of its images, by name in any order."""
    state = hashlib.sha256()
    for image in sorted(digests):
        state.update(f"{image}\x1e{digests[image]}\x1d".encode())
    return state.hexdigest()
