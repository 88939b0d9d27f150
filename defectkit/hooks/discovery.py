"""Discovery: from installed entry points to loaded plugins, one failure at a time."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint

import attrs
import pluggy

from defectkit.errors import PluginError
from defectkit.hooks import specs
from defectkit.hooks.kinds import COMMAND, KINDS
from defectkit.hooks.registered import Failure

GROUP = "defectkit"
HOOK_PREFIX = "defectkit_register_"
EVERY_KIND = (*KINDS, COMMAND)


@attrs.frozen(kw_only=True, eq=False)
class Plugin:
    """A plugin that was loaded.

    Parameters
    ----------
    name, value : str
        The entry point: its name, and the module that it points to.
    distribution, version : str
        The installed distribution that declares it.
    module : object
        What was loaded.
    """

    name: str
    value: str
    distribution: str
    version: str
    module: object

    def failure(self, error: Exception, *, kinds: tuple[str, ...] = EVERY_KIND, name: str | None = None) -> Failure:
        """Return the record of something that is wrong with this plugin."""
        return Failure(
            distribution=self.distribution,
            version=self.version,
            plugin=self.name,
            module=self.value,
            reason=reason_of(error),
            kinds=kinds,
            name=name,
            error=error,
        )


def reason_of(error: Exception) -> str:
    """Return one line that says what ``error`` says; errors of defectkit speak for themselves, others are named."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def discover(entry_points: Iterable[EntryPoint]) -> tuple[pluggy.PluginManager, list[Plugin], list[Failure]]:
    """Load the plugins behind ``entry_points``.

    Parameters
    ----------
    entry_points : iterable of importlib.metadata.EntryPoint
        Those of the group ``defectkit``.

    Returns
    -------
    manager : pluggy.PluginManager
        Knows the hooks and the plugins that are in order.
    plugins : list of Plugin
        Those plugins, the ones of defectkit itself first, then by distribution and name.
    failures : list of Failure
        One for each plugin that cannot be loaded, implements an unknown hook or none, or implements one wrongly.
    """
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    plugins: list[Plugin] = []
    failures: list[Failure] = []
    for entry_point in sorted(entry_points, key=_order):
        plugin = Plugin(
            name=entry_point.name,
            value=entry_point.value,
            distribution=entry_point.dist.name if entry_point.dist else "an unknown distribution",
            version=entry_point.dist.version if entry_point.dist else "",
            module=None,
        )
        try:
            plugin = attrs.evolve(plugin, module=entry_point.load())
            _register(manager, plugin)
        except Exception as error:  # whatever a stranger's module raises is that plugin's failure alone
            failures.append(plugin.failure(error))
        else:
            plugins.append(plugin)
    if not any(p.distribution == GROUP for p in plugins) and not any(f.distribution == GROUP for f in failures):
        failures.append(_not_installed())
    return manager, plugins, failures


def _order(entry_point: EntryPoint) -> tuple[bool, str, str]:
    distribution = entry_point.dist.name if entry_point.dist else ""
    return distribution != GROUP, distribution, entry_point.name


def _register(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    unmarked = [
        name
        for name in dir(plugin.module)
        if name.startswith(HOOK_PREFIX) and not hasattr(getattr(plugin.module, name), f"{specs.PROJECT}_impl")
    ]
    if unmarked:
        raise PluginError(f"{', '.join(unmarked)} lacks the mark @hookimpl (from defectkit.hooks import hookimpl)")
    try:
        manager.register(plugin.module, name=f"{plugin.distribution}:{plugin.name}")
        manager.check_pending()
        _check_callers(manager, plugin)
    except pluggy.PluginValidationError as error:
        _forget(manager, plugin)
        known = ", ".join(name for name in dir(specs) if name.startswith(HOOK_PREFIX))
        raise PluginError(f"{' '.join(str(error).split())}. Hooks are: {known}") from error
    except Exception:
        _forget(manager, plugin)
        raise


def _check_callers(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    callers = manager.get_hookcallers(plugin.module)
    if not callers:
        raise PluginError(f"it implements no hook; mark a function {HOOK_PREFIX}... with @hookimpl")
    for caller in callers:
        for hook in caller.get_hookimpls():
            if hook.plugin is plugin.module and (hook.wrapper or hook.hookwrapper):
                raise PluginError(f"{caller.name} is a wrapper; what others register cannot be changed")


def _forget(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    if manager.is_registered(plugin.module):
        manager.unregister(plugin.module)


def _not_installed() -> Failure:
    error = PluginError(
        "the built-ins come in by the entry point of the distribution defectkit, which is not installed: "
        "run `python -m pip install -e .` in the checkout"
    )
    return Failure(
        distribution=GROUP,
        version="not installed",
        plugin="builtins",
        module="defectkit.builtins",
        reason=str(error),
        kinds=EVERY_KIND,
        error=error,
    )
