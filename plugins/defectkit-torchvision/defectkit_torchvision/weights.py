"""Weights: of a saved network, those that a training starts from, and why those of others are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import attrs
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json
from defectkit_torchvision.architecture import Architecture
from defectkit_torchvision.devices import device_of
from defectkit_torchvision.network import build

WEIGHTS, ARCHITECTURE = "weights.safetensors", "architecture.json"
DETECTRON2_MARKS = ("backbone.bottom_up.", "proposal_generator.", "roi_heads.box_predictor.cls_score_logits")
DETECTRON2 = (
    "weights of Detectron2 are not those of torchvision: the layers differ, and neither loads the other's. "
    "Use them with the plugin defectkit-detectron2 (--detector detectron2), or train anew"
)


def write_network(network: MaskRCNN, architecture: Architecture, folder: Path) -> None:
    """Write the weights, from whatever device, and the architecture."""
    from safetensors.torch import save_file

    state = network.state_dict()
    save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, folder / WEIGHTS)
    text = json.dumps(attrs.asdict(architecture), indent=2, allow_nan=False)
    (folder / ARCHITECTURE).write_text(text + "\n", encoding="utf-8")


def read_network(folder: Path, device: str) -> tuple[MaskRCNN, Architecture]:
    """Return the network that was written, ready for use on a device.

    Raises
    ------
    DetectorError
        If architecture and weights are damaged, do not fit each other, or are those of somebody else.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    architecture = Architecture(**read_json(folder / ARCHITECTURE))
    network = build(architecture)
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise DetectorError(f"{path}: the weights cannot be read: {error}") from error
    refuse_foreign(state, path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise DetectorError(f"{path}: these weights are of another network: {error}") from error
    return network.to(device_of(device)).eval(), architecture


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
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise DetectorError(f"{path}: no weights lie here") from error
    except Exception as error:  # torch raises whatever its unpickler met
        raise DetectorError(f"{path}: not a file of plain weights, so it was not loaded: {error}") from error
    inner = stored.get("model", stored) if isinstance(stored, dict) else stored
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
