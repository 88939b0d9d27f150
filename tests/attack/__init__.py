"""The attack: mutated files for every reader, kills and faults for every command; `nox -s attack -- --budget 20`."""
