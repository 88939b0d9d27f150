"""Data: sources of crops, real and drawn, and the batches that a mixture of them gives."""
