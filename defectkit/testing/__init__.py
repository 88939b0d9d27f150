"""The public test kit: hypothesis strategies, conformance suites to subclass, and synthetic micrographs.

Strategies and suites need the extra ``defectkit[testing]``; they are imported when they are first used, so that the
synthetic micrographs need neither hypothesis nor pytest.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
