"""Sources: what a network learns from, and how much of each."""

from __future__ import annotations

from collections.abc import Callable, Collection

from defectkit_unet.data.crop import Source
from defectkit_unet.data.drawn import FecralSource, RandomisedSource
from defectkit_unet.data.labelled import LabelledSource
from defectkit_unet.recipe.parts import background_scenes, dark_scenes, titanium_scenes

REAL = ("titanium", "steel", "emps")
SHARES = {"randomised": 4.0, "fecral": 2.5, "titanium": 1.8, "steel": 0.7, "emps": 1.8, "backgrounds": 0.4}
"""How often each source is drawn from, relative to the others."""
FECRAL_SEED = 20190
"""Of the synthetic FeCrAl micrographs that are learned from; the data set ``synthetic-fecral`` has others."""


def sources(*, left_out: Collection[str] = ()) -> dict[str, tuple[Source, float]]:
    """Return the sources by name with their shares.

    Parameters
    ----------
    left_out : collection of str
        Sources that are not to be learned from.
    """
    backdrops = tuple(background_scenes())
    make: dict[str, Callable[[], Source]] = {
        "randomised": lambda: RandomisedSource(backdrops=backdrops),
        "fecral": lambda: FecralSource(seed=FECRAL_SEED),
        "titanium": lambda: LabelledSource(scenes=titanium_scenes()),
        "steel": lambda: LabelledSource(scenes=dark_scenes("steel")),
        "emps": lambda: LabelledSource(scenes=dark_scenes("emps")),
        "backgrounds": lambda: LabelledSource(scenes=backdrops),
    }
    return {name: (made(), SHARES[name]) for name, made in make.items() if name not in left_out}
