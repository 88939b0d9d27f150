"""Registered and Failure: what a plugin gave, and what went wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import click


@attrs.frozen(kw_only=True)
class Registered:
    """A class that a plugin registered.

    Parameters
    ----------
    kind : str
        For instance ``detector``; see :data:`defectkit.hooks.kinds.KINDS`.
    name : str
        The name it is asked for by, unique within its kind.
    cls : type
    distribution, version : str
        The installed distribution that it came with.
    plugin, module : str
        The name of the entry point and what it points to.
    """

    kind: str
    name: str
    cls: type
    distribution: str
    version: str
    plugin: str
    module: str

    @property
    def description(self) -> str:
        """One sentence on what it does, as the class states it."""
        return str(getattr(self.cls, "description", ""))


@attrs.frozen(kw_only=True)
class RegisteredCommand:
    """A command that a plugin registered.

    Parameters
    ----------
    name : str
    command : click.Command
    distribution, version : str
        The installed distribution that it came with.
    plugin, module : str
        The name of the entry point and what it points to.
    """

    name: str
    command: click.Command
    distribution: str
    version: str
    plugin: str
    module: str

    @property
    def description(self) -> str:
        """The first sentence of its help."""
        return self.command.get_short_help_str(limit=200)


@attrs.frozen(kw_only=True)
class Failure:
    """A plugin, a hook of one or a single thing it registered, that cannot be used.

    Parameters
    ----------
    distribution, version : str
        The installed distribution.
    plugin, module : str
        The name of the entry point and what it points to.
    reason : str
        What went wrong.
    kinds : tuple of str
        The kinds that it may have provided something of.
    name : str, optional
        The name of the one thing that is refused; None where the names that it would have given are not known.
    error : Exception
        The exception behind the reason.
    """

    distribution: str
    version: str
    plugin: str
    module: str
    reason: str
    kinds: tuple[str, ...]
    name: str | None = None
    error: Exception = attrs.field(eq=False, repr=False)

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} of {self.distribution} {self.version} ({self.module}): {self.reason}"

    def may_provide(self, kind: str, name: str) -> bool:
        """Return whether, had it worked, it could have provided the thing of that ``kind`` and ``name``."""
        return kind in self.kinds and self.name in (None, name)
