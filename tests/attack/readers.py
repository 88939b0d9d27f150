"""Readers: everything that takes a file from outside, each with good inputs to begin from."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from tests.attack import mutators_images
from tests.attack.tree import Tree

SHAPE = (96, 80)


@attrs.frozen(kw_only=True)
class Reader:
    """One reader under attack.

    Parameters
    ----------
    name : str
    read : callable
        Reads what lies at a path, all of it.
    trees : callable
        Makes good inputs in an empty folder.
    weight : int
        How many of a hundred inputs it gets beside one of weight 1; slow readers get fewer.
    """

    name: str
    read: Callable[[Path], object]
    trees: Callable[[Path], Sequence[Tree]]
    weight: int = 10


@cache
def scene() -> tuple[dict[str, Any], Any]:
    """Return two small micrographs and their labels."""
    from defectkit.testing.synthetic import synthetic_dataset

    return synthetic_dataset(3, 2, shape=SHAPE, counts={"bdot": 4, "loop_111": 2}, n_lines=0)


def readers() -> tuple[Reader, ...]:
    """Return all of them."""
    return (*_labels(), *_images(), *_stores(), *_models(), *_texts(), *_archives())


# Labels ---------------------------------------------------------------------------------------------------------------


def _labels() -> Iterable[Reader]:
    from defectkit import hooks

    for name in sorted(hooks.table("label_format")):
        yield Reader(name=f"labels: {name}", read=_reads_labels(name), trees=_label_trees(name), weight=40)
    yield Reader(name="labels: any", read=_reads_labels(None), trees=_any_label_trees, weight=10)


def _reads_labels(name: str | None) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        from defectkit.formats import read_labels

        return read_labels(path, images=scene()[0], format=name, unpaired="leave-out")

    return read


def _label_trees(name: str) -> Callable[[Path], Sequence[Tree]]:
    def trees(folder: Path) -> Sequence[Tree]:
        from defectkit.errors import LabelWriteError
        from defectkit.formats import write_labels

        images, labels = scene()
        if name in ("label-image", "type-masks"):
            labels = _apart(labels)
        for suffix in ("", ".json"):
            place = folder / f"labels{suffix}"
            try:
                write_labels(labels, place, format=name, images=images)
            except LabelWriteError:
                continue
            if place.is_dir():
                return [Tree.of_folder(place)]
            if suffix:
                return [Tree.of_file(place)]
            place.unlink()
        raise AssertionError(f"no labels could be written as {name}")

    return trees


def _apart(labels: Any) -> Any:
    from defectkit.records import Instances, LabelSet

    squares = [[(4 + 20 * k, 4), (4 + 20 * k, 14), (14 + 20 * k, 14), (14 + 20 * k, 4)] for k in range(4)]
    types = ["bdot", "loop_111", "bdot", "loop_100"]
    drawn = Instances.from_polygons(squares, types=types, shape=SHAPE, ids=[1, 2, 3, 4])
    return LabelSet(name="labels", instances=dict.fromkeys(labels.instances, drawn))


def _any_label_trees(folder: Path) -> Sequence[Tree]:
    found: list[Tree] = []
    for name in ("coco", "imagej-roi", "labelme", "via", "yolo-seg"):
        (folder / name).mkdir()
        found += _label_trees(name)(folder / name)
    return found


# Images ---------------------------------------------------------------------------------------------------------------


def _images() -> Iterable[Reader]:
    for kind in ("tif", "png", "jpg", "bmp"):
        yield Reader(name=f"images: {kind}", read=_read_image, trees=_image_trees(kind), weight=30)
    yield Reader(name="images: tif of makers", read=_read_frames, trees=_maker_trees, weight=30)
    yield Reader(name="images: calibration", read=_read_folder, trees=_folder_trees, weight=20)


def _read_image(path: Path) -> object:
    from defectkit.formats import read_image

    return read_image(path).pixels.shape


def _read_frames(path: Path) -> object:
    from defectkit.formats import read_images

    images = read_images(path, frame="all")
    for image in images.values():
        height, width = image.shape
        image.box(height // 3, width // 3, height, width).sum()
    return [image.pixels.shape for image in images.values()]


def _maker_trees(folder: Path) -> Sequence[Tree]:
    mutators_images.write_tiffs(folder, SHAPE)
    return [Tree.of_file(file) for file in sorted(folder.iterdir())]


def _read_folder(path: Path) -> object:
    from defectkit.formats import read_images

    return [image.calibration for image in read_images(path).values()]


def _folder_trees(folder: Path) -> Sequence[Tree]:
    mutators_images.write_tables(folder)
    return [Tree.of_folder(place, mutable=(".toml", ".csv")) for place in sorted(folder.iterdir())]


def _image_trees(kind: str) -> Callable[[Path], Sequence[Tree]]:
    def trees(folder: Path) -> Sequence[Tree]:
        import PIL.Image
        import tifffile

        gray = (np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) % 251).astype(np.uint8)
        if kind == "tif":
            facts: list[dict[str, Any]] = [
                {},
                {"compression": "zlib"},
                {"resolution": (4e7, 4e7), "resolutionunit": "CENTIMETER"},
                {"tile": (16, 16)},
                {"imagej": True, "metadata": {"unit": "nm", "spacing": 0.5}},
                {"ome": True, "metadata": {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "nm"}},
            ]
            for k, each in enumerate(facts):
                tifffile.imwrite(folder / f"{k}.tif", gray.astype(np.uint16 if k % 2 else np.uint8), **each)
        else:
            for k, mode in enumerate(("L", "RGB", "P", "1")):
                if not (kind == "jpg" and mode in ("P", "1")):
                    PIL.Image.fromarray(gray).convert(mode).save(folder / f"{k}.{kind}")
        return [Tree.of_file(file) for file in sorted(folder.iterdir())]

    return trees


# Stores ---------------------------------------------------------------------------------------------------------------


def _stores() -> Iterable[Reader]:
    yield Reader(name="store: folder", read=_read_store, trees=_store_trees(""), weight=1)
    yield Reader(name="store: zip", read=_read_store, trees=_store_trees(".zip"), weight=1)
    yield Reader(name="store: results", read=_read_results, trees=_results_trees, weight=10)
    yield Reader(name="store: analysis", read=_read_analysis, trees=_analysis_trees, weight=1)
    yield Reader(name="store: side", read=_read_side, trees=_store_trees(""), weight=1)


def _read_store(path: Path) -> object:
    from defectkit.storage import Store

    store = Store.open(path)
    for key in store.label_sets():
        store.labels(key)
        store.seal(key)
    for key in store.prediction_sets():
        list(store.predictions(key))
    for image in store.images():
        image.pixels.shape  # noqa: B018 - the pixels are read
    for name in store.result_names():
        store.results(name)
    return store.interrupted()


def _store_trees(suffix: str) -> Callable[[Path], Sequence[Tree]]:
    def trees(folder: Path) -> Sequence[Tree]:
        from defectkit.records import Prediction
        from defectkit.storage import Store

        images, labels = scene()
        place = folder / f"store.zarr{suffix}"
        store = Store.create(place)
        store.add_images(images.values())
        store.add_labels(labels)
        scored = {n: attrs.evolve(i, scores=np.linspace(0.1, 0.9, len(i))) for n, i in labels.instances.items()}
        store.write_predictions(
            "blob@1",
            (
                Prediction(image=n, instances=i, detector="blob", detector_version="1", notes=("a note",))
                for n, i in scored.items()
            ),
        )
        store.add_results("table", _table())
        return [Tree.of_file(place) if suffix else Tree.of_folder(place)]

    return trees


def _table() -> Any:
    import xarray

    return xarray.Dataset(
        {"size": ("defect", [1.5, 2.0], {"units": "nanometer"}), "defect_type": ("defect", ["bdot", "loop"])},
        coords={"image": ("image", ["a", "b"])},
        attrs={"settings": {"a": [1, 2.5, None]}, "title": "a table"},
    )


def _read_results(path: Path) -> object:
    from defectkit.storage import load_results

    return load_results(path)


def _results_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.storage import save_results

    save_results(_table(), folder / "one.zarr")
    save_results({"first": _table(), "second": _table()}, folder / "two.zarr")
    return [Tree.of_folder(folder / "one.zarr"), Tree.of_folder(folder / "two.zarr")]


def _read_analysis(path: Path) -> object:
    from defectkit.workflows import Analysis

    return Analysis.load(path)


def _analysis_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.workflows import measure_labels

    images, labels = scene()
    measure_labels(labels, images.values()).save(folder / "analysis.zarr")
    return [Tree.of_folder(folder / "analysis.zarr")]


def _read_side(path: Path) -> object:
    from defectkit.workflows.sides import read_side

    return read_side(path, images=scene()[0], key="truth@1")


# Models ---------------------------------------------------------------------------------------------------------------


def _models() -> Iterable[Reader]:
    yield Reader(name="model: blob", read=_reads_model("blob"), trees=_blob_trees, weight=1)
    yield Reader(name="model: loopnet", read=_reads_model("loopnet"), trees=_loopnet_trees, weight=1)
    yield Reader(name="model: pixel-forest", read=_reads_model("pixel-forest"), trees=_forest_trees, weight=1)


def _reads_model(name: str) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        from defectkit.workflows.detectors import make_detector

        images, _ = scene()
        return list(make_detector(name, model=path).predict(list(images.values())[:1]))

    return read


def _blob_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.detectors.blob import Blob

    Blob().save(folder / "model")
    return [Tree.of_folder(folder / "model")]


def _loopnet_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.detectors.loopnet.detector import LoopNet

    LoopNet().save(folder / "model")
    return [Tree.of_folder(folder / "model")]


def _forest_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.detectors import TrainingSet
    from defectkit.detectors.pixel_forest import PixelForest

    images, labels = scene()
    detector = PixelForest(n_trees=3, max_depth=4, samples_per_class=60, pixel_size="1 nm/px")
    detector.fit(TrainingSet(images=images, labels=labels)).save(folder / "model")
    return [Tree.of_folder(folder / "model")]


# Texts ----------------------------------------------------------------------------------------------------------------


def _texts() -> Iterable[Reader]:
    yield Reader(name="text: study", read=_read_study, trees=_study_trees, weight=6)
    yield Reader(name="text: data set", read=_read_entry, trees=_registry_trees("datasets", ".toml"), weight=20)
    yield Reader(name="text: files of a data set", read=_read_files, trees=_registry_trees("datasets", ".txt"))
    yield Reader(name="text: splits", read=_read_splits, trees=_registry_trees("splits", ".toml"))
    yield Reader(name="text: material", read=_read_material, trees=_registry_trees("materials", ".toml"), weight=20)
    yield Reader(name="text: calibrations", read=_read_calibrations, trees=_calibration_trees, weight=20)
    yield Reader(name="text: simulated sizes", read=_read_simulated_sizes, trees=_simulated_size_trees, weight=10)
    yield Reader(name="text: records", read=_read_records, trees=_record_trees, weight=10)
    yield Reader(name="text: sizes", read=_read_sizes, trees=_size_trees, weight=10)
    yield Reader(name="text: thicknesses", read=_read_thicknesses, trees=_thickness_trees, weight=10)
    yield Reader(name="text: expressions", read=_read_expressions, trees=_expression_trees, weight=10)
    yield Reader(name="text: what is shown", read=_read_shown, trees=_shown_trees, weight=6)


def _read_study(path: Path) -> object:
    from defectkit.studies.toml import read_study

    return read_study(path / "study.toml")


def _study_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.formats import write_labels
    from defectkit.testing.synthetic import synthetic_dataset

    images, labels = synthetic_dataset(3, 3, shape=(48, 48), counts={"bdot": 2}, n_lines=0)
    import tifffile

    (folder / "frames").mkdir()
    for name, image in images.items():
        tifffile.imwrite(folder / "frames" / f"{name}.tif", image.pixels)
    write_labels(labels, folder / "truth.json", format="coco", images=images)
    (folder / "study.toml").write_text(
        """name = "old and new"
seeds = [0, 1]
conventions = ["defectkit", "jacobs2022"]

[data]
images = ["frames"]
pixel_size = "0.5 nm/px"
labels.truth.path = "truth.json"

[[labels]]
train = "truth@1"
test = "truth@1"

[[splits]]
splitter = "random-k-fold"
options.n_splits = 3

[[detectors]]
detector = "blob"
options.min_diameter_nm = 2.0
"""
    )
    tree = Tree.of_folder(folder, mutable=("study.toml",))
    return [tree]


def _read_entry(path: Path) -> object:
    from defectkit.datasets.entry import DatasetEntry
    from defectkit.datasets.toml import read_toml, to_toml

    return to_toml(read_toml(path, DatasetEntry))


def _read_files(path: Path) -> object:
    from defectkit.datasets.file_list import read_file_list

    return read_file_list(path, "https://example.org/")


def _read_splits(path: Path) -> object:
    from defectkit.datasets.split_table import SplitTable
    from defectkit.datasets.toml import read_toml

    return read_toml(path, SplitTable)


def _read_material(path: Path) -> object:
    from defectkit.hardening.catalogue import load_material

    return load_material(path)


def _registry_trees(kind: str, suffix: str) -> Callable[[Path], Sequence[Tree]]:
    def trees(folder: Path) -> Sequence[Tree]:
        from defectkit.resources import registry_path

        return [Tree.of_file(file) for file in sorted((registry_path() / kind).glob(f"*{suffix}"))]

    return trees


def _read_calibrations(path: Path) -> object:
    from defectkit.formats.images.calibration_table import read_calibration_table

    table = read_calibration_table(path)
    return [table.of(name) for name in ("frame", "BF X500K 03")]


def _calibration_trees(folder: Path) -> Sequence[Tree]:
    (folder / "calibration.toml").write_text(
        '[[calibration]]\nname = "frame"\npixel_size = "0.25 +/- 0.01 nm"\n\n[[calibration]]\nprefix = "BF"\n'
        'pixel_size = "0.1416 nm/px"\nfoil_thickness = "100 nm"\nassumed = ["foil_thickness"]\n'
    )
    (folder / "calibration.csv").write_text(
        "name,prefix,pixel_size,foil_thickness,assumed\nframe,,0.25 nm,100 nm,foil_thickness\n,BF,0.5 nm,,\n"
    )
    return [Tree.of_file(folder / "calibration.toml"), Tree.of_file(folder / "calibration.csv")]


def _read_simulated_sizes(path: Path) -> object:
    from defectkit.uncertainty.size_tables import read_hit_rates, read_simulated_sizes

    return read_hit_rates(path) if path.stem == "rates" else read_simulated_sizes(path)


def _simulated_size_trees(folder: Path) -> Sequence[Tree]:
    (folder / "sizes.csv").write_text(
        "defect_type,size_low_nm,size_high_nm,number_density_per_m3\nloop_111,0,2,1e21\nloop_111,2,4.5,3.5e20\n"
    )
    (folder / "rates.csv").write_text("size_low_nm,size_high_nm,hit_rate\n0,5,0.5\n5,9,1\n")
    return [Tree.of_file(folder / name) for name in ("sizes.csv", "rates.csv")]


def _record_kinds() -> dict[str, type]:
    from defectkit.detectors import ModelCard
    from defectkit.records.json import RECORDS

    return {kind.__name__: kind for kind in (*RECORDS, ModelCard)}


def _read_records(path: Path) -> object:
    from defectkit.records import from_json

    return from_json(path.read_text(encoding="utf-8", errors="replace"), _record_kinds()[path.stem])


def _record_trees(folder: Path) -> Sequence[Tree]:
    from defectkit.detectors.blob import Blob
    from defectkit.records import Calibration, Specimen, Split, Taxonomy, to_json

    _, labels = scene()
    one = next(iter(labels.instances.values()))
    split = Split(name="one", train=("a",), test=("b",), train_labels="truth@1", test_labels="truth@1")
    records = (
        labels, one, Taxonomy.standard(), Calibration.square("0.5 nm/px"), Specimen(alloy="Ti", dose="0.8 dpa"),
        split, Blob().card(),
    )  # fmt: skip
    for record in records:
        (folder / f"{type(record).__name__}.json").write_text(to_json(record))
    return [Tree.of_file(file) for file in sorted(folder.iterdir())]


def _read_sizes(path: Path) -> object:
    from defectkit.errors import DefectkitError
    from defectkit.records import Calibration
    from defectkit.units import as_pixel_size, as_quantity

    text = path.read_text(encoding="utf-8", errors="replace")
    for read in (as_pixel_size, Calibration.square, lambda given: as_quantity(given, "nanometer", what="size")):
        with suppress(DefectkitError):
            read(text)
    return None


def _size_trees(folder: Path) -> Sequence[Tree]:
    texts = ("0.25 nm", "0.25 +/- 0.01 nm", "1.5e-1 angstrom/px", "100 nm", "1 um / pixel")
    return _text_trees(folder, texts)


def _read_thicknesses(path: Path) -> object:
    from defectkit.workflows.thickness import read_thicknesses

    return read_thicknesses(path)


def _thickness_trees(folder: Path) -> Sequence[Tree]:
    texts = (
        "image,thickness\nframe_01,100 +/- 20 nm\nframe_02,80-120 nm\n",
        "image,thickness,uncertainty,unit\nframe_01,100,20,nm\nframe_02,0.09,0.01,um\n",
    )
    for k, text in enumerate(texts):
        (folder / f"{k}.csv").write_text(text)
    return [Tree.of_file(file) for file in sorted(folder.iterdir())]


def _read_expressions(path: Path) -> object:
    from defectkit.measurement import Where

    return Where(path.read_text(encoding="utf-8", errors="replace"))


def _expression_trees(folder: Path) -> Sequence[Tree]:
    texts = (
        "size > 5 nm and heywood_circularity < 1.2",
        "not (touches_border or defect_type == 'loop_111') and area >= 2.5e1 nm^2",
        "image != frame_01 or (score >= 0.5 and not polygon_area < 1 um^2)",
    )
    return _text_trees(folder, texts)


def _read_shown(path: Path) -> object:
    from defectkit.measurement import Shown

    return Shown.of(path.read_text(encoding="utf-8", errors="replace"))


def _shown_trees(folder: Path) -> Sequence[Tree]:
    return _text_trees(folder, ("0.5", "50 %", "a/2<111> in bcc, g=110, g=1-10", "a/3<11-20> in hcp, zone=11-20"))


def _text_trees(folder: Path, texts: Sequence[str]) -> Sequence[Tree]:
    for k, text in enumerate(texts):
        (folder / f"{k}.txt").write_text(text)
    return [Tree.of_file(file) for file in sorted(folder.iterdir())]


# Archives -------------------------------------------------------------------------------------------------------------


def _archives() -> Iterable[Reader]:
    for kind in ("zip", "tar", "tar.gz", "tar.xz"):
        yield Reader(name=f"archive: {kind}", read=_unpack, trees=_archive_trees(kind), weight=10)


def _unpack(path: Path) -> object:
    from defectkit.datasets.archives import unpack

    target = path.parent / "unpacked"
    try:
        return unpack(path, target, archive_hash="sha256:" + "0" * 64)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _archive_trees(kind: str) -> Callable[[Path], Sequence[Tree]]:
    def trees(folder: Path) -> Sequence[Tree]:
        place = folder / f"archive.{kind}"
        contents = {"a/one.json": json.dumps({"a": 1}).encode(), "b.txt": b"text" * 500, "c/d/e.bin": bytes(2000)}
        if kind == "zip":
            with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in contents.items():
                    archive.writestr(name, content)
        else:
            mode: Any = f"w:{kind.partition('.')[2]}"
            with tarfile.open(place, mode) as archive:
                for name, content in contents.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        return [Tree.of_file(place)]

    return trees
