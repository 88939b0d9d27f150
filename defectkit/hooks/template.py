"""Template: a plugin to begin with, as a distribution that installs and passes its tests as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from defectkit.errors import OutputError, PluginError, UnknownPluginError
from defectkit.files import new_folder

COMMAND = "command"
TEMPLATE_KINDS = {
    "detector": "A detector",
    "trainable": "A detector that learns",
    "splitter": "A splitter",
    "metric": "A metric",
    "hardening": "A hardening model",
    "label-format": "A label format",
    "image-format": "An image format",
    "dataset": "A data set",
    COMMAND: "A command",
}
"""What there is a template of, with the words for it."""
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def write_plugin(name: str, kind: str, folder: Path) -> Path:
    """Write a plugin into a new folder: metadata, one hook, one class, a test by the suite of its kind, README and CI.

    Parameters
    ----------
    name : str
        Of what is registered: lower case letters, digits and single ``-``. The distribution is ``defectkit-NAME``.
    kind : str
        One of :data:`TEMPLATE_KINDS`.
    folder : pathlib.Path
        Where the folder of the distribution is made.

    Returns
    -------
    pathlib.Path
        The folder of the distribution.

    Raises
    ------
    PluginError
        If the name cannot be one.
    UnknownPluginError
        If there is no such kind.
    OutputError
        If the folder is there already.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write_plugin("darkest", "detector", Path(folder))
    ...     sorted(path.name for path in made.iterdir())
    ['.github', 'README.md', 'defectkit_darkest', 'pyproject.toml', 'tests']
    """
    if kind not in TEMPLATE_KINDS:
        raise UnknownPluginError.of("kind of template", kind, TEMPLATE_KINDS)
    if not NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot be the name of a plugin: use lower case letters, digits and single '-'")
    words = {
        "name": name,
        "distribution": f"defectkit-{name}",
        "module": f"defectkit_{name.replace('-', '_')}",
        "variable": name.replace("-", "_"),
        "cls": "".join(part.capitalize() for part in name.split("-")),
        "title": TEMPLATE_KINDS[kind],
    }
    target = folder / words["distribution"]
    if target.exists():
        raise OutputError(f"{target} is there already; give another name or another --output")
    with new_folder(target) as made:
        for path, template in _files(kind, words["module"], words["variable"]).items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_text(_filled(template, words), encoding="utf-8")
    return target


def _files(kind: str, module: str, variable: str) -> dict[str, str]:
    """Return the template of each file of a distribution, by its path."""
    common = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".github/workflows/tests.yml": "ci.yml",
        f"{module}/__init__.py": kind,
    }
    if kind == COMMAND:
        return common | {f"tests/test_{variable}.py": "test_of_command"}
    return common | {f"{module}/conformance.py": f"{kind}_suite", f"tests/test_{variable}.py": "test_of_suite"}


def _filled(template: str, words: dict[str, str]) -> str:
    text = files("defectkit.hooks").joinpath("templates", f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)
