"""Devices: where a training runs."""

from __future__ import annotations

import torch

from defectkit.errors import DetectorError

DEVICES = ("auto", "cpu", "cuda")


def device_of(name: str) -> torch.device:
    """Return the device of this name; ``auto`` is a GPU where there is one.

    Raises
    ------
    DetectorError
        If there is no such device.
    """
    if name not in DEVICES:
        raise DetectorError(f"device is {name!r}; choose one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise DetectorError("device is 'cuda', but torch sees no GPU; use 'auto' or 'cpu'")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)
