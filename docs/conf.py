"""Sphinx configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import defectkit

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "defectkit"
author = "The defectkit developers"
copyright = "2026, The defectkit developers"  # noqa: A001 - Sphinx reads this name
version = release = defectkit.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_design",
    "command_help",
    "error_tree",
    "mathml",
    "public_names",
    "short_references",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_static", "decisions/README.md", "reproduction/*"]
templates_path: list[str] = []
html_theme = "furo"
html_math_renderer = "mathml"
html_title = "defectkit"
html_static_path: list[str] = ["_static"]
autodoc_preserve_defaults = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
