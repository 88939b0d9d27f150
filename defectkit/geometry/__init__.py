"""Geometry lives here, in pixels only: runs, polygons, boxes, overlaps and shapes.

Coordinates are (row, column) and half-open; pixel (0, 0) covers [0, 1) x [0, 1) and has its center at (0.5, 0.5).
Compiled kernels are imported by the functions that need them, so importing a module of this package loads NumPy and
attrs only.
"""
