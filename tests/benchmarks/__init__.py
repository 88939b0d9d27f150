"""Benchmarks: what takes how long beside the libraries others use, and whether the results agree.

Run by ``nox -s bench``; nothing in here is collected by pytest, and no test times anything.
"""
