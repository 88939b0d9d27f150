"""Checks: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

import attrs

from defectkit.errors import DefectkitError

PIP = "python -m pip install"
IN_CHECKOUT = "   (in the checkout)"
"""Said beside commands that install a part of defectkit, which no package index has."""

OPTIONAL = (
    ("torch", "torch", f"{PIP} torch", "detectors that learn"),
    ("torchvision", "torchvision", f"{PIP} torchvision", "detectors that learn"),
    (
        "detectron2",
        "detectron2",
        f'{PIP} --no-build-isolation "git+https://github.com/facebookresearch/detectron2"',
        "the detector of the paper",
    ),
    (
        "rosettasciio",
        "rsciio",
        f"{PIP} ./plugins/defectkit-rosettasciio{IN_CHECKOUT}",
        "DM3, DM4, EMD, MRC and SER images",
    ),
    ("distributed", "distributed", f'{PIP} "dask[distributed]"', "--dask: more than one process or machine"),
    ("roifile", "roifile", f"{PIP} roifile", "regions of ImageJ"),
)
"""Distribution, module, command that installs it, and what it is for."""


@attrs.frozen(kw_only=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    part : str
        ``python``, ``core``, ``optional`` or ``folder``.
    name : str
    ok : bool
        Whether it is there and works.
    found : str
        The version or the path; what is wrong where it is not ok.
    advice : str
        The command that mends it; empty where nothing needs to be done.
    """

    part: str
    name: str
    ok: bool
    found: str
    advice: str = ""


def run_checks() -> Iterator[Check]:
    """Yield every check; nothing heavy is imported, except torch, where it is installed, to ask for CUDA."""
    yield Check(part="python", name="python", ok=True, found=f"{platform.python_version()} ({sys.executable})")
    yield Check(part="python", name="platform", ok=True, found=platform.platform())
    yield from _core()
    for distribution, module, command, purpose in OPTIONAL:
        yield _optional(distribution, module, command, purpose)
    if find_spec("torch") is not None:
        yield _cuda()
    yield _registry()
    yield _cache()
    yield _plugins()


def requirements(distribution: str) -> tuple[str, ...]:
    """Return what an installed distribution always needs, by its metadata; what only an extra needs is left out."""
    return tuple(r for r in metadata.requires(distribution) or () if "extra ==" not in r)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _core() -> Iterator[Check]:
    version = _version("defectkit")
    if version is None:
        yield Check(
            part="core",
            name="defectkit",
            ok=False,
            found="not installed: its built-ins cannot be found",
            advice=f"{PIP} -e .{IN_CHECKOUT}",
        )
        return
    yield Check(part="core", name="defectkit", ok=True, found=version)
    for requirement in requirements("defectkit"):
        matched = re.match(r"[A-Za-z0-9._-]+", requirement)
        name = matched[0] if matched else requirement
        found = _version(name)
        yield Check(
            part="core",
            name=name,
            ok=found is not None,
            found=found or f"missing ({requirement} is needed)",
            advice="" if found else f'{PIP} "{requirement}"',
        )


def _optional(distribution: str, module: str, command: str, purpose: str) -> Check:
    found = find_spec(module) is not None
    return Check(
        part="optional",
        name=distribution,
        ok=found,
        found=(_version(distribution) or "installed, version unknown") if found else f"missing; for {purpose}",
        advice="" if found else command,
    )


def _cuda() -> Check:
    try:
        torch = import_module("torch")  # by name: the core works without it
        found = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    except Exception as error:  # a broken torch raises whatever its libraries raise
        return Check(
            part="optional", name="CUDA", ok=False, found=f"torch is broken: {error}", advice=f"{PIP} -U torch"
        )
    if found is None:
        return Check(part="optional", name="CUDA", ok=False, found="no device; torch uses the processor")
    return Check(part="optional", name="CUDA", ok=True, found=str(found))


def _registry() -> Check:
    from defectkit.resources import registry_path

    try:
        return Check(part="folder", name="registry", ok=True, found=str(registry_path()))
    except DefectkitError as error:
        return Check(
            part="folder", name="registry", ok=False, found=str(error), advice=f"{PIP} --force-reinstall .{IN_CHECKOUT}"
        )


def _cache() -> Check:
    from defectkit.datasets.places import data_folder

    return check_writable("cache", data_folder())


def check_writable(name: str, folder: Path) -> Check:
    """Return whether ``folder``, or the nearest folder above it that is there, can be written; no file is left."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return Check(part="folder", name=name, ok=True, found=str(folder))
    except OSError as error:
        return Check(
            part="folder",
            name=name,
            ok=False,
            found=f"{folder} cannot be written: {error.strerror}",
            advice=f"make {nearest} a folder that you may write to",
        )


def _plugins() -> Check:
    from defectkit import hooks

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are counted below
        failed = hooks.failures()
    if failed:
        names = ", ".join(sorted({failure.distribution for failure in failed}))
        return Check(
            part="plugins", name="plugins", ok=False, found=f"broken: {names}", advice="defectkit plugins   (says why)"
        )
    return Check(part="plugins", name="plugins", ok=True, found="all loaded")
