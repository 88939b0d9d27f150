"""A lab's own data set: made, checked, compared, merged, tagged, exported, and what results say of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import attrs
import numpy as np
import PIL.Image
import pytest
import tifffile
import xarray as xr

from defectkit.datasets import Catalogue, CatalogueItem, Lock, load_dataset, locks_of, put_locks
from defectkit.datasets.adding import add_dataset, add_labels, find_labels, name_of, new_dataset
from defectkit.datasets.health import Finding, check_dataset
from defectkit.datasets.lock import parse_lock
from defectkit.datasets.merging import merge
from defectkit.datasets.own_entry import OwnEntry
from defectkit.datasets.places import own_catalogue
from defectkit.datasets.removing import files_of_dataset, finish_removal, remove_dataset
from defectkit.datasets.verifying import verify_result
from defectkit.errors import (
    CatalogueError,
    DatasetWarning,
    EmptyInputError,
    LabelReadError,
    LockError,
    NotFullyReadWarning,
    PairingError,
    RecordError,
    RefusedRegionsError,
    SealedError,
    StorageError,
    UnknownDatasetError,
    UnpairedLabelsError,
)
from defectkit.records import DefectType, Instances, LabelSet, Taxonomy
from defectkit.storage import Store, save_results

SHAPE = (60, 80)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "My Frames"
    (folder / "labels").mkdir(parents=True)
    for k, name in enumerate("abc"):
        pixels = np.full(SHAPE, 100 + k, np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{name}.png")
        write_yolo(folder / "labels" / f"{name}.txt", [(10 + 15 * n, 10 + 20 * k) for n in range(3)])
    return folder


def write_yolo(path: Path, corners: list[tuple[int, int]], side: int = 8) -> None:
    lines = []
    for row, col in corners:
        ring = [(row, col), (row, col + side), (row + side, col + side), (row + side, col)]
        lines.append(" ".join(["0", *(f"{c / SHAPE[1]!r} {r / SHAPE[0]!r}" for r, c in ring)]))
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def lab(frames: Path) -> CatalogueItem:
    item = add_dataset(frames, pixel_size="0.5 nm/px", foil_thickness="100 nm")
    add_labels(item, frames / "labels", name="drawn", annotator="Anna")
    return item


def test_a_folder_becomes_a_data_set(lab: CatalogueItem, frames: Path) -> None:
    data = load_dataset("my-frames", labels="drawn")
    assert list(data.images) == ["a", "b", "c"]
    assert data.images["a"].pixels[0, 0] == 100
    assert data.images["a"].required_calibration().pixel_size_nm == (0.5, 0.5)
    assert data.labels.counts() == {"defect": 9}
    assert data.labels.annotator == "Anna"
    assert data.entry.title == "My Frames"
    assert "my-frames" in Catalogue.standard().names()


def test_what_lies_in_the_folder_is_found(frames: Path, tmp_path: Path) -> None:
    assert find_labels(frames) == (frames / "labels").resolve()
    beside = tmp_path / "Labels"
    shutil.move(frames / "labels", beside)
    assert find_labels(frames) == beside
    shutil.copytree(beside, frames / "others")
    with pytest.raises(LabelReadError, match="several may be its labels"):
        find_labels(frames)
    shutil.rmtree(beside)
    shutil.rmtree(frames / "others")
    assert find_labels(frames) is None


def test_a_name_is_taken_once(lab: CatalogueItem, frames: Path) -> None:
    with pytest.raises(CatalogueError, match="there is a data set 'my-frames' already"):
        add_dataset(frames)
    with pytest.raises(CatalogueError, match="no name can be made"):
        name_of(Path("/data/___"))


def test_a_folder_without_images_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyInputError):
        add_dataset(tmp_path / "empty")
    assert "empty" not in Catalogue.standard().names()


def test_a_changed_file_is_the_next_version(lab: CatalogueItem, frames: Path) -> None:
    with pytest.raises(SealedError, match="nothing is different from my-frames/drawn@1"):
        add_labels(lab, frames / "labels", name="drawn")
    write_yolo(frames / "labels" / "a.txt", [(10, 10)])
    seal, _ = add_labels(lab, frames / "labels", name="drawn", description="fewer")
    assert seal.key == "drawn@2"
    entries = lab.label_sets()
    assert (entries["drawn@2"].parent, entries["drawn@2"].description) == ("drawn@1", "fewer")
    assert load_dataset("my-frames", labels="drawn@1").labels.n_defects == 9
    assert load_dataset("my-frames", labels="drawn@2").labels.n_defects == 7


def test_labels_without_an_image_are_an_error_unless_left_out(lab: CatalogueItem, frames: Path) -> None:
    write_yolo(frames / "labels" / "other.txt", [(10, 10)])
    with pytest.raises(PairingError):
        add_labels(lab, frames / "labels", name="drawn")
    write_yolo(frames / "labels" / "a.txt", [(10, 10)])
    _, reading = add_labels(lab, frames / "labels", name="drawn", unpaired="leave-out")
    assert reading.without_image == ("other.txt",)


def findings(*checks: str, **how: object) -> list[Finding]:
    found = check_dataset(load_dataset("my-frames", labels="drawn", **how))  # type: ignore[arg-type]  # test shorthand
    return [f for f in found if f.check in checks]


def test_a_healthy_data_set_has_no_findings(lab: CatalogueItem) -> None:
    assert check_dataset(load_dataset("my-frames", labels="drawn")) == ()


def test_equal_pixels_are_found(frames: Path) -> None:
    shutil.copy(frames / "a.png", frames / "d.png")
    item = add_dataset(frames)
    (frames / "labels" / "d.txt").write_text("")
    add_labels(item, frames / "labels", name="drawn")
    (found,) = findings("duplicates")
    assert (found.severity, found.where, found.what) == ("fault", "a", "its pixels are those of d")
    (empty,) = findings("coverage")
    assert empty.what == "1 images are labelled as without a defect: d"


def test_images_without_labels_are_found(frames: Path) -> None:
    (frames / "labels" / "b.txt").unlink()
    add_labels(add_dataset(frames), frames / "labels", name="drawn")
    (found,) = findings("coverage")
    assert found.what == "1 images have no labels: b"


def test_labels_of_no_image_of_no_pixel_and_beyond_the_frame_are_found(lab: CatalogueItem) -> None:
    ring = [(-5.0, 10.0), (10.0, 10.0), (10.0, 30.0)]
    inside = Instances.from_polygons([ring, [(0.1, 0.1), (0.1, 0.2), (0.2, 0.2)]], types=["bdot"] * 2, shape=SHAPE)
    labels = LabelSet(name="odd", instances={"a": inside, "z": Instances.empty(SHAPE)})
    lab.store().add_labels(labels)
    found = check_dataset(load_dataset("my-frames", labels="odd"))
    assert [(f.check, f.severity, f.what) for f in found] == [
        ("coverage", "note", "2 images have no labels: b, c"),
        ("coverage", "note", "1 images are labelled as without a defect: z"),
        ("coverage", "fault", "labels of images that there are not: z"),
        ("frame", "note", "1 polygons leave the frame: 0"),
        ("frame", "fault", "1 labels cover no pixel: 1"),
    ]


def test_sizes_far_from_their_type_are_found(lab: CatalogueItem, frames: Path) -> None:
    for k, name in enumerate("abc"):
        write_yolo(frames / "labels" / f"{name}.txt", [(2 + 14 * n, 3 + k) for n in range(4)], side=6 + k)
    with (frames / "labels" / "a.txt").open("a") as file:
        file.write("0 0.3 0.1 0.95 0.1 0.95 0.95 0.3 0.95\n")
    add_labels(lab, frames / "labels", name="drawn")
    found = [f for f in check_dataset(load_dataset("my-frames", labels="drawn@2")) if f.check == "sizes"]
    assert len(found) == 1
    assert found[0].where == "drawn@2, a"
    assert "defect 4 is 29.1 nm across; the median is 3.95 nm" in found[0].what


def test_a_pixel_size_that_does_not_go_with_the_magnification_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "fov200nm"
    folder.mkdir()
    for k in range(4):
        PIL.Image.fromarray(np.full((100, 200 if k else 400), k, np.uint8)).save(folder / f"{k}_500kx_haadf.png")
    add_dataset(folder, name="my-frames", pixel_size="1 nm/px")
    found = check_dataset(load_dataset("my-frames"))
    assert [(f.check, f.where, f.severity) for f in found] == [
        ("field of view", "0_500kx_haadf", "fault"),
        ("magnification", "0_500kx_haadf", "note"),
    ]
    assert "400 nm by its pixel size, but fov200nm by its folder" in found[0].what
    assert "500000 times is 200 nm" in found[1].what


def test_a_pixel_size_that_the_file_contradicts_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for name, size in (("a", 0.5), ("b", 0.25)):
        per_unit = 1e3 / size  # pixels a micrometer
        tifffile.imwrite(
            folder / f"{name}.tif",
            np.full(SHAPE, round(1 / size), np.uint16),
            imagej=True,
            resolution=(per_unit, per_unit),
            metadata={"unit": "um"},
        )
    item = add_dataset(folder, name="my-frames")
    held = load_dataset("my-frames")
    assert check_dataset(held) == ()
    wrong = attrs.evolve(held.images["b"], calibration=held.images["a"].calibration)
    (found,) = check_dataset(attrs.evolve(held, images={**held.images, "b": wrong}, item=item))
    assert (found.check, found.where, found.severity) == ("file tags", "b", "fault")
    assert "0.25 x 0.25 nm/px, the catalogue 0.5 x 0.5" in found.what


def test_merge_keeps_what_it_is_told() -> None:
    def labels(name: str, *corners: int) -> LabelSet:
        rings = [[(c, c), (c, c + 8.0), (c + 8.0, c + 8.0), (c + 8.0, c)] for c in corners]
        held = Instances.from_polygons(rings, types=["bdot"] * len(rings), shape=SHAPE)
        return LabelSet(name=name, instances={"a": held, name: held}, annotator=name)

    first, second = labels("x", 2, 20), labels("y", 21, 40)
    union, both, own = (merge(first, second, name="m", keep=keep) for keep in ("union", "both", "first"))
    assert [m.images for m in (union, both, own)] == [("a", "x", "y")] * 3
    assert [m["a"].boxes[:, 0].tolist() for m in (union, both, own)] == [[2, 20, 40], [20], [2, 20]]
    assert union["a"].ids.tolist() == [0, 1, 2]
    assert (union.parent, union.annotator) == ("x@1", "x and y")
    with pytest.raises(RecordError, match="keep 'neither' is not one of: union, both, first"):
        merge(first, second, name="m", keep="neither")


def test_merge_of_types_that_differ_is_refused() -> None:
    one, two = (Taxonomy(types=(DefectType(name="wart", title=title),)) for title in ("a wart", "another"))
    with pytest.raises(RecordError, match="both have a type 'wart'"):
        merge(LabelSet(name="a", instances={}, taxonomy=one), LabelSet(name="b", instances={}, taxonomy=two), name="m")


@pytest.fixture
def result(lab: CatalogueItem, tmp_path: Path) -> Path:
    table = load_dataset("my-frames", labels="drawn@1").lock(xr.Dataset({"n": 1}))
    return save_results({"one": table, "none": xr.Dataset()}, tmp_path / "out" / "results.zarr")


def test_a_result_is_verified(result: Path, lab: CatalogueItem) -> None:
    for path in (result, result.parent):
        (verdict,) = verify_result(path)
        assert verdict.holds
        assert verdict.lock.key == "my-frames/drawn@1"
    store = Store.create(result.parent / "store.zarr")
    store.add_results("r", put_locks(xr.Dataset(), [verdict.lock]))
    assert [v.holds for v in verify_result(result.parent)] == [True]


def test_labels_that_are_no_longer_the_same_are_found(lab: CatalogueItem, tmp_path: Path) -> None:
    now = load_dataset("my-frames", labels="drawn@1").locks["drawn@1"]
    gone = Lock(dataset="my-frames", labels="drawn@9", digest=now.digest)
    other = attrs.evolve(now, digest="0" * 64)
    part = Lock.of(
        "my-frames", LabelSet(name="drawn", instances={"zz": Instances.empty(SHAPE)}), whole=False, n_images=3
    )
    path = save_results(put_locks(xr.Dataset(), [gone, other, part]), tmp_path / "r.zarr")
    reasons = [v.reason for v in verify_result(path)]
    assert "no label set of my-frames is named 'drawn@9'" in reasons[0]
    assert reasons[1] == f"the labels are {now.digest} now"
    assert reasons[2] == "these images are not here: zz"


def test_a_part_of_a_set_is_verified_by_its_images(lab: CatalogueItem, tmp_path: Path) -> None:
    labels = load_dataset("my-frames", labels="drawn@1").labels
    part = attrs.evolve(labels, instances={"b": labels["b"]})
    path = save_results(
        put_locks(xr.Dataset(), [Lock.of("my-frames", part, whole=False, n_images=None)]), tmp_path / "r.zarr"
    )
    (verdict,) = verify_result(path)
    assert str(verdict.lock).endswith(" of 1 of unknown images")
    assert verdict.holds


def test_results_without_lock_lines_say_so(tmp_path: Path) -> None:
    path = save_results(xr.Dataset({"n": 1}), tmp_path / "r.zarr")
    with pytest.raises(LockError, match="no lock lines"):
        verify_result(path)
    with pytest.raises(StorageError):
        verify_result(tmp_path / "missing")


@pytest.mark.parametrize(
    ("line", "images"),
    [
        ("drawn@1 sha256:" + "0" * 64, None),
        ("a/drawn sha256:" + "0" * 64, None),
        ("a/drawn@1 sha256:0", None),
        ("a/drawn@1 sha256:" + "0" * 64 + " and more", None),
        ("a/drawn@1 sha256:" + "0" * 64 + " of 2 of 3 images", None),
        ("a/drawn@1 sha256:" + "0" * 64 + " of 2 of 3 images", ["a"]),
        ("a/drawn@1 sha256:" + "0" * 64, ["a"]),
    ],
)
def test_a_line_of_another_form_is_refused(line: str, images: list[str] | None) -> None:
    with pytest.raises(LockError):
        parse_lock(line, images)


def test_locks_are_kept_once_and_in_order() -> None:
    one, two = (Lock(dataset="a", labels=f"{name}@1", digest="0" * 64) for name in "xy")
    table = put_locks(put_locks(xr.Dataset(), [one]), [two, one])
    assert locks_of(table) == (one, two)


def test_labels_of_which_none_has_an_image(lab: CatalogueItem, frames: Path) -> None:
    for path in (frames / "labels").iterdir():
        path.rename(path.with_name(f"other_{path.name}"))
    with pytest.raises(UnpairedLabelsError, match="none of its 3 images"):
        add_labels(lab, frames / "labels", name="drawn")


def home_of(item: CatalogueItem) -> Path:
    return item.entry_folder


def test_labels_that_cannot_be_read_leave_no_entry(frames: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    before = Catalogue.standard().names()
    for _ in range(2):
        with pytest.raises(LabelReadError), new_dataset(frames, name="mine", pixel_size="0.5 nm/px") as item:
            add_labels(item, bad, name="drawn")
        assert Catalogue.standard().names() == before
        assert [p.name for p in home_of(item).iterdir()] == []
    with new_dataset(frames, name="mine", pixel_size="0.5 nm/px") as item:
        add_labels(item, frames / "labels", name="drawn")
    assert list(Catalogue.standard().find("mine").label_sets()) == ["drawn@1"]
    assert sorted(p.name for p in home_of(item).iterdir()) == ["mine.toml", "mine.zarr"]
    assert load_dataset("mine", labels="drawn").images["a"].pixels.shape == SHAPE


def test_a_store_without_an_entry_is_not_touched(frames: Path, lab: CatalogueItem) -> None:
    home = home_of(lab)
    (home / "my-frames.toml").rename(home / "elsewhere.txt")
    with pytest.raises(CatalogueError, match=r"my-frames\.zarr is there, without an entry"):
        add_dataset(frames, pixel_size="0.5 nm/px")
    assert Store.open(home / "my-frames.zarr").label_sets() == ("drawn@1",)


def test_a_data_set_of_ones_own_is_removed_and_its_images_stay(frames: Path, lab: CatalogueItem) -> None:
    images = sorted(p.name for p in frames.iterdir())
    files = files_of_dataset("my-frames")
    assert remove_dataset("my-frames") == files
    assert [p.name for p in files] == ["my-frames.toml", "my-frames.zarr"]
    assert list(home_of(lab).iterdir()) == []
    assert sorted(p.name for p in frames.iterdir()) == images
    with pytest.raises(UnknownDatasetError):
        remove_dataset("my-frames")
    add_dataset(frames, pixel_size="0.5 nm/px")


def test_of_a_link_to_a_store_the_link_alone_is_removed(lab: CatalogueItem, tmp_path: Path) -> None:
    store = home_of(lab) / "my-frames.zarr"
    store.rename(tmp_path / "elsewhere.zarr")
    store.symlink_to(tmp_path / "elsewhere.zarr")
    remove_dataset("my-frames")
    assert list(home_of(lab).iterdir()) == []
    assert (tmp_path / "elsewhere.zarr" / "zarr.json").is_file()


def test_an_entry_of_the_registry_is_not_removed() -> None:
    with pytest.raises(CatalogueError, match="only entries of your own"):
        remove_dataset("ti-loops")


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_removal_that_was_killed_is_finished(frames: Path, lab: CatalogueItem, done: int) -> None:
    home = home_of(lab)
    parts = OwnEntry(home=home, name="my-frames")
    for source, target in ((parts.entry, parts.removing), (parts.store, parts.removing_store))[:done]:
        source.rename(target)
    remove_dataset("my-frames")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("done", [1, 2])
def test_an_addition_that_was_killed_is_made_again(frames: Path, lab: CatalogueItem, done: int) -> None:
    """Killed after the entry was written and before it was in its place, with the store moved or not."""
    parts = OwnEntry(home=home_of(lab), name="my-frames")
    parts.entry.rename(parts.adding)
    if done == 1:
        parts.store.rename(parts.adding_store)
    assert "my-frames" not in Catalogue.standard().names()
    add_dataset(frames, pixel_size="0.5 nm/px")
    assert sorted(p.name for p in parts.home.iterdir()) == ["my-frames.toml", "my-frames.zarr"]


def test_a_data_set_says_which_images_are_not_fully_read(frames: Path) -> None:
    write_yolo(frames / "labels" / "c.txt", [(10, 10), (200, 10), (30, 30)])
    with pytest.raises(RefusedRegionsError, match="1 of 9 regions"), new_dataset(frames, name="mine") as item:
        add_labels(item, frames / "labels", label_format="yolo-seg")
    with pytest.warns(NotFullyReadWarning), new_dataset(frames, name="mine") as item:
        add_labels(item, frames / "labels", label_format="yolo-seg", refused="leave-out")
    with pytest.warns(DatasetWarning, match="c \\(1 of 3\\)"):
        loaded = load_dataset("mine", labels="labels@1")
    assert any("not fully read: c (1 of 3)" in sentence for sentence in loaded.cautions)


def test_what_a_removal_that_was_killed_at_its_end_left_is_cleared(lab: CatalogueItem) -> None:
    parts = OwnEntry(home=own_catalogue() / "datasets", name="my-frames")
    remove_dataset("my-frames")
    parts.lock.touch()
    finish_removal("my-frames")
    assert list(parts.home.iterdir()) == []


def test_nothing_of_a_data_set_that_is_there_is_cleared(lab: CatalogueItem) -> None:
    home = own_catalogue() / "datasets"
    (home / ".my-frames.lock").touch()
    before = sorted(home.iterdir())
    finish_removal("my-frames")
    assert sorted(home.iterdir()) == before
