"""The data set entries against the files that lie beside this checkout: hashes, names, counts."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import tomllib
from collections import Counter
from pathlib import PurePosixPath

import pytest

from defectkit.resources import registry_path

WITH_FILES = ("ampis-powder", "cosmic-backgrounds", "emps", "steel-316l", "ti-loops")


def entry(name):
    return tomllib.loads((registry_path() / "datasets" / f"{name}.toml").read_text(encoding="utf-8"))


def upstream(name):
    """The commit, and sha256 and size by path."""
    lines = (registry_path() / "datasets" / entry(name)["source"]["files"]).read_text(encoding="utf-8").splitlines()
    commit = next(line for line in lines if " at commit " in line).split()[-1]
    rows = [line.split(" ", 2) for line in lines if not line.startswith("#")]
    return commit, {path: (sha256, int(size)) for sha256, size, path in rows}


def matching(paths, patterns):
    return sorted(p for p in paths if any(fnmatch.fnmatchcase(p, pattern) for pattern in patterns))


@pytest.fixture
def local(shared_data):
    """The files of a data set that lie here, by upstream path."""

    def find(name):
        folder = shared_data / entry(name)["source"]["mirror"]
        _, files = upstream(name)
        return {path: folder / path for path in files if (folder / path).is_file()}

    return find


@pytest.mark.parametrize("name", WITH_FILES)
def test_file_lists_are_well_formed(name):
    commit, files = upstream(name)
    assert len(commit) == 40
    assert f"/{commit}/" in entry(name)["source"]["address"]
    assert files
    for path, (sha256, size) in files.items():
        assert len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")
        assert size > 0
        assert not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
        assert not path.endswith((".pickle", ".html"))


@pytest.mark.parametrize("name", WITH_FILES)
def test_images_and_labels_are_in_the_list(name):
    described, (_, files) = entry(name), upstream(name)
    images = matching(files, described["images"]["files"])
    assert len(images) == described["images"]["expected"]
    stems = [PurePosixPath(p).stem for p in images]
    assert len(set(stems)) == len(stems)
    for label in described.get("labels", ()):
        found = matching(files, label["files"])
        assert found
        covered = [s for s in stems if any(fnmatch.fnmatchcase(s, p) for p in label.get("images", ["*"]))]
        assert len(covered) == label["expected"]["images"]
        if label["format"] == "yolo-seg":
            assert [PurePosixPath(p).stem.removesuffix(label.get("image_suffix", "")) for p in found] == stems


@pytest.mark.parametrize("name", WITH_FILES)
def test_files_at_hand_are_the_listed_ones(name, local, shared_data):
    at_hand = local(name)
    assert at_hand
    _, files = upstream(name)
    for path, file in at_hand.items():
        content = file.read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == files[path]
    folder = shared_data / entry(name)["source"]["mirror"]
    others = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - set(at_hand)
    assert others <= {"LICENSE", "MANIFEST.txt"}


@pytest.mark.parametrize("name", ["ampis-powder", "steel-316l", "ti-loops"])
def test_lists_are_as_complete_as_the_manifests(name, shared_data):
    manifest = shared_data / entry(name)["source"]["mirror"] / "MANIFEST.txt"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    commit, files = upstream(name)
    assert lines[0].endswith(commit)
    listed = {path: (sha256, int(size)) for sha256, size, path in (line.split(" ", 2) for line in lines[2:])}
    assert {p for p in listed if p not in files} == {p for p in listed if p.endswith((".pickle", ".html"))}
    assert all(listed[p] == files[p] for p in files)


def test_yolo_files_at_hand_hold_the_one_class(local):
    at_hand = local("ti-loops")
    for label in entry("ti-loops")["labels"]:
        paths = matching(at_hand, label["files"])
        classes = Counter(
            line.split()[0] for p in paths for line in at_hand[p].read_text().splitlines() if line.strip()
        )
        assert set(classes) == {str(c["id"]) for c in label["category"]}
        assert classes.total() <= label["expected"]["defects"]
        if len(paths) == label["expected"]["images"]:
            assert classes.total() == label["expected"]["defects"]


def test_the_coco_file_has_the_expected_counts(local):
    (label,) = entry("steel-316l")["labels"]
    (path,) = label["files"]
    coco = json.loads(local("steel-316l")[path].read_text())
    assert len(coco["images"]) == label["expected"]["images"]
    assert len(coco["annotations"]) == label["expected"]["defects"]
    assert [(c["id"], c["name"]) for c in coco["categories"]] == [(c["id"], c["name"]) for c in label["category"]]


def test_via_files_have_the_expected_counts(local):
    at_hand = local("ampis-powder")
    for label in entry("ampis-powder")["labels"]:
        expected = label["expected"]
        assert sum(f["defects"] for f in expected["file"]) == expected["defects"]
        assert sum(f["images"] for f in expected["file"]) == expected["images"]
        checked = [f for f in expected["file"] if f["path"] in at_hand]
        assert checked
        for file in checked:
            regions = json.loads(at_hand[file["path"]].read_text())["_via_img_metadata"].values()
            assert len(regions) == file["images"]
            assert sum(len(image["regions"]) for image in regions) == file["defects"]
            names = {r["region_attributes"]["Label"].strip() for image in regions for r in image["regions"]}
            assert names == {c["id"] for c in label["category"]}
            stems = {PurePosixPath(image["filename"]).stem for image in regions}
            assert stems <= set(label["images"])


@pytest.mark.parametrize("name", WITH_FILES)
def test_licences_are_those_of_the_files(name, shared_data):
    described = entry(name)
    text = (shared_data / described["source"]["mirror"] / "LICENSE").read_text()
    assert described["licence"] == "MIT"
    assert "MIT License" in text
