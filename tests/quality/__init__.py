"""How well detectors find defects on real and on drawn images that nothing was tuned on."""
