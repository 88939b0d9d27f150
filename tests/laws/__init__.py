"""Wrong plugins: of each kind a right one, and those that break one law each; `python -m tests.laws` tables both."""
