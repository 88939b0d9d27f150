"""From micrographs to megapascals: find, measure and evaluate radiation defects in electron micrographs.

Names are loaded when they are first used: importing defectkit imports nothing heavy.
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"

__getattr__, _, _names = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["__version__", *_names]


def __dir__() -> list[str]:
    return __all__
