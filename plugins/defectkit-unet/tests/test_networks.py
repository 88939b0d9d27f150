from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from defectkit_unet.exporting import export, load_weights, metadata_of, weights_of
from defectkit_unet.facts import facts
from defectkit_unet.networks import NETWORKS, build
from torch import nn

from defectkit.detectors.loopnet.session import Network
from defectkit.errors import DetectorError

TYPES = ("a", "b", "c")


@pytest.fixture(params=sorted(NETWORKS))
def network(request: pytest.FixtureRequest) -> nn.Module:
    """Weights and statistics as after a training: none like another."""
    torch.manual_seed(0)
    made = build(request.param, len(TYPES))
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.bias.data):
                values.normal_(0, 0.1)
            for values in (module.running_var, module.weight.data):
                values.uniform_(0.5, 1.5)
    return made.eval()


def of(network: nn.Module) -> str:
    return {"LoopNet": "loopnet", "UNet": "unet", "DefectSegNet": "defectsegnet"}[type(network).__name__]


def test_what_is_exported_gives_the_same_maps_at_any_size(network: nn.Module) -> None:
    content = export(network, facts(TYPES, version="1"))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for shape in ((1, 1, 64, 96), (2, 1, 48, 32)):
        image = torch.randn(shape)
        with torch.inference_mode():
            expected = network(image).numpy()
        (given,) = session.run(["maps"], {"image": image.numpy()})
        assert given.shape == (shape[0], 10, shape[2] // 2, shape[3] // 2)
        np.testing.assert_allclose(given, expected, atol=0.02)


def test_the_core_takes_what_is_exported(network: nn.Module) -> None:
    made = Network.of(export(network, facts(TYPES, version="1", calibration=(1.5, -0.2))), source="a test")
    assert made.facts.types == TYPES
    assert (made.facts.slope, made.facts.intercept) == (1.5, -0.2)
    assert made.maps(np.zeros((50, 70), np.float32)).shape == (10, 25, 35)


def test_a_file_is_small(network: nn.Module) -> None:
    assert len(export(network, facts(TYPES, version="1"))) < 5e6


def test_an_exported_network_can_be_trained_on_with_other_types(network: nn.Module) -> None:
    content = export(network, facts(TYPES, version="1"))
    other = build(of(network), 2)
    load_weights(other, content, ("c", "new"))
    image = torch.randn(1, 1, 32, 32)
    with torch.inference_mode():
        old, new = network(image), other.eval()(image)
    torch.testing.assert_close(new[:, :7], old[:, :7], atol=0.02, rtol=0)
    torch.testing.assert_close(new[:, 7], old[:, 9], atol=0.02, rtol=0)


def test_weights_of_another_network_are_refused() -> None:
    torch.manual_seed(0)
    content = export(build("loopnet", 3), facts(TYPES, version="1"))
    with pytest.raises(DetectorError, match="of another network"):
        load_weights(build("unet", 3), content, TYPES)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(DetectorError, match="no ONNX file"):
        weights_of(b"\x08\xffnothing")
    plain = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
    with pytest.raises(DetectorError, match="does not say which types"):
        metadata_of(plain.SerializeToString())


def test_metadata_is_plain_json() -> None:
    held = metadata_of(export(build("loopnet", 3), facts(TYPES, version="7", training={"seed": 1})))
    assert held["version"] == "7"
    assert json.loads(json.dumps(held))["training"] == {"seed": 1}


def test_there_is_no_other_configuration() -> None:
    with pytest.raises(DetectorError, match="choose one of loopnet, defectsegnet, unet"):
        build("vgg", 1)
