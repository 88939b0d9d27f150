from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tifffile
from click.testing import CliRunner

from defectkit.cli import cli
from defectkit.testing.synthetic import synthetic_micrograph

pytest.importorskip("distributed", reason="needs the extra dask")


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    for k in range(16):
        tifffile.imwrite(folder / f"frame-{k:03d}.tif", synthetic_micrograph(k, shape=(256, 256))[0].pixels)
    return folder


def command(frames: Path, output: Path) -> list[str]:
    sizes = ["--pixel-size", "1 nm", "--foil-thickness", "100 nm"]
    return [sys.executable, "-m", "defectkit", "analyze", str(frames), "-o", str(output), *sizes, "--dask"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to a group of processes")
@pytest.mark.parametrize("killed_by", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_is_resumed(frames: Path, tmp_path: Path, killed_by: signal.Signals) -> None:
    def kept() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.prediction")}

    with subprocess.Popen(
        command(frames, tmp_path / "out"), start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as process:
        while not kept() and process.poll() is None:
            time.sleep(0.02)
        os.killpg(process.pid, killed_by)
        _, said = process.communicate(timeout=120)
    before = kept()
    assert 0 < len(before) < 16
    assert "Dask: " in said
    assert " workers, dashboard at http://127.0.0.1:" in said
    if killed_by == signal.SIGINT:
        assert process.returncode == 130
        assert "images are done and kept in" in said
    again = subprocess.run([*command(frames, tmp_path / "out")[:-1]], capture_output=True, text=True, check=True)
    alone = subprocess.run([*command(frames, tmp_path / "alone")[:-1]], capture_output=True, text=True, check=True)
    assert "16 images" in again.stdout
    for name in ("defects.csv", "summary.csv", "hardening.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert alone.stdout.replace("alone", "out") == again.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--dask", "frames"], "'frames' is no address of a scheduler, for instance tcp://10.0.0.1:8786"),
        (["--dask", "tcp://10.0.0.1:8786", "--workers", "2"], "--workers is for this machine"),
        (["--dask", "tcp://10.0.0.1:8786", "--dask-config", "slurm.toml"], "give either --dask or --dask-config"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["analyze", "image.tif", "-o", str(tmp_path / "out"), *options])
    assert result.exit_code == 2
    assert said in result.output
