"""Encoder-decoder networks as detectors of defectkit."""
