"""Datasets: the catalogue, fetching, label versions, what differs between them, and health checks.

Names are loaded when they are first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
