"""Configurations: ready ones, any YAML or LazyConfig file of Detectron2, and what defectkit sets in them."""

from __future__ import annotations

from defectkit_detectron2.configurations.configuration import Changes, Configuration
from defectkit_detectron2.configurations.reading import configuration_of, restored

__all__ = ["Changes", "Configuration", "configuration_of", "restored"]
