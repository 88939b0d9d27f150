"""The keys of the entries: none unknown, none missing, values that the records accept."""

from __future__ import annotations

import re
import tomllib

import pytest

from defectkit.records import Calibration, DefectType, Specimen, Taxonomy
from defectkit.resources import registry_path

DATASETS = sorted(p.stem for p in (registry_path() / "datasets").glob("*.toml"))
DATASET = {"format", "name", "title", "description", "licence", "home", "citation", "source", "images"}
SOURCES = {
    "files": {"kind", "address", "mirror", "files"},
    "figshare": {"kind", "article", "address", "mirror", "archives"},
    "registered": {"kind", "registered", "options"},
}
LABELS = {"name", "version", "expected"}
LABELS_OF_FILES = {"annotator", "format", "files", "category"}
COUNTS = {"images", "by_type"}


def toml(folder, name):
    return tomllib.loads((registry_path() / folder / f"{name}.toml").read_text(encoding="utf-8"))


def check(table, *, required, optional=frozenset()):
    assert required <= set(table) <= required | set(optional), set(table) ^ required


def own_taxonomy(entry):
    return Taxonomy(types=(*Taxonomy.standard(), *(DefectType(**t) for t in entry.get("defect_type", ()))))


def test_the_entries():
    assert DATASETS == [
        "ampis-powder",
        "cosmic-backgrounds",
        "emps",
        "fecral",
        "steel-316l",
        "synthetic-fecral",
        "ti-loops",
    ]


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set(name):
    entry = toml("datasets", name)
    check(entry, required=DATASET, optional={"labels", "defect_type", "splits"})
    assert (entry["name"], entry["format"]) == (name, 1)
    check(entry["citation"], required={"text"}, optional={"doi"})
    check(entry["source"], required=SOURCES[entry["source"]["kind"]])
    if "address" in entry["source"]:
        assert entry["source"]["address"].startswith("https://")
    assert re.fullmatch(r"10\.\d{4,}/\S+", entry["citation"].get("doi", "10.1000/none"))
    if "splits" in entry:
        assert toml("splits", entry["splits"]["file"].removesuffix(".toml"))["dataset"] == name


@pytest.mark.parametrize("name", DATASETS)
def test_images(name):
    entry = toml("datasets", name)
    images = entry["images"]
    check(images, required={"expected"}, optional={"files", "calibration", "calibrations", "specimen", "group"})
    assert ("files" in images) == (entry["source"]["kind"] != "registered")
    Specimen(**images.get("specimen", {}))
    given = [images["calibration"]] if "calibration" in images else []
    for group in images.get("group", ()):
        check(group, required={"match", "calibration"})
        given.append(group["calibration"])
    for calibration in given:
        rest = {k: v for k, v in calibration.items() if k != "pixel_size"}
        size = calibration["pixel_size"]
        assert Calibration(pixel_size_y=size, pixel_size_x=size, **rest).pixel_size_nm[0] > 0
    if "calibrations" in images:
        assert toml("calibrations", images["calibrations"])["prefix"]


@pytest.mark.parametrize("name", DATASETS)
def test_label_sets(name):
    entry = toml("datasets", name)
    taxonomy = own_taxonomy(entry)
    keys = [f"{label['name']}@{label['version']}" for label in entry.get("labels", ())]
    assert len(set(keys)) == len(keys)
    for label in entry.get("labels", ()):
        made = entry["source"]["kind"] == "registered"
        required = LABELS if made else LABELS | LABELS_OF_FILES
        check(label, required=required, optional={"parent", "description", "image_suffix", "images"})
        assert label.get("parent", keys[0]) in keys
        ids = [category["id"] for category in label.get("category", ())]
        assert len(set(ids)) == len(ids)
        mapped = {category["type"] for category in label.get("category", ())}
        for category in label.get("category", ()):
            check(category, required={"id", "name", "type"})
        expected = label["expected"]
        check(expected, required={"images"}, optional={"by_type", "defects", "page", "file"})
        assert sum(expected.get("by_type", {}).values()) == expected.get("defects", 0)
        for counted in expected.get("by_type", {}):
            assert made or any(counted in taxonomy.ancestry(t) for t in mapped)
            assert counted in taxonomy
        for file in expected.get("file", ()):
            check(file, required={"path", "images", "defects"})


@pytest.mark.parametrize("name", ["fecral"])
def test_splits(name):
    table = toml("splits", name)
    check(table, required={"format", "dataset", "split"})
    keys = {f"{label['name']}@{label['version']}" for label in toml("datasets", table["dataset"])["labels"]}
    names = [split["name"] for split in table["split"]]
    assert len(set(names)) == len(names)
    for split in table["split"]:
        check(
            split,
            required={"name", "train_labels", "test_labels", "train", "test"},
            optional={"page", "note", "train_images", "test_images"},
        )
        assert {split["train_labels"], split["test_labels"]} <= keys
        for side in ("train", "test"):
            check(split[side], required=COUNTS)


@pytest.mark.parametrize("name", ["fecral"])
def test_calibrations(name):
    table = toml("calibrations", name)
    check(table, required={"format", "title", "doi", "prefix"})
    for prefix in table["prefix"]:
        check(
            prefix,
            required={
                "match", "name", "pixel_size", "pixel_size_source", "foil_thickness", "foil_thickness_source", "page",
            },
            optional={"field_width", "note"},
        )  # fmt: skip
        size = prefix["pixel_size"]
        calibration = Calibration(
            pixel_size_y=size,
            pixel_size_x=size,
            pixel_size_source=prefix["pixel_size_source"],
            foil_thickness=prefix["foil_thickness"],
            foil_thickness_source=prefix["foil_thickness_source"],
        )
        assert calibration.pixel_size_nm[0] > 0
