"""Page: a self-contained HTML page from a template."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from defectkit.reports.numbers import scientific, significant

if TYPE_CHECKING:
    from jinja2 import Environment


PACKAGE = "defectkit.reports"


def render(template: str, *, package: str = PACKAGE, **context: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        The name of a template in the folder ``templates`` of ``package``; all that it prints is escaped. It may extend
        those of ``defectkit.reports``.
    package : str
        A package that is installed: that of a plugin for its own pages.
    **context : Any
        What it prints; a name that it lacks is an error, never a gap.
    """
    from defectkit import __version__

    text: str = _environment(package).get_template(template).render(version=__version__, **context)
    return text


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, PACKAGE))]),
        autoescape=lambda name: name is not None and not name.endswith(".css"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["scientific"] = scientific
    environment.filters["significant"] = significant
    return environment
