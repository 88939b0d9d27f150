"""Making: the whole way from images to the files of a model."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from pathlib import Path

import attrs
import torch

from defectkit.detectors.learning.parts import Part
from defectkit.synthesis import TYPES
from defectkit_unet.data.crop import Source
from defectkit_unet.data.labelled import LabelledSource
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.devices import device_of
from defectkit_unet.exporting import digest, export, write
from defectkit_unet.facts import facts
from defectkit_unet.networks import build
from defectkit_unet.recipe.parts import dark_scenes, titanium_scenes
from defectkit_unet.recipe.sources import SHARES, sources
from defectkit_unet.training import Schedule, train_network
from defectkit_unet.watching import Watched

QUICK = 1500
MODEL, RECORD = "loopnet.onnx", "training.json"
VERSION = "1"


@attrs.frozen(kw_only=True)
class Recipe:
    """What the training of a network is told.

    Parameters
    ----------
    iterations, batch_size : int
    crop_size : int
        Pixels.
    watch_every : int
    left_out : tuple of str
        Sources that are not learned from.
    seed : int
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    """

    iterations: int = 13500
    batch_size: int = 8
    crop_size: int = 160
    watch_every: int = 250
    left_out: tuple[str, ...] = ()
    seed: int = 0
    device: str = "auto"


def make(output: Path, recipe: Recipe, *, threads: int = 1, workers: int = 1) -> Path:
    """Train a network, and write it with its curves and a record of how it was made.

    Parameters
    ----------
    output : pathlib.Path
        A folder; checkpoints go there, too, and the same call is resumed from them.
    recipe : Recipe
    threads, workers : int
        Of the network, and processes that make crops.

    Returns
    -------
    pathlib.Path
        The ONNX file, not calibrated yet: what the core makes of its scores is fitted on the tuning parts.
    """
    began = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    device = device_of(recipe.device)
    mixed = sources(left_out=recipe.left_out)
    network, history = train_network(
        build("loopnet", len(TYPES)),
        Mixture(sources=mixed, side=recipe.crop_size, batch_size=recipe.batch_size, seed=recipe.seed),
        Schedule(iterations=recipe.iterations, watch_every=recipe.watch_every, workers=workers),
        device=device,
        watch=Watched.of(tuning_scenes(), recipe.crop_size, recipe.batch_size, device).figures,
        workspace=output,
    )
    history.write(output)
    content = export(network, facts(TYPES, version=VERSION, training=attrs.asdict(recipe)))
    write(content, output / MODEL)
    record = {
        "weights": digest(content),
        "recipe": attrs.asdict(recipe),
        "shares": {name: SHARES[name] for name in mixed},
        "scenes": counts(mixed),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "device": device.type,
        "threads": threads,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "minutes_of_the_last_call": round((time.monotonic() - began) / 60, 1),
    }
    (output / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return output / MODEL


def tuning_scenes() -> dict[str, list[Scene]]:
    """Return the tuning parts of the real sets by name."""
    return {
        "titanium": titanium_scenes(Part.TUNING),
        "steel": list(dark_scenes("steel", Part.TUNING)),
        "emps": list(dark_scenes("emps", Part.TUNING)),
    }


def counts(mixed: Mapping[str, tuple[Source, float]]) -> dict[str, dict[str, int]]:
    """Return how many images and defects of each real source are learned from."""
    return {
        name: {"images": len(source.scenes), "defects": sum(len(scene.ellipses) for scene in source.scenes)}
        for name, (source, _) in mixed.items()
        if isinstance(source, LabelledSource)
    }
