"""Where the published tables lie: beside the code that reads them."""

from __future__ import annotations

from pathlib import Path

REGISTRY = Path(__file__).resolve().parent / "registry"
"""The folder of what the paper printed, as reviewed text."""
