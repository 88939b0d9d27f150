"""Sphinx configuration."""

from __future__ import annotations

import defectkit

project = "defectkit"
author = "The defectkit developers"
copyright = "2026, The defectkit developers"  # noqa: A001 - Sphinx reads this name
version = release = defectkit.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
templates_path: list[str] = []
html_theme = "furo"
html_title = "defectkit"
html_static_path: list[str] = ["_static"]
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
