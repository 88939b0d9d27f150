"""Weights: reading those of others without running anything that lies in their files."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from defectkit.errors import DetectorError
from defectkit_detectron2.trust import how_to_trust, is_trusted

Weights = dict[str, Tensor]
ARRAYS = {
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
}
"""What a pickle of plain arrays calls; Detectron2's model zoo needs no more."""


def read_weights(path: Path) -> Weights:
    """Return the weights in a file.

    Parameters
    ----------
    path : pathlib.Path
        ``.safetensors``, ``.pth`` or ``.pt`` of torch (also a checkpoint of Detectron2's trainer, such as
        ``model_final.pth``, whose optimizer and schedule are left), or ``.pkl`` of Detectron2's model zoo.
        One that holds more than tensors, arrays and plain values is read only where it is named as trusted
        (:mod:`defectkit_detectron2.trust`), since reading it runs whatever program its author put into it.

    Raises
    ------
    DetectorError
        If the file is missing or damaged, holds objects and is not trusted, or holds no weights.
    """
    if not path.is_file():
        raise DetectorError(f"{path}: no weights lie here")
    try:
        content = _unpacked(path, trusted=is_trusted(path))
    except DetectorError:
        raise
    except pickle.UnpicklingError as error:
        raise DetectorError(
            f"{path}: holds more than plain weights, so it was not read: {_first_line(error)}. Reading such a file "
            f"runs whatever its author put into it. {how_to_trust(path)}"
        ) from error
    except Exception as error:  # a damaged file can fail in any of its layers
        raise DetectorError(f"{path}: cannot be read as weights: {type(error).__name__}: {error}") from error
    return _tensors(content, path)


def load_into(network: nn.Module, weights: Weights, *, where: Path) -> list[str]:
    """Put weights into a network, and return the names of those of the network that they do not fill.

    Weights of another shape are left out: the layers that depend on the number of types, and those for anchors.
    ImageNet weights go into the backbone, whatever names they bear.

    Raises
    ------
    DetectorError
        If next to nothing fits: they are the weights of another network.
    """
    wanted = network.state_dict()
    fitting = max((_fitting(named, wanted) for named in _named(weights, wanted)), key=len)
    if len(fitting) < 0.2 * len(wanted):
        raise DetectorError(
            f"{where}: {len(fitting)} of the {len(wanted)} arrays of the network have a match among the "
            f"{len(weights)} in the file: they are of another network, such as torchvision's or one with another config"
        )
    network.load_state_dict(fitting, strict=False)
    return [name for name in wanted if name not in fitting and not name.endswith("num_batches_tracked")]


def n_types_of(weights: Weights) -> int | None:
    """Return the number of types that the weights of a trained detector tell apart, or None if they are of none."""
    for name in ("roi_heads.box_predictor.cls_score.weight", "roi_heads.box_predictor.0.cls_score.weight"):
        if name in weights:
            return len(weights[name]) - 1
    return None


def _named(weights: Weights, wanted: Mapping[str, Tensor]) -> list[Weights]:
    """Return the weights under the names that they may have in a network."""
    from detectron2.checkpoint.c2_model_loading import align_and_update_state_dicts

    bare = {name.removeprefix("module."): value for name, value in weights.items()}
    candidates = [bare, {f"backbone.bottom_up.{name}": value for name, value in bare.items()}]
    if max(len(_fitting(named, wanted)) for named in candidates) < 0.2 * len(wanted):
        candidates.append(align_and_update_state_dicts(dict(wanted), dict(bare), c2_conversion="conv1_w" in bare))
    return candidates


def _fitting(weights: Weights, wanted: Mapping[str, Tensor]) -> Weights:
    return {name: value for name, value in weights.items() if name in wanted and value.shape == wanted[name].shape}


def _unpacked(path: Path, *, trusted: bool) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    if path.suffix == ".pkl":
        content = path.read_bytes()
        reader = pickle.Unpickler if trusted else _ArrayUnpickler
        return reader(io.BytesIO(content), encoding="latin1").load()
    return torch.load(path, map_location="cpu", weights_only=not trusted)


class _ArrayUnpickler(pickle.Unpickler):
    """Reads arrays, numbers, texts and their containers, and stops at anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ARRAYS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def _tensors(content: Any, path: Path) -> Weights:
    for key in ("model", "state_dict", "blobs"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise DetectorError(f"{path}: holds a {type(content).__name__}, not weights by name")
    found = {
        str(name): value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
        for name, value in content.items()
        if isinstance(value, Tensor | np.ndarray) and not str(name).endswith("_momentum")
    }
    if not found:
        raise DetectorError(f"{path}: holds no weights")
    return found


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
