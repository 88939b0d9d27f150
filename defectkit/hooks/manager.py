"""Registry: every registered class by kind and name, and what failed."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from defectkit.errors import DuplicateNameError, PluginError, PluginWarning, UnknownPluginError
from defectkit.hooks.discovery import GROUP, Plugin, discover
from defectkit.hooks.kinds import COMMAND, COMMAND_HOOK, KINDS, Kind, kind_of, kinds_of_hook
from defectkit.hooks.registered import Failure, Registered, RegisteredCommand

Entry = Registered | RegisteredCommand


class Registry:
    """What the plugins behind some entry points registered.

    Plugins are loaded here; each hook is called when something of its kinds is first asked for. Whatever is wrong with
    a plugin becomes a :class:`Failure` and one :class:`~defectkit.errors.PluginWarning`, and touches nothing else.

    Parameters
    ----------
    points : iterable of importlib.metadata.EntryPoint
        Those of the group ``defectkit``.
    """

    def __init__(self, points: Iterable[EntryPoint]) -> None:
        self._manager, self._plugins, self._failures = discover(points)
        self._tables: dict[str, dict[str, Entry]] = {}
        self._warned = 0

    def find(self, kind: str, name: str) -> type[Any]:
        """Return the class of that kind and name.

        Parameters
        ----------
        kind : str
            One of :data:`defectkit.hooks.kinds.KINDS`: ``detector``, ``splitter``, ``metric``, ``hardening_model``,
            ``label_format``, ``image_format`` or ``dataset``.
        name : str

        Raises
        ------
        UnknownPluginError
            If nothing of that name is registered; the message lists the known ones.
        PluginError
            If nothing of that name is registered, but a plugin that failed may have provided it; the reason is named.
        DuplicateNameError
            If two distributions registered it.
        """
        known = self.table(kind)
        if name in known:
            return known[name].cls
        title = kind_of(kind).title
        suspects = [failure for failure in self._failures if failure.may_provide(kind, name)]
        clash = next((f.error for f in suspects if isinstance(f.error, DuplicateNameError)), None)
        if clash is not None:
            raise clash
        if suspects:
            raise PluginError(
                f"no {title} named {name!r} could be loaded. What failed: "
                f"{'; '.join(map(str, suspects))}. Loaded: {', '.join(sorted(known)) or 'none'}"
            ) from suspects[0].error
        raise UnknownPluginError.of(title, name, known, advice="`defectkit plugins` lists all that are installed.")

    def table(self, kind: str) -> Mapping[str, Registered]:
        """Return what is registered of a kind, by name, in the order of registration: built-ins first."""
        self._fill(kind_of(kind).hook)
        rows = self._tables[kind]
        return MappingProxyType({n: r for n, r in rows.items() if isinstance(r, Registered)})

    def commands(self) -> Mapping[str, RegisteredCommand]:
        """Return the commands of plugins by name; the built-in ones are not among them."""
        self._fill(COMMAND_HOOK)
        rows = self._tables[COMMAND]
        return MappingProxyType({n: r for n, r in rows.items() if isinstance(r, RegisteredCommand)})

    def failures(self) -> tuple[Failure, ...]:
        """Return all that is wrong with any plugin; calls every hook."""
        for hook in dict.fromkeys((*(kind.hook for kind in KINDS.values()), COMMAND_HOOK)):
            self._fill(hook)
        return tuple(self._failures)

    def _fill(self, hook: str) -> None:
        names = (COMMAND,) if hook == COMMAND_HOOK else tuple(kind.name for kind in kinds_of_hook(hook))
        if names[0] in self._tables:
            return
        rows: dict[str, list[tuple[Plugin, Entry]]] = {name: [] for name in names}
        for plugin in self._plugins:
            try:
                given = self._call(hook, plugin)
            except Exception as error:  # whatever a stranger's hook raises is that plugin's failure alone
                self._failures.append(plugin.failure(error, kinds=names))
                continue
            for thing in given:
                try:
                    kind, entry = _checked(thing, hook, plugin)
                except PluginError as error:
                    name = getattr(thing, "name", None)
                    self._failures.append(
                        plugin.failure(error, kinds=names, name=name if isinstance(name, str) else None)
                    )
                else:
                    rows[kind].append((plugin, entry))
        self._tables |= {name: self._unique(name, rows[name]) for name in names}
        self._warn()

    def _call(self, hook: str, plugin: Plugin) -> list[Any]:
        given: list[Any] = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin is plugin.module:
                returned = implementation.function()
                if isinstance(returned, str | type) or not isinstance(returned, Iterable):
                    raise PluginError(f"{hook} returned {returned!r}, not a list")
                given.extend(returned)
        return given

    def _unique(self, kind: str, rows: list[tuple[Plugin, Entry]]) -> dict[str, Entry]:
        by_name: dict[str, list[tuple[Plugin, Entry]]] = {}
        for plugin, entry in rows:
            by_name.setdefault(entry.name, []).append((plugin, entry))
        kept = {}
        for name, same in by_name.items():
            built_in = [entry for plugin, entry in same if plugin.distribution == GROUP]
            alone = built_in if len(built_in) == 1 else [entry for _, entry in same]
            if len(alone) == 1:
                kept[name] = alone[0]
            if len(same) > 1:
                given = " and ".join(f"{_path(e)} of {e.distribution} {e.version}" for _, e in same)
                used = "the built-in one is used" if name in kept else "none of them is used"
                error = DuplicateNameError(
                    f"the {kind.replace('_', ' ')} {name!r} is registered more than once, and {used}: by {given}. "
                    "Uninstall one of the distributions, or ask its authors to rename theirs"
                )
                self._failures.append(same[-1][0].failure(error, kinds=(kind,), name=name))
        return kept

    def _warn(self) -> None:
        fresh, self._warned = self._failures[self._warned :], len(self._failures)
        for failure in fresh:
            warnings.warn(str(failure), PluginWarning, stacklevel=4)


def _checked(thing: Any, hook: str, plugin: Plugin) -> tuple[str, Entry]:
    if hook == COMMAND_HOOK:
        return COMMAND, _checked_command(thing, plugin)
    kind = _kind_of_class(thing, kinds_of_hook(hook))
    for attribute in ("name", "description"):
        text = getattr(thing, attribute, None)
        if not isinstance(text, str) or not text.strip():
            raise PluginError(f"{thing.__qualname__} has no class attribute `{attribute}`, a string that is not empty")
    if any(c.isspace() for c in thing.name):
        raise PluginError(f"{thing.__qualname__} has the name {thing.name!r}; a name is one word")
    if inspect.isabstract(thing):
        missing = ", ".join(sorted(thing.__abstractmethods__))
        raise PluginError(f"{thing.__qualname__} does not implement {missing}")
    return kind.name, Registered(
        kind=kind.name,
        name=thing.name,
        cls=thing,
        distribution=plugin.distribution,
        version=plugin.version,
        plugin=plugin.name,
        module=plugin.value,
    )


def _kind_of_class(thing: Any, kinds: tuple[Kind, ...]) -> Kind:
    if not isinstance(thing, type):
        raise PluginError(f"{kinds[0].hook} returned {thing!r}, not a class")
    for kind in kinds:
        if issubclass(thing, kind.interface()):
            return kind
    interfaces = " or ".join(kind.interface_path for kind in kinds)
    raise PluginError(f"{thing.__qualname__} is not a subclass of {interfaces}")


def _checked_command(thing: Any, plugin: Plugin) -> RegisteredCommand:
    import click

    if not isinstance(thing, click.Command):
        raise PluginError(f"{COMMAND_HOOK} returned {thing!r}, not a click command")
    if not thing.name:
        raise PluginError(f"{COMMAND_HOOK} returned a click command without a name")
    return RegisteredCommand(
        name=thing.name,
        command=thing,
        distribution=plugin.distribution,
        version=plugin.version,
        plugin=plugin.name,
        module=plugin.value,
    )


def _path(entry: Entry) -> str:
    if isinstance(entry, Registered):
        return f"{entry.cls.__module__}.{entry.cls.__qualname__}"
    return f"the command of plugin {entry.plugin!r}"


@cache
def tables() -> Registry:
    """Return the tables of all that is installed; made once, when first asked for."""
    return Registry(entry_points(group=GROUP))


def find(kind: str, name: str) -> type[Any]:
    """Return the installed class of that kind and name.

    Parameters
    ----------
    kind : str
        One of :data:`defectkit.hooks.kinds.KINDS`: ``detector``, ``splitter``, ``metric``, ``hardening_model``,
        ``label_format``, ``image_format`` or ``dataset``.
    name : str
        What ``defectkit plugins`` calls it.

    Raises
    ------
    UnknownPluginError, PluginError, DuplicateNameError
        As :meth:`Tables.find`.

    Examples
    --------
    >>> find("detector", "blob").name
    'blob'
    """
    return tables().find(kind, name)


def table(kind: str) -> Mapping[str, Registered]:
    """Return what is installed of a kind, by name: built-ins first.

    Parameters
    ----------
    kind : str
        As :func:`find` takes it.

    Raises
    ------
    UnknownPluginError
        If there is no such kind.
    """
    return tables().table(kind)


def interface(kind: str) -> type:
    """Return the abstract class that everything of a kind derives from.

    Parameters
    ----------
    kind : str
        As :func:`find` takes it.

    Raises
    ------
    UnknownPluginError
        If there is no such kind.
    """
    return kind_of(kind).interface()


def commands() -> Mapping[str, RegisteredCommand]:
    """Return the commands of installed plugins, by name."""
    return tables().commands()


def failures() -> tuple[Failure, ...]:
    """Return all that is wrong with any installed plugin."""
    return tables().failures()
