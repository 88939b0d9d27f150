"""Installed: what a process of another machine has to have in common with this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Found = dict[str, str]
"""By distribution the version, and by ``code of PACKAGE`` the digest of its Python files; empty where it is missing."""

CODE = "code of "


def probe() -> Callable[[Iterable[str], Iterable[str], str], Found]:
    """Return a function that says what is installed where it is called.

    It is made anew by each call, so pickle sends it whole: it runs where no defectkit is.

    Returns
    -------
    callable
        Takes distributions, packages whose code is digested, and a path; of the latter it says under ``folder``
        whether it is there.

    Examples
    --------
    >>> probe()(["numpy", "not-there"], [], "/")["not-there"]
    ''
    """

    def found(distributions: Iterable[str], packages: Iterable[str], folder: str) -> Found:
        import hashlib
        import platform
        from importlib import metadata, util
        from pathlib import Path

        there: dict[str, str] = {"folder": folder if not folder or Path(folder).exists() else ""}
        for name in distributions:
            try:
                there[name] = platform.python_version() if name == "python" else metadata.version(name)
            except metadata.PackageNotFoundError:
                there[name] = ""
        for package in packages:
            spec = util.find_spec(package)
            state = hashlib.sha256()
            for root in sorted((spec.submodule_search_locations or ()) if spec else ()):
                for file in sorted(Path(root).rglob("*.py")):
                    state.update(file.relative_to(root).as_posix().encode() + b"\x1f" + file.read_bytes())
            there["code of " + package] = state.hexdigest() if spec else ""
        return there

    return found


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Return what another process lacks or has otherwise, a phrase for each.

    Examples
    --------
    >>> differences({"numpy": "2.1", "mine": "1.0"}, {"numpy": "2.0", "mine": ""})
    ['numpy 2.0 and not 2.1', 'no mine (1.0 is needed)']
    """
    said = []
    for name, wanted in here.items():
        found = there.get(name, "")
        if found == wanted:
            continue
        if name == "folder":
            said.append(f"no folder {wanted}")
        elif name.startswith(CODE):
            package = name.removeprefix(CODE)
            said.append(f"other code of {package}" if found else f"no {package}")
        else:
            said.append(f"{name} {found} and not {wanted}" if found else f"no {name} ({wanted} is needed)")
    return said


def needed(distributions: Mapping[str, str], folder: Any = None) -> tuple[list[str], list[str], str]:
    """Return what :func:`probe` is to be asked about: these distributions, their code, and a folder."""
    packages = [name.replace("-", "_") for name in distributions if name.split("-")[0] == "defectkit"]
    return list(distributions), packages, "" if folder is None else str(folder)
