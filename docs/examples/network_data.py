"""Cut the real micrographs into what the networks learn from and what is kept from them.

    python docs/examples/network_data.py FOLDER

Titanium: all frames show one area over time, so only another region of it is new to a model. The left half of each
frame is to be learned from, the upper right quarter of four to watch that by, and the lower right quarter of the four
frames that both passes of labels cover is kept. Steel: eight of the images that are at hand are to be learned from,
four are kept; whether they come from the same videos is not said.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from defectkit import Image, LabelSet
from defectkit.datasets import load_dataset
from defectkit.detectors.learning import Example, crop_example
from defectkit.formats import write_labels
from defectkit.records import Instances

REGIONS = {"left": (0, 0, 2048, 1024), "upper": (0, 1024, 1024, 1024), "lower": (1024, 1024, 1024, 1024)}
"""Top, left, height, width."""
WATCHED_FRAMES = ("47", "588", "896", "1357")
KEPT_FRAMES = ("278", "743", "1049", "1513")
KEPT_STEEL = ("2", "4", "9", "10")

Part = list[tuple[Image, Instances]]


def main(folder: Path) -> None:
    """Write images and labels of both into ``folder``."""
    titanium(folder / "ti")
    steel(folder / "steel")


def titanium(folder: Path) -> None:
    """Write the regions of the titanium frames."""
    data = load_dataset("ti-loops", labels=["new@1", "old@1"], available=True)
    new, old = data.label_sets["new@1"], data.label_sets["old@1"]
    frames = {name.rsplit("-", 1)[1]: data.images[name] for name in new.images}
    learned = [cut(frames[f], new, f, "left") for f in frames] + [
        cut(frames[f], new, f, "upper") for f in WATCHED_FRAMES
    ]
    write(learned, new, "train", folder, images="train")
    write([cut(frames[f], new, f, "lower") for f in KEPT_FRAMES], new, "new", folder, images="kept")
    write([cut(frames[f], old, f, "lower") for f in KEPT_FRAMES], old, "old", folder, images="kept")


def steel(folder: Path) -> None:
    """Write the two sides of the steel images."""
    data = load_dataset("steel-316l", labels=["loops@1"], available=True)
    labels = data.label_sets["loops@1"]
    pairs = {name: (data.images[name], labels[name]) for name in labels.images}
    write([pair for name, pair in pairs.items() if name not in KEPT_STEEL], labels, "train", folder, images="train")
    write([pairs[name] for name in KEPT_STEEL], labels, "loops", folder, images="kept")


def cut(image: Image, labels: LabelSet, frame: str, region: str) -> tuple[Image, Instances]:
    """Return a region of an image with its labels; a defect stays where at least 30 % of it lies in the region."""
    top, left, height, width = REGIONS[region]
    whole = Example(pixels=np.asarray(image.pixels), instances=labels[image.name])
    part = crop_example(whole, top, left, (height, width))
    return Image.from_array(f"frame-{frame}-{region}", part.pixels), part.instances


def write(part: Part, labels: LabelSet, name: str, folder: Path, *, images: str) -> None:
    """Write images into ``folder/images`` and their labels into ``folder/name.json``."""
    (folder / images).mkdir(parents=True, exist_ok=True)
    for image, _ in part:
        Picture.fromarray(image.pixels).save(folder / images / f"{image.name}.png")
    labelled = LabelSet(name=name, instances={image.name: i for image, i in part}, taxonomy=labels.taxonomy)
    write_labels(labelled, folder / f"{name}.json", format="coco", images={image.name: image for image, _ in part})
    print(f"{folder.name} {name}: {len(part)} images, {labelled.n_defects} defects")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
