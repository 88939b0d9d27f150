"""``python -m defectkit``: the command line without its console script."""

from __future__ import annotations

from defectkit.cli.group import main

if __name__ == "__main__":
    main()
