from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from importlib import import_module

import pytest

import defectkit

HEAVY = {
    "PIL",
    "click",
    "matplotlib",
    "numba",
    "pandas",
    "pint",
    "rich",
    "scipy",
    "shapely",
    "skimage",
    "sklearn",
    "tifffile",
    "xarray",
    "zarr",
}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a process of its own has loaded after running ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, json\n{code}\nprint(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_defectkit_loads_nothing_heavy() -> None:
    loaded = loaded_by("import defectkit")
    assert "defectkit" in loaded
    assert not loaded & {*HEAVY, "numpy"}


def test_the_check_would_see_what_is_loaded() -> None:
    assert {"numpy", "pint"} <= loaded_by("import defectkit\ndefectkit.Calibration")


def test_importing_the_hooks_loads_nothing_heavy() -> None:
    assert not loaded_by("import defectkit.hooks") & {*HEAVY, "numpy"}


def test_the_test_kit_is_not_loaded_with_the_synthetic_micrographs() -> None:
    loaded = loaded_by("import defectkit.testing.synthetic")
    assert not loaded & {"hypothesis", "pytest"}


def test_importing_costs_at_most_twice_what_numpy_does() -> None:
    def seconds(module: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        return time.perf_counter() - start

    rounds = [(seconds("defectkit"), seconds("numpy")) for _ in range(5)]
    ours, numpys = (statistics.median(column) for column in zip(*rounds, strict=True))
    assert ours <= 2 * numpys, f"{ours:.3f} s against {numpys:.3f} s"


@pytest.mark.parametrize("name", defectkit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(defectkit, name) is not None
    assert name in dir(defectkit)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Defekt"):
        _ = defectkit.Defekt  # type: ignore[attr-defined]  # there is none


@pytest.mark.parametrize(
    "package",
    ["defectkit.hooks", "defectkit.testing", "defectkit.records", "defectkit.detectors", "defectkit.splitters"],
)
def test_every_name_of_a_package_is_there(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="Defekt"):
        _ = module.Defekt
