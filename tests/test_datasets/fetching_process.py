"""Run by the tests in a process of its own: fetch one file, until killed."""

from __future__ import annotations

import sys
from pathlib import Path

from defectkit.datasets.fetching import fetch_files
from defectkit.datasets.file_list import RemoteFile


def main(root: str, path: str, expected: str, size: str, address: str) -> None:
    """Fetch the file, saying when the work begins."""
    file = RemoteFile(path=path, hash=expected, size=int(size), address=address)
    import requests

    assert requests  # imported before the clock of the test runs
    print("ready", flush=True)
    found = fetch_files([file], Path(root), folder="owner+data")
    print("whole" if found.paths else str(found.missing[0]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
