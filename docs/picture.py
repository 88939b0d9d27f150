"""Draw the picture of the README: one synthetic micrograph on its way to megapascals.

Run it with ``python docs/picture.py``; it writes docs/_static/way.png.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import defectkit as dk
from defectkit.detectors.blob import Blob
from defectkit.testing.synthetic import synthetic_micrograph

CROP = 512


def main() -> None:
    """Draw it."""
    image, _ = synthetic_micrograph(3, name="micrograph")
    analysis = dk.analyze([image], Blob(rules="fecral"))
    pixels, (prediction,) = image.pixels, analysis.predictions.values()
    titles = {t.name: (t.title, t.color) for t in analysis.taxonomy}
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.5), layout="constrained")
    for axis in axes[:2]:
        axis.imshow(pixels[:CROP, :CROP], cmap="gray")
        axis.set_axis_off()
    axes[0].set_title("micrograph", fontsize=11)
    bar = 50 / image.required_calibration().pixel_size_nm[1]
    axes[0].plot([20, 20 + bar], [CROP - 24] * 2, color="white", linewidth=4)
    axes[0].text(20 + bar / 2, CROP - 34, "50 nm", color="white", ha="center", fontsize=9)
    for defect in prediction.instances:
        mask = defect.mask()[:CROP, :CROP]
        if mask.any():
            axes[1].contour(mask, levels=[0.5], colors=[titles[defect.type][1]], linewidths=1.2)
    axes[1].set_title("defects, by type", fontsize=11)
    kinds = analysis.defects["defect_type"].values
    sizes = analysis.defects["equivalent_diameter"].values
    axes[2].hist(
        [sizes[kinds == name] for name in analysis.types],
        bins=np.arange(0, 61, 6),
        stacked=True,
        color=[titles[name][1] for name in analysis.types],
        label=[titles[name][0] for name in analysis.types],
    )
    axes[2].legend(frameon=False, fontsize=9)
    axes[2].set_xlabel("diameter / nm")
    axes[2].set_title("sizes, shapes, densities", fontsize=11)
    of_type = analysis.hardening["hardening"].isel(image=0)
    for k, name in enumerate(analysis.types):
        axes[3].bar(k, float(of_type.sel(defect_type=name)), color=titles[name][1])
    total = float(analysis.hardening["total_quadrature"][0])
    axes[3].bar(len(analysis.types), total, color="#555555")
    names = [titles[name][0].replace(" ", "\n") for name in analysis.types]
    axes[3].set_xticks(range(len(names) + 1), [*names, "root of\nsquares"], fontsize=9)
    axes[3].set_ylabel("hardening / MPa")
    axes[3].set_title("megapascals", fontsize=11)
    for axis in axes[2:]:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(Path(__file__).parent / "_static" / "way.png", dpi=100)


if __name__ == "__main__":
    main()
