from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import detect
from defectkit.detectors.loopnet import LoopNet, Polarity
from defectkit.detectors.loopnet.model import SHIPPED
from defectkit.detectors.loopnet.session import GRID, LARGEST_TILE, OVERLAP, Network, cheapest_tiles
from defectkit.errors import DetectorError, MissingCalibrationError
from defectkit.geometry.overlap import mask_iou
from defectkit.records import Image, Instances
from defectkit.testing import DetectorSuite
from defectkit.testing.synthetic import synthetic_micrograph


def scene(seed: int = 5, shape: tuple[int, int] = (256, 256)) -> tuple[Image, Instances]:
    return synthetic_micrograph(seed, shape=shape, counts={"bdot": 8, "loop_111": 4}, n_lines=0)


def found(pixels: np.ndarray, **options: Any) -> Instances:
    (prediction,) = detect(LoopNet(**options), [Image.from_array("image", pixels)])
    return prediction.instances


def agreement(a: Instances, b: Instances) -> float:
    """How many of the defects of both have a partner of IoU 0.5."""
    pairs = mask_iou(a.runs, b.runs) >= 0.5
    return float(pairs.any(axis=0).sum() + pairs.any(axis=1).sum()) / max(len(a) + len(b), 1)


class TestConformance(DetectorSuite):
    cls = LoopNet
    options: ClassVar = {"operating_point": "count", "polarity": "dark", "min_diameter": "1 nm", "max_diameter": "1 um"}


class TestConformanceOfDefaults(DetectorSuite):
    cls = LoopNet


def test_it_finds_what_is_drawn() -> None:
    image, truth = scene()
    assert agreement(found(image.pixels), truth) > 0.8


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_depth_of_gray_values_does_not_matter(dtype: str) -> None:
    image, _ = scene()
    pixels = np.asarray(image.pixels, np.float64)
    factor = {"uint8": 1.0, "uint16": 200.0, "float32": 1e-3}[dtype]
    assert agreement(found((pixels * factor).astype(dtype)), found(image.pixels)) == 1


def test_bright_defects_are_found_in_the_negative() -> None:
    image, truth = scene(7, (320, 320))
    negative = 255 - np.asarray(image.pixels)
    assert agreement(found(negative, polarity="bright"), found(image.pixels, polarity="dark")) > 0.95
    (prediction,) = detect(LoopNet(), [Image.from_array("negative", negative)])
    assert agreement(prediction.instances, truth) > 0.7
    assert any("brighter" in note for note in prediction.notes)
    assert Polarity.AUTO is LoopNet().polarity


def test_half_and_double_magnification_give_the_same_defects() -> None:
    image, truth = scene(11, (384, 384))
    large = np.kron(np.asarray(image.pixels), np.ones((2, 2), np.uint8))
    areas = found(large).areas
    assert agreement(found(image.pixels), truth) > 0.7
    assert np.median(areas) / 4 == pytest.approx(np.median(found(image.pixels).areas), rel=0.25)


def test_one_thread_and_several_give_the_same() -> None:
    content = LoopNet().model.content
    networks = [Network.of(content, source="the model", threads=n) for n in (1, 3)]
    pixels = np.random.default_rng(0).normal(size=(200, 333)).astype(np.float32)
    one, several = (network.maps(pixels) for network in networks)
    np.testing.assert_array_equal(one, several)


def test_tiles_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    network = LoopNet().model.network
    pixels = np.random.default_rng(1).normal(size=(500, 940)).astype(np.float32)
    whole = network.maps(pixels)
    monkeypatch.setattr("defectkit.detectors.loopnet.session.LARGEST_TILE", 320_000)
    assert len(cheapest_tiles((500 // GRID + 1, 940 // GRID + 1))) > 1
    np.testing.assert_allclose(network.maps(pixels), whole, atol=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (128, 128), (181, 181), (600, 20), (20, 600), (1875, 1875)])
def test_tiles_cover_an_image_share_enough_and_are_not_too_large(shape: tuple[int, int]) -> None:
    tiles = cheapest_tiles(shape)
    assert max((t.bottom - t.top) * (t.right - t.left) for t in tiles) * GRID**2 <= LARGEST_TILE
    for ends in ({(t.top, t.bottom) for t in tiles}, {(t.left, t.right) for t in tiles}):
        ordered = sorted(ends)
        assert ordered[0][0] == 0
        assert all(after[0] <= before[1] - OVERLAP // GRID for before, after in itertools.pairwise(ordered))
    assert max(t.bottom for t in tiles) == shape[0]
    assert max(t.right for t in tiles) == shape[1]


def test_diameters_are_limited_in_nm() -> None:
    image, _ = scene()
    size = image.required_calibration().pixel_size_nm[0]
    everything = found(image.pixels)
    diameters = 2 * np.sqrt(everything.areas / np.pi) * size
    limit = float(np.median(diameters))
    (prediction,) = detect(LoopNet(min_diameter=f"{limit} nm"), [image])
    assert 0 < len(prediction.instances) < len(everything)
    with pytest.raises(MissingCalibrationError):
        found(image.pixels, min_diameter="5 nm")
    with pytest.raises(DetectorError, match="not below"):
        LoopNet(min_diameter="5 nm", max_diameter="4 nm")


def test_nothing_is_looked_for_in_an_information_strip() -> None:
    image, _ = scene()
    pixels = image.pixels.copy()
    pixels[216:] = pixels.min()
    pixels[222:250, 20:180:7] = pixels.max()
    (prediction,) = detect(LoopNet(), [Image.from_array("image", pixels)])
    assert "the lowest 40 rows look like an information strip" in prediction.notes[0]
    assert prediction.instances.runs.boxes()[:, 2].max() <= 216
    (above,) = detect(LoopNet(), [Image.from_array("image", pixels[:216])])
    np.testing.assert_array_equal(prediction.instances.runs.boxes(), above.instances.runs.boxes())


def test_higher_precision_calls_fewer() -> None:
    image, _ = synthetic_micrograph(3, shape=(320, 320), counts={"bdot": 20})
    counts = [len(found(image.pixels, operating_point=point)) for point in ("precision=0.95", "precision=0.6")]
    assert counts[0] < counts[1]


def test_pixels_that_are_not_finite_are_refused() -> None:
    pixels = np.ones((32, 32))
    pixels[3, 4] = np.nan
    with pytest.raises(DetectorError, match="not finite"):
        found(pixels)


def test_the_shipped_network_says_what_it_is() -> None:
    card = LoopNet().card()
    assert card.license == "MIT"
    assert card.settings["operating_point"] == "f1"
    assert card.types[-1] == "defect"


def test_fusion_and_card_belong_to_the_network_that_ships() -> None:
    """Another network needs its own: fit and measure again, and write its digest into the record of the training."""
    record = json.loads((SHIPPED / "training.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((SHIPPED / "loopnet.onnx").read_bytes()).hexdigest()
    assert record["weights"] == f"sha256:{digest}"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:1000], "onnxruntime can run"),
        (lambda content: content + b"location", "in a file beside it"),
        (
            lambda content: content.replace(b"local-contrast-1", b"local-contrast-9"),
            "is 'local-contrast-9'",
        ),
        (lambda content: content.replace(b'"stride": 2', b'"strode": 2'), "stride"),
        (lambda content: content + bytes(2**26), "bytes; a model may have"),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused(damage: Callable[[bytes], bytes], message: str) -> None:
    content = LoopNet().model.content
    damaged = damage(content)
    assert damaged != content
    with pytest.raises(DetectorError, match=message):
        Network.of(damaged, source="the model")


def field(number: int, content: bytes | int) -> bytes:
    """A field of protobuf below number 16, with contents of fewer than 128 bytes."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def tensor_model(tensor: bytes) -> bytes:
    """An ONNX model that gives the float tensor of one element that it holds."""
    value = field(1, b"w") + field(2, field(1, field(1, 1) + field(2, field(1, field(1, 1)))))
    weights = field(1, 1) + field(2, 1) + field(8, b"w") + tensor
    return field(1, 8) + field(7, field(2, b"g") + field(5, weights) + field(12, value)) + field(8, field(2, 17))


@pytest.mark.parametrize("location", ["../secret", "secret", "/etc/hostname"])
def test_weights_in_a_file_beside_the_network_are_refused(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    for secret in (tmp_path / "secret", tmp_path / "inside" / "secret"):
        secret.write_bytes(np.ones(1, np.float32).tobytes())
    monkeypatch.chdir(tmp_path / "inside")
    outside = field(13, field(1, b"location") + field(2, location.encode())) + field(14, 1)
    with pytest.raises(DetectorError, match="in a file beside it, which is refused"):
        Network.of(tensor_model(outside), source="the model")
    inside = field(9, np.ones(1, np.float32).tobytes())
    with pytest.raises(DetectorError) as refused:  # onnxruntime takes this one, and it is not one of ours
        Network.of(tensor_model(inside), source="the model")
    assert "onnxruntime can run" not in str(refused.value)
    assert "beside it" not in str(refused.value)


def test_a_saved_detector_keeps_network_and_options(tmp_path: Path) -> None:
    detector = LoopNet(operating_point="precision=0.8", polarity="bright", max_diameter="90 nm")
    detector.save(tmp_path / "saved")
    loaded = LoopNet.load(tmp_path / "saved")
    assert loaded.settings() == detector.settings()
    assert loaded.model.content == detector.model.content
    (tmp_path / "saved" / "fusion.json").write_text('{"weights": [1, 2]}')
    with pytest.raises(DetectorError, match="does not hold a network"):
        LoopNet.load(tmp_path / "saved")


def test_an_image_is_looked_at_once_and_in_order() -> None:
    images = [attrs.evolve(scene(seed, (96, 96))[0], name=str(seed)) for seed in (1, 2)]
    assert [p.image for p in detect(LoopNet(), iter(images))] == ["1", "2"]
