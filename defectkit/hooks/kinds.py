"""Kind: what can be registered, by which hook, and the interface that it must fulfil."""

from __future__ import annotations

from importlib import import_module

import attrs

from defectkit.errors import UnknownPluginError

COMMAND = "command"
COMMAND_HOOK = "defectkit_register_commands"


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of class that plugins register.

    Parameters
    ----------
    name : str
        What tables and messages call it.
    hook : str
        The hook that returns classes of this kind.
    interface_path : str
        Module and name of the abstract class; imported when a class is first checked, since no stage is imported before
        it is used.
    """

    name: str
    hook: str
    interface_path: str

    @property
    def title(self) -> str:
        """The name as messages print it."""
        return self.name.replace("_", " ")

    def interface(self) -> type:
        """Import and return the abstract class."""
        module, _, name = self.interface_path.rpartition(".")
        found: type = getattr(import_module(module), name)
        return found


KINDS: dict[str, Kind] = {
    name: Kind(name=name, hook=hook, interface_path=f"defectkit.{path}")
    for name, hook, path in (
        ("detector", "defectkit_register_detectors", "detectors.interface.Detector"),
        ("splitter", "defectkit_register_splitters", "splitters.interface.Splitter"),
        ("metric", "defectkit_register_metrics", "metrics.interface.Metric"),
        ("hardening_model", "defectkit_register_hardening_models", "hardening.interface.HardeningModel"),
        ("label_format", "defectkit_register_formats", "formats.interface.LabelFormat"),
        ("image_format", "defectkit_register_formats", "formats.interface.ImageFormat"),
        ("dataset", "defectkit_register_datasets", "datasets.interface.DatasetSource"),
    )
}
"""Every kind of class, by name."""


def kind_of(name: str) -> Kind:
    """Return the kind of that name.

    Raises
    ------
    UnknownPluginError
        If there is no such kind.
    """
    if name not in KINDS:
        raise UnknownPluginError.of("kind of plugin", name, KINDS)
    return KINDS[name]


def kinds_of_hook(hook: str) -> tuple[Kind, ...]:
    """Return the kinds that come in through ``hook``."""
    return tuple(kind for kind in KINDS.values() if kind.hook == hook)
