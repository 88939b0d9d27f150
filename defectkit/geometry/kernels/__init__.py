"""Compiled kernels live here: loops over flat arrays that free the GIL, compiled at first use and cached on disk.

They check nothing and are not public; the functions of :mod:`defectkit.geometry` check their input and call them.
"""
