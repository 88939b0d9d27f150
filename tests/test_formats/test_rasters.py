"""label-image and type-masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from defectkit.errors import LabelReadError, LabelWriteError, PairingError
from defectkit.formats import read_labels
from defectkit.formats.label_image import LabelImageFormat
from defectkit.formats.type_masks import TypeMasksFormat
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]

SHAPE = (20, 30)


def two_squares() -> np.ndarray:
    picture = np.zeros(SHAPE, np.uint16)
    picture[2:5, 3:7] = 7
    picture[10:14, 20:22] = 300
    picture[16, 1] = 300
    return picture


@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [(".png", np.uint8), (".png", np.uint16), (".tif", np.uint16), (".tif", np.uint32), (".tif", "f4")],
)
def test_values_are_ids(suffix: str, dtype: Any, blank: Blank, tmp_path: Path) -> None:
    picture = np.where(two_squares() == 300, 30, two_squares()).astype(dtype)
    if suffix == ".png":
        PIL.Image.fromarray(picture).save(tmp_path / "one.png")
    else:
        tifffile.imwrite(tmp_path / "one.tif", picture)
    reading = LabelImageFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard())
    one = reading.labels["one"]
    assert (one.ids.tolist(), one.areas.tolist(), one.types) == ([7, 30], [12, 9], ("defect",))
    assert reading.report.summary() == "2 noted (1 no type, 1 several parts)"
    assert "value 30" in str(reading.report.of_problem("several parts").repairs[0])


def test_of_a_palette_the_numbers_count(blank: Blank, tmp_path: Path) -> None:
    palette = PIL.Image.fromarray(two_squares().clip(0, 9).astype(np.uint8), mode=None).convert("P")
    palette.putpalette([0, 0, 0] * 7 + [9, 200, 9] + [200, 9, 9] * 248)
    palette.save(tmp_path / "one.png")
    one = LabelImageFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard()).labels["one"]
    assert one.ids.tolist() == [7, 9]


def test_types_of_values(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(two_squares()).save(tmp_path / "one-labels.png")
    images = blank("one", shape=SHAPE)

    def names(**options: Any) -> tuple[str, ...]:
        return LabelImageFormat(**options).read(tmp_path, images, Taxonomy.standard()).labels["one"].type_names

    assert names(types={"*": "cavity"}) == ("cavity", "cavity")
    assert names(types="7=bdot") == ("bdot", "defect")
    (tmp_path / "types.csv").write_text("image,value,defect_type\none,7,loop_111\none,300,my own\n")
    assert names() == ("loop_111", "my_own")
    assert names(types={"my own": "bdot"}) == ("loop_111", "bdot")
    (tmp_path / "types.csv").write_text("image,value\none,7\n")
    with pytest.raises(LabelReadError, match=r"types\.csv"):
        names()


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.full(SHAPE, -1, np.int16), "from 0 up"),
        (np.full(SHAPE, 0.5, np.float32), "whole numbers"),
        (np.full((2, *SHAPE), 1, np.uint8), "2 images"),
        (np.stack([two_squares()] * 2 + [two_squares() // 7], axis=-1), "coloured"),
    ],
)
def test_pictures_that_are_no_labels_are_refused(picture: np.ndarray, words: str, blank: Blank, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "one.tif",
        picture,
        photometric="rgb" if picture.ndim == 3 and picture.shape[2] == 3 else "minisblack",
    )
    with pytest.raises(LabelReadError, match=words):
        LabelImageFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard())


def test_damaged_pictures_are_refused(blank: Blank, tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(LabelReadError, match=r"one\.png"):
        LabelImageFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard())


@pytest.mark.parametrize("kind", [LabelImageFormat, TypeMasksFormat])
def test_another_size_than_that_of_the_image_is_an_error(kind: type, blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray((two_squares() > 0).astype(np.uint8)).save(tmp_path / "one.png")
    with pytest.raises(PairingError, match="30 x 20 px, but the image 'one' has 9 x 9"):
        kind().read(tmp_path, blank("one", shape=(9, 9)), Taxonomy.standard())


def label_set(*masks: np.ndarray, types: list[str] | None = None, **columns: Any) -> LabelSet:
    found = Instances.from_masks(masks, types=types or ["bdot"] * len(masks), shape=SHAPE, **columns)
    return LabelSet(name="mine", instances={"one": found, "void": Instances.empty(SHAPE)})


def test_label_images_hold_ids_and_types(blank: Blank, tmp_path: Path) -> None:
    picture = two_squares()
    labels = label_set(picture == 7, picture == 300, types=["bdot", "loop_111"], ids=[7, 70_000])
    report = LabelImageFormat().write(labels, tmp_path / "out", {})
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["one.tif", "types.csv", "void.png"]
    assert report.summary() == "nothing to mend"
    back = LabelImageFormat().read(tmp_path / "out", blank("one", "void", shape=SHAPE), Taxonomy.standard())
    assert back.labels["one"].ids.tolist() == [7, 70_000]
    assert back.labels["one"].type_names == ("bdot", "loop_111")
    assert back.labels["one"].runs == labels["one"].runs


def test_an_id_of_zero_moves_all(tmp_path: Path) -> None:
    picture = two_squares()
    report = LabelImageFormat().write(label_set(picture == 7, picture == 300), tmp_path / "out", {})
    stored = np.asarray(PIL.Image.open(tmp_path / "out" / "one.png"))
    assert np.array_equal(stored, np.select([picture == 7, picture == 300], [1, 2]))
    assert "0 is background" in report.repairs[0].what


def test_label_images_cannot_hold_overlaps(tmp_path: Path) -> None:
    picture = two_squares() > 0
    with pytest.raises(LabelWriteError, match="defects 4 and 9 overlap"):
        LabelImageFormat().write(label_set(picture, picture, ids=[4, 9]), tmp_path / "out", {})
    with pytest.raises(LabelWriteError, match="larger"):
        LabelImageFormat().write(label_set(picture, ids=[2**40]), tmp_path / "out", {})
    assert list(tmp_path.iterdir()) == []


def save(path: Path, mask: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(path)


@pytest.mark.parametrize("names", [("bdot/one.png", "void/one.png"), ("one-bdot.png", "one_void.png")])
def test_a_mask_for_each_type(names: tuple[str, str], blank: Blank, tmp_path: Path) -> None:
    save(tmp_path / names[0], two_squares() == 7)
    save(tmp_path / names[1], two_squares() == 300)
    reading = TypeMasksFormat().read(tmp_path, blank("one", "two", shape=SHAPE), Taxonomy.standard())
    one = reading.labels["one"]
    assert sorted(zip(one.type_names, one.areas.tolist(), strict=True)) == [("bdot", 12), ("cavity", 1), ("cavity", 8)]
    assert sorted(one.ids.tolist()) == [1, 2, 3]
    assert reading.unlabelled == ("two",)


def test_masks_of_one_type(blank: Blank, tmp_path: Path) -> None:
    save(tmp_path / "one.png", two_squares() > 0)
    images = blank("one", shape=SHAPE)
    assert TypeMasksFormat().read(tmp_path, images, Taxonomy.standard()).labels.counts() == {"defect": 3}
    assert TypeMasksFormat(types="*=loop").read(tmp_path, images, Taxonomy.standard()).labels.counts() == {"loop": 3}


def test_masks_of_one_bit(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(two_squares() == 7).save(tmp_path / "one.png")
    for photometric in ("minisblack", "miniswhite"):
        tifffile.imwrite(tmp_path / f"{photometric}.tif", two_squares() == 7, photometric=photometric)
    reading = TypeMasksFormat().read(
        tmp_path, blank("one", "minisblack", "miniswhite", shape=SHAPE), Taxonomy.standard()
    )
    for image in ("one", "minisblack", "miniswhite"):
        assert reading.labels[image].areas.tolist() == [12], "what is stored counts, not how it is shown"


def test_connectivity_decides_whether_corners_join(blank: Blank, tmp_path: Path) -> None:
    mask = np.zeros(SHAPE, bool)
    mask[3, 3] = mask[4, 4] = True
    save(tmp_path / "one.png", mask)
    for connectivity, count in ((8, 1), (4, 2), ("4", 2)):
        reading = TypeMasksFormat(connectivity=connectivity).read(
            tmp_path, blank("one", shape=SHAPE), Taxonomy.standard()
        )
        assert len(reading.labels["one"]) == count
    with pytest.raises(LabelReadError, match="connectivity"):
        TypeMasksFormat(connectivity=6)


def test_a_mask_with_many_values_is_refused(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(two_squares()).save(tmp_path / "one.png")
    with pytest.raises(LabelReadError, match="label-image"):
        TypeMasksFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard())


def test_two_masks_of_one_type_are_an_error(blank: Blank, tmp_path: Path) -> None:
    save(tmp_path / "one-bdot.png", two_squares() == 7)
    save(tmp_path / "one_bdot.png", two_squares() == 7)
    with pytest.raises(LabelReadError, match="both masks of 'one'"):
        TypeMasksFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard())


def test_masks_cannot_hold_what_touches(tmp_path: Path) -> None:
    left, right, apart = (np.zeros(SHAPE, bool) for _ in range(3))
    left[2:5, 2:5] = right[2:5, 5:8] = apart[10:12, 10:12] = True
    for masks in ((left, right), (left, left), (left | apart,), (left | right, left)):
        with pytest.raises(LabelWriteError, match="touches another one of its type"):
            TypeMasksFormat().write(label_set(*masks), tmp_path / "out", {})
    assert list(tmp_path.iterdir()) == []
    TypeMasksFormat().write(label_set(left, right, types=["bdot", "loop"]), tmp_path / "out", {})
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.png")) == [
        "out/bdot/one.png",
        "out/bdot/void.png",
        "out/loop/one.png",
        "out/loop/void.png",
    ]


def test_an_empty_label_set_keeps_its_images(blank: Blank, tmp_path: Path) -> None:
    labels = LabelSet(name="mine", instances={"one": Instances.empty(SHAPE)})
    TypeMasksFormat().write(labels, tmp_path / "out", {})
    reading = TypeMasksFormat().read(tmp_path / "out", blank("one", shape=SHAPE), Taxonomy.standard())
    assert (reading.labels.images, reading.labels.n_defects) == (("one",), 0)


def dots(value: int = 255) -> np.ndarray:
    """A mask of three squares, two of which touch at a corner."""
    picture = np.zeros(SHAPE, np.uint8)
    picture[2:5, 3:7] = picture[10:14, 20:22] = picture[14:16, 22:24] = value
    return picture


def test_a_mask_of_two_values_is_no_label_image_that_counts_defects(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(dots()).save(tmp_path / "one.png")
    images = blank("one", shape=SHAPE)

    def read(**options: Any) -> Instances:
        return LabelImageFormat(**options).read(tmp_path, images, Taxonomy.standard()).labels["one"]

    with pytest.raises(LabelReadError, match=r"0 and 255, in 2 parts.*components=true"):
        read()
    parts = read(components=True)
    assert (parts.areas.tolist(), parts.ids.tolist()) == ([12, 12], [1, 2])
    assert read(components="true") == parts
    assert read(components=False).areas.tolist() == [24]
    with pytest.raises(LabelReadError, match=r"true .* or false"):
        read(components="maybe")


def test_parts_keep_the_type_of_their_value(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.maximum(dots(7), two_squares().clip(0, 9).astype(np.uint8))).save(tmp_path / "one.png")
    found = LabelImageFormat(components=True, types={"7": "bdot", "9": "cavity"})
    one = found.read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard()).labels["one"]
    assert one.type_names == ("bdot", "bdot", "cavity", "cavity")


def test_a_mask_in_one_part_is_one_defect_either_way(blank: Blank, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.where(two_squares() == 7, 255, 0).astype(np.uint8)).save(tmp_path / "one.png")
    one = LabelImageFormat().read(tmp_path, blank("one", shape=SHAPE), Taxonomy.standard()).labels["one"]
    assert one.areas.tolist() == [12]


def test_a_defect_of_several_parts_comes_back_as_one(tmp_path: Path) -> None:
    labels = LabelSet(
        name="l", instances={"one": Instances.from_masks([dots() > 0], types=["bdot"], shape=SHAPE, ids=[255])}
    )
    image = {"one": Image.from_array("one", np.zeros(SHAPE))}
    LabelImageFormat().write(labels, tmp_path / "out", image)
    reading = LabelImageFormat().read(tmp_path / "out", image, Taxonomy.standard())
    assert reading.labels["one"] == labels["one"]
    assert not reading.report


def test_a_folder_of_masks_is_recognized(blank: Blank, tmp_path: Path) -> None:
    for name in ("one", "two"):
        PIL.Image.fromarray(dots()).save(tmp_path / f"{name}.png")
    assert TypeMasksFormat.recognizes(tmp_path)
    reading = read_labels(tmp_path, images=blank("one", "two", shape=SHAPE))
    assert {name: len(found) for name, found in reading.labels.instances.items()} == {"one": 2, "two": 2}
    PIL.Image.fromarray(two_squares()).save(tmp_path / "one.png")
    assert not TypeMasksFormat.recognizes(tmp_path)
    PIL.Image.fromarray(np.zeros(SHAPE, np.uint8)).save(tmp_path / "one.png")
    assert TypeMasksFormat.recognizes(tmp_path)
    (tmp_path / "two.png").unlink()
    assert not TypeMasksFormat.recognizes(tmp_path)
    assert not TypeMasksFormat.recognizes(tmp_path / "two.png")
    (tmp_path / "notes.txt").write_text("0")
    assert not TypeMasksFormat.recognizes(tmp_path / "notes.txt")
