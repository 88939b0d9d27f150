"""Rows: one kind of work in each module, with everybody who does it."""
