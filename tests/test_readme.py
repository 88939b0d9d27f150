from __future__ import annotations

import re
from pathlib import Path

import pytest
import tifffile

from defectkit import write_labels
from defectkit.testing.synthetic import synthetic_dataset

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    images, truth = synthetic_dataset(1, 2, shape=(256, 256))
    (tmp_path / "frames").mkdir()
    for name, image in images.items():
        tifffile.imwrite(tmp_path / "frames" / f"{name}.tif", image.pixels)
    write_labels(truth, tmp_path / "truth.json", format="coco", images=images)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) < 10
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "1 / meter ** 3" in printed
    assert 0 <= float(printed.split()[-1]) <= 1
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_readme_names_commands_that_there_are() -> None:
    from defectkit.cli.nouns import NOUNS

    used = re.findall(r"^    defectkit (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert set(used) <= set(NOUNS)
