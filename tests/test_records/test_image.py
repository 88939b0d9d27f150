from __future__ import annotations

import numpy as np
import pytest

from defectkit import Image
from defectkit.errors import RecordError
from defectkit.records import ArrayPixels, Calibration, PixelSource, Source


def test_any_dtype_is_kept() -> None:
    for dtype in (np.uint8, np.uint16, np.int32, np.float32):
        image = Image.from_array("a", np.ones((3, 4), dtype))
        assert image.dtype == dtype
        assert image.pixels.dtype == dtype
        assert image.shape == (3, 4)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 3), (0, 4)])
def test_an_image_has_two_axes_and_pixels(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecordError, match="2-D"):
        Image.from_array("a", np.zeros(shape))


def test_one_calibration_and_not_two() -> None:
    with pytest.raises(RecordError, match="not both"):
        Image.from_array("a", np.zeros((2, 2)), pixel_size="1 nm", calibration=Calibration.square("1 nm"))
    with pytest.raises(RecordError, match="pixel size"):
        Image.from_array("a", np.zeros((2, 2)), foil_thickness="1 nm")


def test_the_digest_is_of_the_pixels() -> None:
    pixels = np.arange(12, dtype=np.uint16).reshape(3, 4)
    digest = Image.from_array("a", pixels).digest()
    assert digest == Image.from_array("b", pixels.astype(">u2"), pixel_size="1 nm").digest()
    assert digest != Image.from_array("a", pixels.astype(np.int32)).digest()
    assert digest != Image.from_array("a", pixels.reshape(4, 3)).digest()
    assert digest != Image.from_array("a", pixels + 1).digest()


def test_an_assumed_calibration_is_known() -> None:
    pixels = np.zeros((2, 2))
    given = Image.from_array("a", pixels, pixel_size="1 nm")
    assumed = Image.from_array(
        "a",
        pixels,
        calibration=Calibration.square("1 nm", foil_thickness="100 nm", foil_thickness_source=Source.ASSUMED),
    )
    assert (given.is_assumed, assumed.is_assumed) == (False, True)


def test_pixels_are_read_when_they_are_asked_for() -> None:
    class Counting:
        shape, dtype, reads = (2, 3), np.dtype(np.uint8), 0

        def read(self) -> np.ndarray:
            self.reads += 1
            return np.zeros(self.shape, self.dtype)

    source = Counting()
    lazily: PixelSource = source
    image = Image(name="a", source=lazily)
    assert (image.shape, image.dtype, source.reads) == ((2, 3), np.uint8, 0)
    assert np.array_equal(image.pixels, ArrayPixels(array=np.zeros((2, 3), np.uint8)).read())
    assert source.reads == 1
