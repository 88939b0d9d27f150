from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from defectkit_unet.data.warping import Scene
from defectkit_unet.recipe import making, sources
from defectkit_unet.recipe.__main__ import main

from defectkit.detectors.loopnet.session import Network
from defectkit.synthesis import TYPES, Ellipses


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe without the real sets, which lie elsewhere."""
    rng = np.random.default_rng(0)
    made = Scene.of(rng.integers(0, 255, (96, 96)).astype(np.uint8), Ellipses.circles([(40.0, 40.0)], [9.0]))
    ground = Scene.of(rng.integers(0, 255, (96, 96)).astype(np.uint8), Ellipses.empty())
    for module in (sources, making):
        monkeypatch.setattr(module, "titanium_scenes", lambda *part: [made])
        monkeypatch.setattr(module, "dark_scenes", lambda *part: iter([made]))
    monkeypatch.setattr(sources, "background_scenes", lambda: [ground])


@pytest.mark.usefixtures("no_files")
def test_one_command_makes_the_files_of_a_model(tmp_path: Path) -> None:
    options = ["-o", str(tmp_path), "--iterations", "2", "--device", "cpu", "--leave-out", "steel"]
    result = CliRunner().invoke(main, options, catch_exceptions=False)
    assert result.exit_code == 0
    network = Network.of((tmp_path / "loopnet.onnx").read_bytes(), source="a test")
    assert network.facts.types == TYPES
    record = json.loads((tmp_path / "training.json").read_text())
    assert set(record["shares"]) == {"randomised", "fecral", "titanium", "emps", "backgrounds"}
    assert record["scenes"]["titanium"] == {"images": 1, "defects": 1}
    assert record["recipe"]["iterations"] == 2
    assert "validation_emps_object" in (tmp_path / "history.csv").read_text().splitlines()[0]
    assert (tmp_path / "history.png").is_file()


@pytest.mark.usefixtures("no_files")
def test_a_set_left_out_is_not_learned_from() -> None:
    assert "titanium" not in sources.sources(left_out=["titanium"])
