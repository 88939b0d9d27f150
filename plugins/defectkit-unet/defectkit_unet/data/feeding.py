"""Feeding: batches made ahead by processes beside the one that trains."""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from defectkit_unet.data.mixture import Batch, Mixture

NICENESS = 5


class _Numbered(Dataset[Batch]):
    def __init__(self, mixture: Mixture, first: int, end: int) -> None:
        self.mixture, self.first, self.end = mixture, first, end

    def __len__(self) -> int:
        return self.end - self.first

    def __getitem__(self, index: int) -> Batch:
        return self.mixture[self.first + index]


def feed(mixture: Mixture, first: int, end: int, *, workers: int) -> Iterator[dict[str, Tensor]]:
    """Yield the batches from ``first`` to before ``end``, in order.

    Parameters
    ----------
    mixture : Mixture
    first, end : int
        The same numbers give the same batches, however many workers there are.
    workers : int
        Processes that make batches; with 0 they are made when they are asked for.
    """
    loader = DataLoader(
        _Numbered(mixture, first, end),
        batch_size=None,
        shuffle=False,
        num_workers=workers,
        prefetch_factor=8 if workers else None,
        worker_init_fn=_calm if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
    yield from loader


def _calm(number: int) -> None:
    """Let the process that trains come first."""
    os.nice(NICENESS)
    torch.set_num_threads(1)
