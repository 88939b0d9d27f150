from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from click.testing import CliRunner

from defectkit.cli import cli
from defectkit.errors import ImageReadError, PairingError
from defectkit.formats import CalibrationEntry, CalibrationTable, read_image, read_images
from defectkit.formats.images.tiff import TiffFormat
from defectkit.storage import Store

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6)
STACK = np.stack([RAMP, RAMP + 30, RAMP + 90])


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "frames" / "heat.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, STACK, imagej=True, resolution=(4, 4), metadata={"unit": "nm", "axes": "ZYX"})
    return path


def test_a_stack_is_refused_until_frames_are_chosen(stack: Path) -> None:
    with pytest.raises(ImageReadError, match=r"heat\.tif: it holds 3 images.*--frame 0, --frame all or --frame mean"):
        read_images(stack)


def test_one_frame_has_the_name_of_the_file(stack: Path) -> None:
    image = read_image(stack, frame=2)
    assert (image.name, image.frame) == ("heat", 2)
    assert np.array_equal(image.pixels, STACK[2])
    assert "frame 2 of 3" in image.notes[-1]
    assert np.array_equal(pickle.loads(pickle.dumps(image)).pixels, STACK[2])
    for frame in (3, -1):
        with pytest.raises(ImageReadError, match=rf"no frame {frame}; it holds 3"):
            read_image(stack, frame=frame)


def test_each_frame_is_an_image_of_its_own(stack: Path) -> None:
    images = read_images(stack.parent, frame="all")
    assert list(images) == ["heat-0000", "heat-0001", "heat-0002"]
    for n, image in enumerate(images.values()):
        assert np.array_equal(image.pixels, STACK[n])
        assert image.required_calibration().pixel_size_nm == (0.25, 0.25)
    with pytest.raises(ImageReadError, match="read_images gives all"):
        read_image(stack, frame="all")


def test_the_mean_is_that_of_all_frames(stack: Path) -> None:
    image = read_image(stack, frame="mean")
    assert (image.name, image.dtype, image.shape) == ("heat", np.float32, (4, 6))
    assert np.array_equal(image.pixels, STACK.mean(axis=0).astype(np.float32))
    assert image.notes[-1] == "the mean of 3 frames"
    assert image.calibration is not None


def test_frames_of_several_sizes_have_no_mean(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(RAMP)
        writer.write(RAMP[:, :4])
    with pytest.raises(ImageReadError, match="2 sizes"):
        read_image(path, frame="mean")
    assert [image.shape for image in read_images(path, frame="all").values()] == [(4, 6), (4, 4)]


def test_a_mean_of_sizes_that_differ_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for size in (0.25, 0.5):
            text = f"[Scan]\r\nPixelWidth={size}e-9\r\n"
            writer.write(RAMP, extratags=[(34682, "s", 0, text, True)], metadata=None)
    image = read_image(path, frame="mean")
    assert image.calibration is None
    assert "differ" in image.notes[-1]


@pytest.mark.parametrize("frame", [0, "all", "mean"])
def test_a_file_with_one_image_is_read_as_it_is(frame: Any, stack: Path) -> None:
    PIL.Image.fromarray(RAMP).save(stack.with_name("single.png"))
    images = read_images(stack.parent, frame=frame)
    assert images["single"].notes == ()
    assert np.array_equal(images["single"].pixels, RAMP)
    with pytest.raises(ImageReadError, match=r"single\.png: there is no frame 1; it holds 1"):
        read_image(stack.with_name("single.png"), frame=1)


@pytest.mark.parametrize("frame", ["first", True, 1.0])
def test_what_is_no_frame_is_refused(frame: Any, stack: Path) -> None:
    with pytest.raises(ImageReadError, match="a number from 0, all or mean"):
        read_image(stack, frame=frame)


def test_a_frame_that_is_named_as_a_file_is_refused(stack: Path) -> None:
    PIL.Image.fromarray(RAMP).save(stack.with_name("heat-0001.png"))
    with pytest.raises(PairingError, match="'heat-0001'"):
        read_images(stack.parent, frame="all")


def test_a_table_speaks_of_the_file_and_so_of_its_frames(stack: Path) -> None:
    table = CalibrationTable(entries=[CalibrationEntry(name="heat", foil_thickness="90 nm")], origin="a table")
    for image in read_images(stack, frame="all", tables=[table]).values():
        assert str(image.required_calibration().foil_thickness) == "90.0 nanometer"


def test_smaller_copies_are_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for n in range(2):
            writer.write(STACK[n])
            writer.write(STACK[n][::2, ::2], subfiletype=1)
    assert len(TiffFormat().frames(path)) == 2
    assert np.array_equal(read_image(path, frame=1).pixels, STACK[1])


def test_a_stack_that_only_imagej_understands_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RAMP, description="ImageJ=1.54f\nimages=300\nslices=300\n", metadata=None)
    with pytest.raises(ImageReadError, match="ImageJ stack of 300 images"):
        read_image(path)


def test_a_store_finds_the_frame_again(stack: Path, tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.zarr")
    store.refer_to_images(read_images(stack, frame="all").values())
    found = {image.name: image for image in store.images()}
    assert np.array_equal(found["heat-0002"].pixels, STACK[2])


def test_the_command_line_names_and_takes_the_option(stack: Path, tmp_path: Path) -> None:
    def run(*more: str) -> Any:
        return CliRunner().invoke(
            cli, ["analyze", str(stack), "--pixel-size", "0.25 nm", "-o", str(tmp_path / "o"), *more]
        )

    refused = run()
    assert refused.exit_code == 2
    assert "--frame all" in refused.stderr
    assert "TiffFormat" not in refused.stderr
    assert run("--frame", "some").exit_code == 2
    done = run("--frame", "all")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "o" / "overlays" / "heat-0002.png").is_file()


def test_the_shared_stack(shared_data: Path) -> None:
    path = shared_data.parent / "cases" / "tiff-multipage-cli" / "stack.tif"
    if not path.is_file():
        pytest.skip("the folder of cases is not beside this checkout")
    with pytest.raises(ImageReadError, match="--frame all"):
        read_image(path)
    assert len(read_images(path, frame="all")) == 3
