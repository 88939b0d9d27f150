"""The way of the paper's own data, rehearsed with a made-up article in the form of the Figshare API.

It is served on loopback, fetched by the entry of the registry as it stands, split by the annotation files of both
sides, and run through the reproduction of a table."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import threading
import warnings
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from defectkit_jacobs2022.published import PublishedTable, published_tables
from defectkit_jacobs2022.reproduction import plan_for, reproduce
from defectkit_jacobs2022.reproduction.sides import with_published_sides
from PIL import Image as Pictures
from small_reproduction import small_effort

from defectkit.datasets import Catalogue, Dataset, load_dataset
from defectkit.errors import DatasetWarning, SplitError, StudyError
from defectkit.records import Image, LabelSet
from defectkit.resources import registry_path
from defectkit.studies import StudyData
from defectkit.testing.synthetic import synthetic_dataset

ARTICLE = "https://api.figshare.com/v2/articles/14691207"
OLDER = {"loop_111": 1, "bdot": 2, "loop_100_open": 3, "loop_100_solid": 3}
NEWER = {"loop_100_open": 1, "loop_111": 2, "bdot": 3, "loop_100_solid": 4}
"""The two category tables that the authors' files have."""
PIXEL_SIZE = 0.880523
N_TRAIN, N_TEST = 4, 2


def drawn() -> tuple[dict[str, Image], LabelSet]:
    images, labels = synthetic_dataset(
        5, N_TRAIN + N_TEST, shape=(128, 128), pixel_size=f"{PIXEL_SIZE} nm/px", n_lines=0,
        counts={"bdot": 4, "loop_111": 3, "loop_100": 2},
    )  # fmt: skip
    names = {name: f"map{k}_70kx" for k, name in enumerate(images, start=1)}
    renamed = {names[name]: attrs.evolve(image, name=names[name]) for name, image in images.items()}
    return renamed, attrs.evolve(labels, instances={names[name]: labels[name] for name in labels})


def png(image: Image) -> bytes:
    buffer = io.BytesIO()
    Pictures.fromarray(np.asarray(image.pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def coco(labels: LabelSet, names: list[str], table: Mapping[str, int]) -> bytes:
    """COCO as the authors' scripts take it."""
    listed = [
        {"id": k, "file_name": f"{name}.png", "height": 128, "width": 128} for k, name in enumerate(names, start=1)
    ]
    drawn_on = [(k, labels[name], i) for k, name in enumerate(names, start=1) for i in range(len(labels[name]))]
    entries = []
    for number, (image, instances, i) in enumerate(drawn_on, start=1):
        ring = instances.polygons.ring(i)[:, ::-1]
        low, high = ring.min(axis=0), ring.max(axis=0)
        entries.append(
            {
                "id": number, "image_id": image, "category_id": table[instances.type_names[i]], "iscrowd": 0,
                "segmentation": [ring.ravel().tolist()], "bbox": [*low.tolist(), *(high - low).tolist()],
                "area": float(instances.areas[i]),
            }
        )  # fmt: skip
    categories = [{"id": number, "name": str(number)} for number in sorted(set(table.values()))]
    return json.dumps({"images": listed, "annotations": entries, "categories": categories}).encode()


@pytest.fixture
def article(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Catalogue]:
    """The registry with the address of its article, and nothing else, turned to a server on loopback."""
    images, labels = drawn()
    names = list(images)
    contents = {f"{name}.png": png(image) for name, image in images.items()}
    contents["Dataset1.json"] = coco(labels, names, OLDER)
    contents["Dataset2.json"] = contents["Dataset2_Expanded.json"] = coco(labels, names, NEWER)
    pages: dict[str, bytes] = {f"/files/{name}": content for name, content in contents.items()}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    address = f"http://127.0.0.1:{server.server_port}"
    files = [
        {
            "id": k, "name": name, "size": len(content), "is_link_only": False,
            "download_url": f"{address}/files/{name}", "mimetype": "application/octet-stream",
            "supplied_md5": hashlib.md5(content).hexdigest(), "computed_md5": hashlib.md5(content).hexdigest(),
        }
        for k, (name, content) in enumerate(contents.items(), start=1)
    ]  # fmt: skip
    said = {"id": 14691207, "title": "made up", "doi": "10.6084/m9.figshare.14691207", "version": 1, "files": files}
    pages["/v2/articles/14691207"] = json.dumps(said).encode()
    shutil.copytree(registry_path(), tmp_path / "registry")
    entry = tmp_path / "registry" / "datasets" / "fecral.toml"
    text = entry.read_text(encoding="utf-8")
    assert ARTICLE in text
    entry.write_text(text.replace(ARTICLE, f"{address}/v2/articles/14691207"), encoding="utf-8")
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("DEFECTKIT_MIRROR", raising=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Catalogue(folders=(tmp_path / "registry",))
    server.shutdown()
    server.server_close()


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, Path, Path]:
    images, labels = drawn()
    names = list(images)
    for side, own in (("train", names[:N_TRAIN]), ("test", names[N_TRAIN:])):
        (tmp_path / f"{side}.json").write_bytes(coco(labels, own, OLDER))
    return "dataset1/initial", tmp_path / "train.json", tmp_path / "test.json"


def fetched(article: Catalogue) -> Dataset:
    """Fetch the article; that its counts are not the published ones is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        return load_dataset("fecral", labels=list(plan_for("fecral").roles), catalogue=article)


def tables_of_the_article() -> dict[int, PublishedTable]:
    """The published tables with the counts of the article in the row of the initial split."""
    table = published_tables()[2]
    for name, n in {"images": 1, "bdot": 4, "loop_111": 3, "loop_100": 2}.items():
        for side, images in (("train", N_TRAIN), ("test", N_TEST)):
            table = table.with_value(("dataset1", "initial"), f"{name}_{side}", n * images)
    return {2: table}


def test_from_the_article_to_a_table(article: Catalogue, sides: tuple[str, Path, Path], tmp_path: Path) -> None:
    plan = plan_for("fecral")
    loaded = fetched(article)
    assert any("6 images, not 182" in caution for caution in loaded.cautions)
    assert loaded.images["map1_70kx"].required_calibration().pixel_size_nm == pytest.approx((PIXEL_SIZE,) * 2)
    data = StudyData(name="fecral", images=loaded.images, label_sets=loaded.label_sets, dataset=loaded)
    both = [data.labels(key).counts()["bdot"] for key in plan.roles]
    assert both == [4 * (N_TRAIN + N_TEST)] * 3
    with pytest.raises(SplitError, match="not in the registry"):
        reproduce(["table8"], tmp_path / "out", plan=plan, data=data, effort=small_effort(plan))
    known = with_published_sides(data, [sides], tables=tables_of_the_article())
    made = reproduce(["table1", "table5", "table8"], tmp_path / "out", plan=plan, data=known, effort=small_effort(plan))
    assert [one.artifact.name for one in made.written] == ["table1", "table8"]
    assert "random-cv-1" in made.omitted["table5"]
    text = (made.folder / "artifacts" / "table8.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    ours = [row for row in rows if row["source"] == "ours" and row["statistic"] == "find F1"]
    assert len(ours) == 1
    assert all(0 <= float(ours[0][f"run_{k}"]) <= 1 for k in (1, 2, 3))


def test_files_that_are_not_those_of_the_split_are_refused(
    article: Catalogue, sides: tuple[str, Path, Path], tmp_path: Path
) -> None:
    loaded = fetched(article)
    data = StudyData(name="fecral", images=loaded.images, label_sets=loaded.label_sets, dataset=loaded)
    with pytest.raises(SplitError, match="train: 4 images in place of 85"):
        with_published_sides(data, [sides])
    name, train, test = sides
    with pytest.raises(SplitError, match="train: 2 images in place of 4"):
        with_published_sides(data, [(name, test, train)], tables=tables_of_the_article())
    with pytest.raises(StudyError, match="only a data set of the catalogue"):
        with_published_sides(attrs.evolve(data, dataset=None), [sides])
