"""Draw the picture of the README: part of a real micrograph, what the detector that ships finds in it, and its sizes.

Run it with ``python docs/real_picture.py``, if the files of the data set ``ti-loops`` are at hand; it writes
docs/_static/titanium-found.png. The part is of the quarter of the frame that nothing was trained or tuned on.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np

import defectkit as dk
from defectkit.detectors.learning.parts import Part, real_part

SIDE = 760
BAR_NM = 30
COLOR = "#ffd21f"


def main() -> None:
    """Draw it."""
    image = next(iter(real_part("ti-new", Part.REPORTING))).image
    analysis = dk.analyze([image])
    (prediction,) = analysis.predictions.values()
    pixels = np.asarray(image.pixels)
    low, high = np.percentile(pixels, [0.02, 99.98])
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.6), layout="constrained", width_ratios=[1, 1, 0.75])
    for axis in axes[:2]:
        axis.imshow(pixels[:SIDE, :SIDE], cmap="gray", vmin=low, vmax=high)
        axis.set_axis_off()
    nm = image.required_calibration().pixel_size_nm[1]
    halo = [effects.withStroke(linewidth=2.6, foreground="black")]
    axes[0].plot([20, 20 + BAR_NM / nm], [SIDE - 24] * 2, color="white", linewidth=4, path_effects=halo)
    text = {"color": "white", "ha": "center", "fontsize": 11, "path_effects": halo}
    axes[0].text(20 + BAR_NM / nm / 2, SIDE - 40, f"{BAR_NM} nm", **text)
    axes[0].set_title("neutron-irradiated titanium", fontsize=11)
    for defect in prediction.instances:
        mask = defect.mask()[:SIDE, :SIDE]
        if mask.any():
            lines = axes[1].contour(np.pad(mask, 1), levels=[0.5], colors=[COLOR], linewidths=1.3)
            lines.set(path_effects=halo)
    axes[1].set_xlim(0, SIDE)
    axes[1].set_ylim(SIDE, 0)
    axes[1].set_title("loops, found without a setting", fontsize=11)
    sizes = analysis.defects["equivalent_diameter"].values
    axes[2].hist(sizes, bins=np.arange(0, sizes.max() + 2, 1.5), color="#4477aa", edgecolor="white", linewidth=0.5)
    axes[2].set_xlabel("equivalent diameter / nm")
    axes[2].set_ylabel("loops")
    axes[2].set_title(f"sizes of the {len(sizes)} in the whole field", fontsize=11)
    axes[2].spines[["top", "right"]].set_visible(False)
    figure.savefig(Path(__file__).parent / "_static" / "titanium-found.png", dpi=90)


if __name__ == "__main__":
    main()
