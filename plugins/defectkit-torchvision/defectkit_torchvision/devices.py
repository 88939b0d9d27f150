"""Devices: where the network runs."""

from __future__ import annotations

import torch

from defectkit.errors import DetectorError


def device_of(name: str) -> torch.device:
    """Return the device called ``name``; ``auto`` is a GPU where torch finds one, and the CPU elsewhere.

    Raises
    ------
    DetectorError
        If there is no such device, or it is a GPU and torch finds none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DetectorError(f"torch knows no device {name!r}; use auto, cpu or cuda") from error
    if device.type not in ("cpu", "cuda"):
        raise DetectorError(f"the device {name!r} is not supported; use auto, cpu or cuda")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DetectorError(
            f"the device {name!r} was asked for, but torch {torch.__version__} finds no CUDA GPU on this machine: "
            "use device=cpu, or install a driver and a CUDA build of torch"
        )
    return device
