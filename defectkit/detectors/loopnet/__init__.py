"""The detector that ships: a small network that says where defects are, and how large, as ellipses and masks."""
