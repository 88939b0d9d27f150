"""Installation: whether there is a Detectron2, and how to get one."""

from __future__ import annotations

import importlib
import logging
import warnings
from importlib.metadata import version

from defectkit.errors import DetectorError

INSTALL = "python -m pip install --no-build-isolation git+https://github.com/facebookresearch/detectron2"


def require_detectron2(name: str = "detectron2.modeling") -> None:
    """Load Detectron2, or say how to install it.

    Raises
    ------
    DetectorError
        If it is not installed, or does not load.
    """
    with warnings.catch_warnings():
        # Detectron2 marks functions with torch.jit.script while it is imported; torch 2.9 and later say that they will
        # drop it. Nothing here can change that, and each import would print ten such lines.
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.script` is deprecated", category=FutureWarning)
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.script` is deprecated", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=r"torch\.meshgrid: in an upcoming release", category=UserWarning)
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise DetectorError(
                f"Detectron2 cannot be imported ({error}). It has no release on PyPI: install torch and torchvision "
                f"first, and then `{INSTALL}`. The README of defectkit-detectron2 names a way without a compiler"
            ) from error
        _hear_out_torch()


def _hear_out_torch() -> None:
    """Let torch say here what it would say once in each run of what Detectron2 calls, which nobody here can change."""
    import torch

    torch.meshgrid(torch.zeros(1), torch.zeros(1))
    logging.getLogger("torch.fx._symbolic_trace").setLevel(logging.ERROR)


def own_version() -> str:
    """Return the version of this distribution."""
    return version("defectkit-detectron2")
