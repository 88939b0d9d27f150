"""Against a server that speaks the documented form of the Figshare API: /v2/articles/{id}."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from defectkit.datasets import Catalogue, fetch_dataset, load_dataset
from defectkit.datasets.figshare import LOCK, figshare_files, parse_article
from defectkit.datasets.places import Mirror
from defectkit.datasets.sources import FigshareSource
from defectkit.errors import FetchError, UnsafeArchiveError
from tests.test_datasets.conftest import YOLO, Site, png

ARTICLE = 424242


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def publish(site: Site, contents: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    """Put an article with files on the site, as the interface gives it."""
    files = []
    for number, (name, content) in enumerate(contents.items(), start=1):
        site.put(f"files/{number}", content)
        files.append(
            {
                "id": number,
                "name": name,
                "size": len(content),
                "is_link_only": False,
                "download_url": f"{site.address}/files/{number}",
                "supplied_md5": md5(content),
                "computed_md5": md5(content),
                "mimetype": "application/octet-stream",
            }
        )
    article = {"id": ARTICLE, "title": "Data", "doi": "10.6084/m9.figshare.424242", "version": 3, "files": files}
    article |= changes
    site.put(f"v2/articles/{ARTICLE}", json.dumps(article).encode())
    return article


def source(site: Site) -> FigshareSource:
    return FigshareSource(
        article=ARTICLE,
        address=f"{site.address}/v2/articles/{ARTICLE}",
        mirror=f"figshare+{ARTICLE}",
        archives=("*.zip",),
    )


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for k, name in enumerate(YOLO):
            archive.writestr(f"images/{name}.png", png(40 + k, folder))
            archive.writestr(f"__MACOSX/images/._{name}.png", b"litter")
    return buffer.getvalue()


@pytest.fixture
def catalogue(site: Site, tmp_path: Path) -> Catalogue:
    folder = tmp_path / "registry" / "datasets"
    folder.mkdir(parents=True)
    (folder / "article.toml").write_text(
        f"""
        format = 1
        name = "article"
        title = "An article"
        citation = {{ text = "Nobody" }}
        images = {{ files = ["*.png"], expected = 3 }}
        [source]
        kind = "figshare"
        article = {ARTICLE}
        address = "{site.address}/v2/articles/{ARTICLE}"
        mirror = "figshare+{ARTICLE}"
        archives = ["*.zip"]
        [[labels]]
        name = "drawn"
        version = "1"
        format = "yolo-seg"
        files = ["*.txt"]
        category = [{{ id = 0, name = "loop", type = "loop_111" }}, {{ id = 1, name = "dot", type = "bdot" }}]
        expected = {{ images = 3, defects = 3 }}
        """
    )
    return Catalogue(folders=(tmp_path / "registry",))


def test_an_article_is_resolved_fetched_unpacked_and_pinned(site: Site, catalogue: Catalogue, tmp_path: Path) -> None:
    publish(site, {"data.zip": zipped(tmp_path), **{f"{n}.txt": t.encode() for n, t in YOLO.items()}})
    data = load_dataset("article", labels="drawn", catalogue=catalogue)
    assert list(data.images) == ["a", "b", "c"]
    assert data.labels.counts() == {"bdot": 1, "loop_111": 2}
    assert data.cautions == ()
    lock = json.loads((tmp_path / "cache" / f"figshare+{ARTICLE}" / LOCK).read_text())
    assert (lock["article"], lock["version"]) == (ARTICLE, 3)
    assert all(f["hash"].startswith("sha256:") for f in lock["files"])

    site.asked.clear()
    publish(site, {"data.zip": b"another one"})
    again = load_dataset("article", labels="drawn", catalogue=catalogue)
    assert again.labels.digest() == data.labels.digest()
    assert site.asked == []


def test_a_wrong_hash_is_refused(site: Site, catalogue: Catalogue, tmp_path: Path) -> None:
    article = publish(site, {"a.png": png(1, tmp_path)})
    article["files"][0] |= {"computed_md5": "0" * 32, "supplied_md5": "0" * 32}
    site.put(f"v2/articles/{ARTICLE}", json.dumps(article).encode())
    found = fetch_dataset("article", catalogue=catalogue)
    (gone,) = found.missing
    assert "not the file of the catalogue" in gone.reason
    assert found.paths == {}
    lock = json.loads((tmp_path / "cache" / f"figshare+{ARTICLE}" / LOCK).read_text())
    assert lock["files"][0]["hash"] == "md5:" + "0" * 32


def test_a_transfer_that_breaks_off_is_resumed(site: Site, catalogue: Catalogue, tmp_path: Path) -> None:
    content = png(1, tmp_path) + bytes(100_000)
    publish(site, {"a.png": content})
    site.pages["files/1"].breaks_after = [2**15]
    found = fetch_dataset("article", catalogue=catalogue)
    assert found.paths["a.png"].read_bytes() == content
    assert [asked for path, asked in site.asked if path == "files/1"] == ["", "bytes=32768-"]


def test_a_file_that_is_gone_is_named(site: Site, catalogue: Catalogue, tmp_path: Path) -> None:
    publish(site, {"a.png": png(1, tmp_path), "a.txt": YOLO["a"].encode()})
    del site.pages["files/1"]
    with pytest.raises(FetchError, match=r"answers 404 .*:\n  a\.png \(image a\)\n    .*/files/1\n"):
        load_dataset("article", labels="drawn", catalogue=catalogue)


def test_an_article_that_is_gone(site: Site, catalogue: Catalogue) -> None:
    with pytest.raises(FetchError, match="answers 404"):
        fetch_dataset("article", catalogue=catalogue)


def test_an_unsafe_archive_is_not_unpacked(site: Site, catalogue: Catalogue) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../escaped.png", b"x")
    publish(site, {"data.zip": buffer.getvalue()})
    with pytest.raises(UnsafeArchiveError, match="does not stay within its folder"):
        load_dataset("article", catalogue=catalogue)


def test_a_mirror_may_hold_the_answer_and_the_files(site: Site, tmp_path: Path) -> None:
    article = publish(site, {"a.txt": b"0 0 0"})
    place = tmp_path / "mirror" / f"figshare+{ARTICLE}"
    place.mkdir(parents=True)
    (place / "article.json").write_text(json.dumps(article))
    site.pages.clear()
    (file,) = figshare_files(source(site), tmp_path / "home", mirror=Mirror.of(tmp_path / "mirror"))
    assert (file.path, file.size) == ("a.txt", 5)
    assert site.asked == []


def test_a_mirror_at_an_address_is_asked_first(site: Site, tmp_path: Path) -> None:
    article = publish(site, {"a.txt": b"0 0 0"})
    site.put(f"mirror/figshare+{ARTICLE}/article.json", json.dumps(article).encode())
    figshare_files(source(site), tmp_path / "one", mirror=Mirror(f"{site.address}/mirror"))
    assert [path for path, _ in site.asked] == [f"mirror/figshare+{ARTICLE}/article.json"]
    site.asked.clear()
    figshare_files(source(site), tmp_path / "two", mirror=Mirror(f"{site.address}/nowhere"))
    assert [path for path, _ in site.asked][-1] == f"v2/articles/{ARTICLE}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": 7}, "article 7, not 424242"),
        ({"files": None}, "documented form"),
        ({"files": [{"size": 1}]}, "documented form"),
        ({"files": [{"name": "../a", "size": 1, "download_url": "x", "computed_md5": "0" * 32}]}, "no name of a file"),
        ({"files": [{"name": "a", "size": 1, "download_url": "x"}]}, "there is none"),
        (
            {
                "files": [
                    {"name": "a", "size": 1, "download_url": "x", "computed_md5": "0" * 32, "supplied_md5": "1" * 32}
                ]
            },
            "needs one md5",
        ),
        ({"files": [{"name": "a", "size": 1, "download_url": "x", "computed_md5": "zz"}]}, "no sha256 or md5"),
        ({"files": [{"name": "a", "size": -1, "download_url": "x", "computed_md5": "0" * 32}]}, "cannot have -1 bytes"),
        (
            {"files": [{"name": "a", "size": 1, "download_url": "x", "computed_md5": "0" * 32, "is_link_only": True}]},
            "only a link",
        ),
        (
            {"files": [{"name": "a", "size": 1, "download_url": "x", "computed_md5": "0" * 32}] * 2},
            "two files are called a",
        ),
    ],
)
def test_an_answer_of_another_form_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FetchError, match=message):
        parse_article({"id": ARTICLE, "files": [], **changes}, ARTICLE)


def test_an_answer_that_is_no_json(site: Site, tmp_path: Path) -> None:
    site.put(f"v2/articles/{ARTICLE}", b"<html>")
    with pytest.raises(FetchError, match="not JSON"):
        figshare_files(source(site), tmp_path)


def test_a_damaged_lock_says_what_to_do(site: Site, tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("{}")
    with pytest.raises(FetchError, match=r"damaged.*Remove it"):
        figshare_files(source(site), tmp_path)
    publish(site, {})
    (tmp_path / LOCK).write_text(json.dumps({"article": 1, "version": 1, "files": []}))
    with pytest.raises(FetchError, match="of article 1, not 424242"):
        figshare_files(source(site), tmp_path)


DEEP = b'{"id":' * 5000 + b"1" + b"}" * 5000


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (DEEP, "nested more than 64 deep"),
        (b"\xff\xfe", "text in UTF-8"),
        (b"[1", "it is not JSON"),
        (b"[]", "a table is needed"),
        (b'{"id": 1, "files": [7]}', "a table or a list is needed"),
    ],
    ids=["deep", "no text", "no JSON", "a list", "no file"],
)
def test_a_bad_answer_ends_in_one_sentence(site: Site, tmp_path: Path, answer: bytes, message: str) -> None:
    site.put(f"v2/articles/{ARTICLE}", answer)
    with pytest.raises(FetchError, match=message):
        figshare_files(source(site), tmp_path)
    assert not (tmp_path / LOCK).exists()


def test_an_answer_without_end_is_not_taken_into_memory(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECTKIT_MAX_TEXT_BYTES", "1000")
    publish(site, {f"{k}.txt": b"0 0 0" for k in range(20)})
    with pytest.raises(FetchError, match="more than 1000 bytes"):
        figshare_files(source(site), tmp_path)


def test_a_lock_file_that_is_nested_without_end_is_damaged(site: Site, tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(DEEP)
    with pytest.raises(FetchError, match=r"is damaged.*nested more than 64 deep.*Remove it"):
        figshare_files(source(site), tmp_path)
