"""Weights: those that a training starts from, and why those of others are refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from defectkit.errors import DetectorError

DETECTRON2_MARKS = ("backbone.bottom_up.", "proposal_generator.", "roi_heads.box_predictor.cls_score_logits")
DETECTRON2 = (
    "weights of Detectron2 are not those of torchvision: the layers differ, and neither loads the other's. "
    "Use them with the plugin defectkit-detectron2 (--detector detectron2), or train anew"
)


def weights_digest(path: str) -> str:
    """Return name and sha256 of a file of weights, as a model card shows it; empty for no file.

    Raises
    ------
    DetectorError
        If there is no such file.
    """
    if not path:
        return ""
    try:
        return f"{Path(path).name} sha256:{hashlib.sha256(Path(path).read_bytes()).hexdigest()}"
    except OSError as error:
        raise DetectorError(f"initial weights: {path} cannot be read: {error}") from error


def load_initial(network: MaskRCNN, path: Path, backbone: str) -> None:
    """Put weights of torchvision into ``network``: ImageNet ones into its body, or those of a Mask R-CNN throughout.

    Of a Mask R-CNN (COCO), what depends on the types and on the number of anchors stays as it is.

    Raises
    ------
    DetectorError
        If the file is missing, holds more than tensors, or is of another network.
    """
    state = _read(path)
    refuse_foreign(state, path)
    body = {name: value for name, value in network.state_dict().items() if name.startswith("backbone.body.")}
    given = state if any(name in body for name in state) else _as_body(state, backbone)
    fitting = {
        name: given[name]
        for name, value in network.state_dict().items()
        if name in given and given[name].shape == value.shape
    }
    missing = [name for name in body if name not in fitting and not name.endswith("num_batches_tracked")]
    if missing:
        raise DetectorError(
            f"{path}: these weights are not of a {backbone}: {missing[0].removeprefix('backbone.body.')} "
            "is missing or of another shape"
        )
    network.load_state_dict(fitting, strict=False)


def refuse_foreign(state: Mapping[str, Tensor], path: Path) -> None:
    """Raise where weights are named as Detectron2 names them.

    Raises
    ------
    DetectorError
        Saying what to do.
    """
    if any(mark in name for name in state for mark in DETECTRON2_MARKS):
        raise DetectorError(f"{path}: {DETECTRON2}")


def _as_body(state: Mapping[str, Tensor], backbone: str) -> dict[str, Tensor]:
    prefix = "features." if backbone == "mobilenet_v2" else ""
    return {f"backbone.body.{name.removeprefix(prefix)}": value for name, value in state.items()}


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    if path.suffix == ".pkl":
        raise DetectorError(f"{path}: a pickle can run anything when it is read, so it is refused; {DETECTRON2}")
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise DetectorError(f"{path}: no weights lie here") from error
    except Exception as error:  # torch raises whatever its unpickler met
        raise DetectorError(f"{path}: not a file of plain weights, so it was not loaded: {error}") from error
    inner = held.get("model", held) if isinstance(held, dict) else held
    if not isinstance(inner, dict) or not all(isinstance(value, Tensor) for value in inner.values()):
        raise DetectorError(f"{path}: not a table of weights by name")
    return dict(inner)


def refuse_folder(folder: Path) -> None:
    """Raise where a folder holds weights of others and no model of defectkit.

    Raises
    ------
    DetectorError
        Naming the file.
    """
    if (folder / "card.json").is_file() or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in (".pth", ".pkl", ".pt"):
            raise DetectorError(
                f"{folder}: {path.name} is a checkpoint of somebody else, not a detector saved with its card and "
                f"settings; {DETECTRON2}"
            )
