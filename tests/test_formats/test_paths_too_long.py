"""A path that is longer than the system takes, in a study or from a program, is one that is not there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from defectkit.errors import ImageReadError, LabelReadError
from defectkit.formats import read_images, read_labels

LONG = Path("a" * 5000)


def test_no_image_lies_there() -> None:
    with pytest.raises(ImageReadError, match="there is no such file"):
        read_images(LONG)


@pytest.mark.parametrize("name", ["coco", None], ids=["a format is given", "no format is given"])
def test_no_labels_lie_there(name: str | None) -> None:
    with pytest.raises(LabelReadError, match="there is no such file or folder"):
        read_labels(LONG, images={}, format=name)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(ImageReadError, match="a pipe or a device"):
        read_images(tmp_path / "pipe.tif")
