"""Forest: the trees of a random forest as arrays, which need no pickle to be kept and no framework to be used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DefectkitError, DetectorError
from defectkit.files.arrays import read_arrays
from defectkit.parallel import available_cpus

Floats = NDArray[np.float32]

LEAF = -1
ROWS_WORTH_A_THREAD = 10_000
COLUMNS = ("feature", "threshold", "left", "right", "probability", "roots")


@attrs.frozen(kw_only=True, eq=False)
class Forest:
    """Trees, one after the other, over F features and C classes.

    Parameters
    ----------
    feature : numpy.ndarray, shape (nodes,), int32
        The feature that a node looks at; -1 for a leaf.
    threshold : numpy.ndarray, shape (nodes,), float32
        What lies at or below goes left.
    left, right : numpy.ndarray, shape (nodes,), int32
        The next node; always after this one.
    probability : numpy.ndarray, shape (nodes, C), float32
        Of each class, at a leaf.
    roots : numpy.ndarray, shape (trees,), int32
        Ascending, the first 0.
    n_features : int

    Raises
    ------
    DetectorError
        If the arrays make no forest.
    """

    feature: NDArray[np.int32]
    threshold: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    probability: Floats
    roots: NDArray[np.int32]
    n_features: int

    def __attrs_post_init__(self) -> None:
        fault = self._fault()
        if fault:
            raise DetectorError(f"the trees of the forest are damaged: {fault}")

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return int(self.probability.shape[1])

    def _fault(self) -> str:
        n = len(self.feature)
        kinds = (np.int32, np.float32, np.int32, np.int32, np.float32, np.int32)
        arrays = [getattr(self, name) for name in COLUMNS]
        if any(a.dtype != kind for a, kind in zip(arrays, kinds, strict=True)) or self.probability.ndim != 2:
            return "an array has another dtype or shape"
        if not n or any(len(a) != n for a in arrays[:5]) or not len(self.roots) or self.roots[0] != 0:
            return "its arrays differ in length, or there is no tree"
        if (np.diff(self.roots) <= 0).any() or self.roots[-1] >= n:
            return "the roots are not ascending nodes"
        inner = self.feature != LEAF
        here = np.flatnonzero(inner)
        ends = np.append(self.roots[1:], n)[np.searchsorted(self.roots, here, side="right") - 1]
        for child in (self.left[inner], self.right[inner]):
            if ((child <= here) | (child >= ends)).any():
                return "a node leads back, or into another tree"
        if ((self.feature[inner] < 0) | (self.feature[inner] >= self.n_features)).any():
            return "a node looks at a feature that there is not"
        leaves = self.probability[~inner]
        if not (np.isfinite(self.threshold).all() and np.isfinite(leaves).all() and (leaves >= 0).all()):
            return "a threshold or probability is not a number"
        return "" if np.allclose(leaves.sum(axis=1), 1, atol=1e-4) else "the probabilities of a leaf do not sum to 1"

    def predict(self, features: NDArray[Any]) -> Floats:
        """Return the probability of each class, averaged over trees.

        Parameters
        ----------
        features : numpy.ndarray, shape (N, F)

        Returns
        -------
        numpy.ndarray, shape (N, C), float32
        """
        from defectkit.detectors.pixel_forest.kernels import mean_probabilities

        rows = np.ascontiguousarray(features, np.float32)
        columns = (self.feature, self.threshold, self.left, self.right, self.probability, self.roots)
        n_parts = max(1, min(available_cpus(), len(rows) // ROWS_WORTH_A_THREAD))
        with ThreadPoolExecutor(n_parts) as pool:
            parts = pool.map(lambda part: mean_probabilities(part, *columns), np.array_split(rows, n_parts))
            return np.concatenate(list(parts))

    def save(self, path: Path) -> None:
        """Write the arrays as ``npz``."""
        np.savez_compressed(path, **{name: getattr(self, name) for name in COLUMNS}, n_features=self.n_features)

    @classmethod
    def load(cls, path: Path) -> Forest:
        """Return the forest that :meth:`save` wrote; nothing in the file is run.

        Raises
        ------
        DetectorError
            If there is no forest in the file.
        """
        if not path.is_file():
            raise DetectorError(f"{path}: the trees of the saved detector are missing")
        try:
            stored = read_arrays(path, (*COLUMNS, "n_features"))
            return cls(**{name: stored[name] for name in COLUMNS}, n_features=int(stored["n_features"]))
        except DetectorError as error:
            raise DetectorError(f"{path}: {error}") from error
        except (DefectkitError, TypeError, ValueError) as error:
            raise DetectorError(f"{path}: the trees of the saved detector cannot be read: {error}") from error


def grown(
    features: NDArray[Any],
    classes: NDArray[np.int64],
    *,
    n_classes: int,
    n_trees: int,
    max_depth: int,
    min_leaf: int,
    seed: int,
) -> Forest:
    """Return a random forest grown on samples.

    Parameters
    ----------
    features : numpy.ndarray, shape (N, F)
    classes : numpy.ndarray, shape (N,), int64
        In 0 .. ``n_classes`` - 1; a class that does not occur is never predicted.
    n_classes, n_trees, max_depth, min_leaf, seed : int

    Notes
    -----
    scikit-learn's ``RandomForestClassifier``, on all cores; how many there are does not change the forest.
    L. Breiman (2001), https://doi.org/10.1023/A:1010933404324.
    """
    from sklearn.ensemble import RandomForestClassifier

    state = int(np.random.default_rng(seed).integers(2**31))
    model = RandomForestClassifier(
        n_estimators=n_trees,
        max_depth=max_depth,
        min_samples_leaf=min_leaf,
        max_features="sqrt",
        n_jobs=available_cpus(),
        random_state=state,
    )
    rows = np.ascontiguousarray(features, np.float32)
    model.fit(rows, classes)
    trees = [estimator.tree_ for estimator in model.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees)])
    probability = np.zeros((int(roots[-1]), n_classes), np.float32)
    probability[:, model.classes_] = np.concatenate([tree.value[:, 0, :] for tree in trees])
    probability /= probability.sum(axis=1, keepdims=True)
    feature = np.concatenate([tree.feature for tree in trees]).astype(np.int32)
    is_leaf = np.concatenate([tree.children_left for tree in trees]) == LEAF
    threshold = np.concatenate([_not_above(tree.threshold) for tree in trees])
    return Forest(
        feature=np.where(is_leaf, LEAF, feature).astype(np.int32),
        threshold=np.where(is_leaf, 0, threshold).astype(np.float32),
        left=_shifted([tree.children_left for tree in trees], roots, is_leaf),
        right=_shifted([tree.children_right for tree in trees], roots, is_leaf),
        probability=np.where(is_leaf[:, None], probability, 0).astype(np.float32),
        roots=roots[:-1].astype(np.int32),
        n_features=rows.shape[1],
    )


def _not_above(threshold: NDArray[np.float64]) -> Floats:
    """Round thresholds down to float32, so that float32 features fall on the same side as before."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single)


def _shifted(children: list[NDArray[Any]], roots: NDArray[np.int64], is_leaf: NDArray[np.bool_]) -> NDArray[np.int32]:
    joined = np.concatenate([child + root for child, root in zip(children, roots[:-1], strict=True)])
    return np.where(is_leaf, LEAF, joined).astype(np.int32)
