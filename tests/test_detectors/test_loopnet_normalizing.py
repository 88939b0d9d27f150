from __future__ import annotations

import numpy as np
import pytest

from defectkit.detectors.loopnet.normalizing import local_mean, normalize


def noise(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("shape", [(64, 64), (61, 83), (16, 200), (3, 5), (1, 1)])
def test_shape_and_range(shape: tuple[int, int]) -> None:
    result = normalize(noise(shape))
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.abs(result).max() <= 3


def test_scale_and_offset_of_gray_values_do_not_matter() -> None:
    image = noise((90, 70))
    np.testing.assert_allclose(normalize(image), normalize(1e4 * image + 3e4), atol=1e-3)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_constant_images_are_zero(value: int) -> None:
    assert not normalize(np.full((40, 30), value, np.uint8)).any()


def test_empty_image() -> None:
    assert normalize(np.zeros((0, 4))).shape == (0, 4)


def test_negative_is_opposite() -> None:
    image = (noise((64, 64)) * 20 + 100).clip(0, 255).astype(np.uint8)
    np.testing.assert_allclose(normalize(image), -normalize(-image.astype(float)), atol=1e-4)


def test_slow_shading_goes_and_spots_stay() -> None:
    rows, cols = np.mgrid[:256, :256]
    shading = 3 * rows / 256
    spot = -np.exp(-((rows - 128) ** 2 + (cols - 128) ** 2) / (2 * 4**2))
    result = normalize(shading + spot + 0.02 * noise((256, 256)))
    assert np.unravel_index(result.argmin(), result.shape) == pytest.approx((128, 128), abs=4)
    assert abs(np.median(result[60:196, 60:100])) < 0.1


def test_local_mean_is_that_of_a_gaussian() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = ndimage.gaussian_filter(noise((160, 128)), 6).astype(np.float32)
    exact = ndimage.gaussian_filter(image, 20)
    assert np.abs(local_mean(image, 20) - exact).max() < 0.05 * image.std()


def test_it_agrees_with_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    image = noise((128, 192)).astype(np.float32)

    def smooth(z: np.ndarray, sigma: float) -> np.ndarray:
        small = cv2.resize(z, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / 4, borderType=cv2.BORDER_REFLECT)
        return cv2.resize(small, z.shape[::-1], interpolation=cv2.INTER_LINEAR)

    rest = image - smooth(image, 20)
    expected = np.clip(rest / np.sqrt(smooth(rest * rest, 40) + (0.1 * image.std()) ** 2), -6, 6) / 2
    np.testing.assert_allclose(normalize(image), expected, atol=0.01)
