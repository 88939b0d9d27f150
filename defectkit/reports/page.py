"""Page: a self-contained HTML page from a template."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from defectkit.reports.numbers import scientific, significant

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **context: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        The name of a template in ``defectkit/reports/templates``; all that it prints is escaped.
    **context : Any
        What it prints; a name that it lacks is an error, never a gap.
    """
    from defectkit import __version__

    text: str = _environment().get_template(template).render(version=__version__, **context)
    return text


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("defectkit.reports"),
        autoescape=lambda name: name is not None and not name.endswith(".css"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["scientific"] = scientific
    environment.filters["significant"] = significant
    return environment
