"""Folder: a network on disk, without a pickle."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save as serialized
from torch import nn

from defectkit.errors import DetectorError
from defectkit_detectron2.configurations import Configuration, restored
from defectkit_detectron2.devices import device_of
from defectkit_detectron2.weights import read_weights

WEIGHTS, CONFIGURATION, KIND = "weights.safetensors", "config.yaml", "config-kind.txt"


def write_network(network: nn.Module, configuration: Configuration, folder: Path) -> None:
    """Write the weights, from whatever device, and the configuration."""
    (folder / CONFIGURATION).write_text(configuration.text, encoding="utf-8")
    (folder / KIND).write_text(configuration.kind + "\n", encoding="utf-8")
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    (folder / WEIGHTS).write_bytes(serialized(state))


def read_network(folder: Path, device: str) -> tuple[nn.Module, Configuration]:
    """Return the network that was written, ready for use on a device.

    Raises
    ------
    DetectorError
        If configuration and weights are damaged, or do not fit each other.
    """
    path = folder / CONFIGURATION
    kind = (folder / KIND).read_text(encoding="utf-8").strip()
    configuration = restored(path.read_text(encoding="utf-8"), kind, where=str(path))
    network = configuration.network()
    weights = read_weights(folder / WEIGHTS)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise DetectorError(f"{folder / WEIGHTS}: the weights are not those of {CONFIGURATION}: {error}") from error
    return network.to(device_of(device)).eval(), configuration
