"""The kernel that walks the trees of a forest."""

from __future__ import annotations

import numpy as np

from defectkit.geometry.kernels.jit import Column, kernel


@kernel
def mean_probabilities(
    rows: Column, feature: Column, threshold: Column, left: Column, right: Column, probability: Column, roots: Column
) -> Column:
    """Return the mean over trees of the leaves' probabilities, for each row of features."""
    n_classes = probability.shape[1]
    sums = np.zeros((rows.shape[0], n_classes), np.float32)
    for root in roots:
        for i in range(rows.shape[0]):
            node = root
            while feature[node] >= 0:
                node = left[node] if rows[i, feature[node]] <= threshold[node] else right[node]
            for c in range(n_classes):
                sums[i, c] += probability[node, c]
    sums /= np.float32(len(roots))
    return sums
