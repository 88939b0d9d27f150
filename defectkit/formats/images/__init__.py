"""Image files live here: what reads each kind, and where the size of a pixel comes from."""
