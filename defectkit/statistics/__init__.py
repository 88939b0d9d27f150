"""Statistics live here: truth and prediction compared, what of them is summed, and how sure it is."""

from __future__ import annotations
