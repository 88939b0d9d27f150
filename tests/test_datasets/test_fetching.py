from __future__ import annotations

import socket
from pathlib import Path

import pytest

from defectkit.datasets import fetching, transfer
from defectkit.datasets.fetching import Fetched, fetch_files
from defectkit.datasets.file_list import RemoteFile
from defectkit.datasets.places import Mirror
from defectkit.datasets.transfer import Network, hash_of
from defectkit.errors import FetchError
from tests.test_datasets.conftest import Page, Site, remote

CONTENT = bytes(range(256)) * 300
PIECE = 2**14


def fetch(root: Path, *files: RemoteFile, **how: object) -> Fetched:
    return fetch_files(files, root, folder="owner+data", **how)  # type: ignore[arg-type]  # test shorthand


def test_a_file_comes_into_its_place(site: Site, tmp_path: Path) -> None:
    file = site.put("a folder/a.bin", CONTENT)
    seen: list[tuple[str, int, int]] = []
    found = fetch(tmp_path, file, progress=lambda *step: seen.append(step))
    assert found.missing == ()
    assert found.paths == {"a folder/a.bin": tmp_path / "owner+data" / "a folder" / "a.bin"}
    assert found.paths["a folder/a.bin"].read_bytes() == CONTENT
    assert seen[-1] == ("a folder/a.bin", len(CONTENT), len(CONTENT))
    assert list((tmp_path / "owner+data" / ".incoming").rglob("*")) == []


def test_what_is_there_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT)
    fetch(tmp_path, file)
    fetch(tmp_path, file)
    assert len(site.asked) == 1


def test_what_is_there_but_damaged_is_fetched_anew(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT)
    place = fetch(tmp_path, file).paths["a.bin"]
    place.write_bytes(CONTENT[:-1] + b"x")
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    assert len(site.asked) == 2


@pytest.mark.parametrize("from_mirror", [False, True], ids=["network", "mirror"])
def test_each_file_is_hashed_once(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_mirror: bool
) -> None:
    files = [site.put(name, CONTENT + name.encode()) for name in ("a.bin", "b.bin")]
    for file in files:
        (tmp_path / "mirror" / "owner+data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "mirror" / "owner+data" / file.path).write_bytes(CONTENT + file.path.encode())
    hashed: list[Path] = []

    def counted(path: Path, like: str) -> str:
        hashed.append(path)
        return hash_of(path, like)

    for module in (fetching, transfer):
        monkeypatch.setattr(module, "hash_of", counted)
    mirror = Mirror(place=str(tmp_path / "mirror")) if from_mirror else None
    assert fetch(tmp_path / "cache", *files, mirror=mirror).missing == ()
    assert len(hashed) == len(files)
    assert len(site.asked) == (0 if from_mirror else len(files))


def test_an_empty_file(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", b"")
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == b""


@pytest.mark.parametrize("cuts", [[2 * PIECE], [0, PIECE, PIECE]])
def test_a_transfer_that_breaks_off_is_continued(site: Site, tmp_path: Path, cuts: list[int]) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=list(cuts))
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    starts = [0]
    for cut in cuts:
        starts.append(starts[-1] + cut)
    assert [asked for _, asked in site.asked] == [f"bytes={s}-" if s else "" for s in starts]


def test_a_later_call_goes_on_where_an_earlier_one_ended(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=[PIECE, 0, 0, 0])
    (gone,) = fetch(tmp_path, file).missing
    assert "broke off after 16384 of 76800 bytes" in gone.reason
    assert not (tmp_path / "owner+data" / "a.bin").exists()
    site.asked.clear()
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    assert site.asked == [("a.bin", "bytes=16384-")]


def test_a_server_that_begins_anew_is_understood(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=[PIECE], ranges=False)
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT


def test_a_part_that_begins_elsewhere_is_not_put_behind_what_is_there(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=[PIECE], answers_from=0)
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    assert [asked for _, asked in site.asked] == ["", "bytes=16384-"]  # it is the whole file, and taken as that


def test_the_remains_of_another_file_do_not_spoil_it(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=[PIECE, 0, 0, 0])
    fetch(tmp_path, file)
    (partial,) = (tmp_path / "owner+data" / ".incoming").rglob("partial")
    partial.write_bytes(b"x" * PIECE)
    site.asked.clear()
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    assert [asked for _, asked in site.asked] == ["bytes=16384-", ""]


def test_a_whole_partial_file_needs_no_network(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, breaks_after=[PIECE, 0, 0, 0])
    fetch(tmp_path, file)
    (partial,) = (tmp_path / "owner+data" / ".incoming").rglob("partial")
    partial.write_bytes(CONTENT)
    site.asked.clear()
    assert fetch(tmp_path, file).paths["a.bin"].read_bytes() == CONTENT
    assert site.asked == []


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"more", b""])
def test_another_file_is_refused(site: Site, tmp_path: Path, content: bytes) -> None:
    file = site.put("a.bin", CONTENT)
    site.pages["a.bin"] = Page(content)
    (gone,) = fetch(tmp_path, file).missing
    assert "not the file of the catalogue" in gone.reason or "broke off after 0" in gone.reason
    assert not (tmp_path / "owner+data" / "a.bin").exists()


@pytest.mark.parametrize("status", [404, 403, 503])
def test_a_file_that_is_not_there_is_named(site: Site, tmp_path: Path, status: int) -> None:
    file = site.put("a.bin", CONTENT, status=status)
    good = site.put("b.bin", b"b")
    found = fetch(tmp_path, file, good)
    (gone,) = found.missing
    assert gone.file == file
    assert f"answers {status}" in gone.reason
    assert str(gone).startswith(f"a.bin ({site.address}/a.bin)")
    assert list(found.paths) == ["b.bin"]


def test_a_host_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    network = Network()
    files = [remote(f"{k}.bin", b"x", f"http://127.0.0.1:{port}/{k}.bin") for k in range(3)]
    found = fetch(tmp_path, *files, network=network)
    assert [f"127.0.0.1:{port} cannot be reached" in gone.reason for gone in found.missing] == [True] * 3
    assert list(network.unreachable) == [f"127.0.0.1:{port}"]


@pytest.mark.parametrize("is_address", [False, True])
def test_the_mirror_is_tried_first(site: Site, tmp_path: Path, is_address: bool) -> None:
    file = site.put("sub/a b.bin", CONTENT)
    if is_address:
        site.put("mirror/owner+data/sub/a b.bin", CONTENT)
        mirror = Mirror.of(f"{site.address}/mirror/")
    else:
        place = tmp_path / "mirror" / "owner+data" / "sub"
        place.mkdir(parents=True)
        (place / "a b.bin").write_bytes(CONTENT)
        mirror = Mirror.of(tmp_path / "mirror")
    found = fetch(tmp_path / "cache", file, mirror=mirror)
    assert found.paths["sub/a b.bin"].read_bytes() == CONTENT
    assert ("sub/a b.bin", "") not in site.asked


def test_what_the_mirror_lacks_or_has_wrong_comes_from_the_network(site: Site, tmp_path: Path) -> None:
    files = [site.put(f"{k}.bin", CONTENT + bytes([k])) for k in range(2)]
    place = tmp_path / "mirror" / "owner+data"
    place.mkdir(parents=True)
    (place / "0.bin").write_bytes(b"wrong")
    found = fetch(tmp_path / "cache", *files, mirror=Mirror.of(tmp_path / "mirror"))
    assert found.missing == ()
    assert [path for path, _ in site.asked] == ["0.bin", "1.bin"]


def test_every_place_says_why_it_has_no_file(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, status=404)
    (tmp_path / "mirror").mkdir()
    (gone,) = fetch(tmp_path / "cache", file, mirror=Mirror.of(tmp_path / "mirror")).missing
    assert f"not in the mirror {tmp_path / 'mirror'}" in gone.reason
    assert "answers 404" in gone.reason


def test_a_mirror_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Mirror.of(None) is None
    with pytest.raises(FetchError, match="is no folder and no http address"):
        Mirror.of(tmp_path / "missing")
    monkeypatch.setenv("DEFECTKIT_MIRROR", str(tmp_path))
    assert Mirror.of(None) == Mirror(str(tmp_path))


def test_a_cache_that_cannot_be_written_is_named(site: Site, tmp_path: Path) -> None:
    file = site.put("taken/a.bin", CONTENT)
    (tmp_path / "owner+data").mkdir()
    (tmp_path / "owner+data" / "taken").write_text("a file where a folder is needed")
    (gone,) = fetch(tmp_path, file).missing
    assert "cannot write" in gone.reason
