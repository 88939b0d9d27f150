from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from defectkit_detectron2.configurations import Changes, configuration_of
from defectkit_detectron2.weights import load_into, n_types_of, read_weights
from safetensors.torch import save_file

from defectkit.errors import DetectorError

CHANGES = Changes(n_types=2, max_detections=10, min_score=0.05)
A = {"a": torch.arange(3.0)}


class Trap:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_every_kind_of_file_is_read(tmp_path: Path) -> None:
    save_file(A, tmp_path / "a.safetensors")
    torch.save(A, tmp_path / "a.pth")
    scheduler = {"base_lrs": [0.1], "last_epoch": 9}
    trainer = {"model": A, "optimizer": {"state": {}}, "scheduler": scheduler, "iteration": 9}
    torch.save(trainer, tmp_path / "model_final.pth")
    zoo = {"model": {"a": np.arange(3.0, dtype=np.float32)}, "__author__": "somebody"}
    (tmp_path / "zoo.pkl").write_bytes(pickle.dumps(zoo))
    caffe = {"blobs": {"a": np.arange(3.0, dtype=np.float32), "a_momentum": np.zeros(3)}}
    (tmp_path / "caffe.pkl").write_bytes(pickle.dumps(caffe, protocol=2))
    for path in tmp_path.iterdir():
        weights = read_weights(path)
        assert list(weights) == ["a"], path
        assert torch.equal(weights["a"], A["a"]), path


@pytest.mark.parametrize("suffix", ["pkl", "pth"])
def test_a_file_with_a_program_is_refused_unless_trusted(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched, path = tmp_path / "touched", tmp_path / f"trap.{suffix}"
    content = {"model": A if suffix == "pth" else {"a": np.zeros(3)}, "trap": Trap(touched)}
    if suffix == "pth":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(DetectorError, match=r"(?s)runs whatever its author put into it.*DEFECTKIT_TRUSTED_FILES"):
        read_weights(path)
    assert not touched.exists()
    monkeypatch.setenv("DEFECTKIT_TRUSTED_FILES", os.pathsep.join(("elsewhere.pkl", str(path))))
    assert list(read_weights(path)) == ["a"]
    assert touched.exists()


@pytest.mark.parametrize("name", ["a.pth", "a.pkl", "a.safetensors"])
def test_a_damaged_file_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(DetectorError, match="no weights lie here"):
        read_weights(path)
    path.write_bytes(b"PK\x03\x04 nothing of use")
    with pytest.raises(DetectorError, match=name):
        read_weights(path)


def test_a_file_without_weights_is_told(tmp_path: Path) -> None:
    torch.save({"iteration": 3}, tmp_path / "a.pth")
    with pytest.raises(DetectorError, match="holds no weights"):
        read_weights(tmp_path / "a.pth")
    torch.save([1, 2], tmp_path / "b.pth")
    with pytest.raises(DetectorError, match="holds a list"):
        read_weights(tmp_path / "b.pth")


def test_imagenet_weights_go_into_the_backbone(imagenet: str) -> None:
    network = configuration_of("small", {}).changed(CHANGES).network()
    weights = read_weights(Path(imagenet))
    left = load_into(network, weights, where=Path(imagenet))
    first = "features.0.0.weight"
    assert torch.equal(network.state_dict()[f"backbone.bottom_up.{first}"], weights[first])
    assert not any(name.startswith("backbone.bottom_up.") for name in left)
    assert "roi_heads.box_predictor.cls_score.weight" in left


def test_layers_of_other_types_are_left_out() -> None:
    four = configuration_of("small", {}).changed(Changes(n_types=4, max_detections=10, min_score=0.05)).network()
    two = configuration_of("small", {}).changed(CHANGES).network()
    weights = {f"module.{name}": value for name, value in four.state_dict().items()}
    left = load_into(two, weights, where=Path("four.pth"))
    assert n_types_of(dict(four.state_dict())) == 4
    assert all("predictor" in name for name in left)
    assert "roi_heads.mask_head.predictor.weight" in left


def test_weights_of_another_network_are_refused() -> None:
    network = configuration_of("small", {}).changed(CHANGES).network()
    with pytest.raises(DetectorError, match="of another network"):
        load_into(network, A, where=Path("a.pth"))
    assert n_types_of(A) is None
