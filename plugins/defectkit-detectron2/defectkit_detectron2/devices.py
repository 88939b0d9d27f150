"""Devices: where the network runs, and on how many."""

from __future__ import annotations

import torch

from defectkit.errors import DetectorError


def device_of(name: str, processes: int = 1, *, mixed_precision: bool = False) -> torch.device:
    """Return the device called ``name``, once it is sure that all that is asked of it can be had.

    Parameters
    ----------
    name : str
        ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:1``.
    processes : int
        How many processes train, each on a GPU of its own if the device is one.
    mixed_precision : bool
        Whether half of the digits are to be used where they suffice.

    Raises
    ------
    DetectorError
        If torch knows no such device, it is a GPU and there is none, there are fewer GPUs than processes, or mixed
        precision is asked of a CPU.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DetectorError(f"torch knows no device {name!r}; use auto, cpu or cuda") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DetectorError(
            f"the device {name!r} was asked for, but torch {torch.__version__} finds no CUDA GPU on this machine: "
            "use device=cpu, or install a driver and a CUDA build of torch"
        )
    if device.type == "cuda" and processes > torch.cuda.device_count():
        raise DetectorError(f"{processes} processes need as many GPUs, but torch finds {torch.cuda.device_count()}")
    if mixed_precision and device.type != "cuda":
        raise DetectorError(f"mixed precision needs a GPU, but the device is {name!r}: leave out mixed_precision")
    return device
