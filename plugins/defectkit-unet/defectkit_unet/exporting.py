"""Exporting: a trained network as one ONNX file, which the core runs without torch, and back into torch."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from defectkit.errors import DetectorError
from defectkit.files.decoding import parse_json

OPSET = 17
PROPERTY = "defectkit"
"""The name of the metadata property that says all about a model, as JSON."""
SHORT = "float16:"
"""What the name of a weight begins with that is stored with 16 bits."""
LEAST_SHORTENED = 64
"""Weights of fewer numbers stay as they are: they are the ones that matter most, and save nothing."""


def export(network: nn.Module, metadata: Mapping[str, Any]) -> bytes:
    """Return a network as an ONNX file.

    Parameters
    ----------
    network : torch.nn.Module
    metadata : mapping of str to Any
        What the core has to know, see ``docs/decisions/loopnet.md``; plain values.

    Notes
    -----
    Weights are stored with 16 bits, and turned into 32 when the file is loaded. Batch normalization stays apart from
    the convolutions, so that the file can be trained on; onnxruntime joins them.
    """
    network = network.cpu().float().eval()
    with io.BytesIO() as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further package is the older one, and says so
        torch.onnx.export(
            network,
            (torch.zeros(1, 1, 64, 64),),
            file,  # type: ignore[arg-type]  # a file will do, as the exporter's documentation says
            opset_version=OPSET,
            input_names=["image"],
            output_names=["maps"],
            dynamic_axes={"image": {0: "n", 2: "height", 3: "width"}, "maps": {0: "n", 2: "rows", 3: "columns"}},
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamo=False,
        )
        model = onnx.load_from_string(file.getvalue())
    shorten(model)
    helper.set_model_props(model, {PROPERTY: json.dumps(dict(metadata), indent=1)})
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def shorten(model: onnx.ModelProto) -> None:
    """Store the larger weights of a model with 16 bits, each with a node that gives it back with 32."""
    graph, casts = model.graph, []
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < LEAST_SHORTENED:
            continue
        short = numpy_helper.from_array(values.astype(np.float16), SHORT + weight.name)
        casts.append(helper.make_node("Cast", [short.name], [weight.name], to=TensorProto.FLOAT))
        graph.initializer.remove(weight)
        graph.initializer.append(short)
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def weights_of(content: bytes) -> dict[str, Tensor]:
    """Return the weights of a network that :func:`export` gave, by their names in torch.

    Raises
    ------
    DetectorError
        If it is no ONNX file.
    """
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf raises what it likes
        raise DetectorError(f"the weights to start from are no ONNX file: {error}") from error
    return {
        weight.name.removeprefix(SHORT): torch.from_numpy(numpy_helper.to_array(weight).astype(np.float32))
        for weight in model.graph.initializer
        if weight.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)
    }


def metadata_of(content: bytes) -> dict[str, Any]:
    """Return what :func:`export` was told to say.

    Raises
    ------
    DetectorError
        If the file says nothing of the kind.
    """
    properties = {entry.key: entry.value for entry in onnx.load_from_string(content).metadata_props}
    if PROPERTY not in properties:
        raise DetectorError("the model does not say which types it knows and how its images are normalized")
    facts: dict[str, Any] = parse_json(properties[PROPERTY], where="what the model says of itself")
    return facts


def load_weights(network: nn.Module, content: bytes, types: tuple[str, ...]) -> None:
    """Put the weights of an exported network into one that may know other types.

    Parameters
    ----------
    network : torch.nn.Module
        Of the same configuration; what it knows of types that the file does not name stays as it is.
    content : bytes
    types : tuple of str
        Those of ``network``.

    Raises
    ------
    DetectorError
        If the file is of another configuration.
    """
    given, state = weights_of(content), network.state_dict()
    known = {name: k for k, name in enumerate(metadata_of(content)["types"])}
    n_shape = len(state["head.maps.bias"]) - len(types)
    for part in ("head.maps.weight", "head.maps.bias"):
        if part not in given:
            raise DetectorError(f"the weights to start from are of another network: {part} is missing")
        own = state[part].clone()
        own[:n_shape] = given[part][:n_shape]
        for k, name in enumerate(types):
            if name in known:
                own[n_shape + k] = given[part][n_shape + known[name]]
        given[part] = own
    learned = {name: value for name, value in state.items() if value.is_floating_point()}
    for name, value in learned.items():
        if name not in given or given[name].shape != value.shape:
            raise DetectorError(
                f"the weights to start from are of another network: {name} is missing or of another shape"
            )
    network.load_state_dict({**state, **{name: given[name] for name in learned}})


def digest(content: bytes) -> str:
    """Return the sha256 of a model file."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def write(content: bytes, path: Path) -> None:
    """Write a model file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
