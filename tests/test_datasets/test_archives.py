from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from defectkit.datasets import archives
from defectkit.datasets.archives import MARKER, members_of, unpack
from defectkit.errors import UnsafeArchiveError
from tests.attack.kills import killed_at, operations_of

HASH = "sha256:" + "0" * 64


def make_zip(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: list[tarfile.TarInfo], content: bytes = b"x") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return path


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_files_and_folders_are_unpacked(tmp_path: Path, kind: str) -> None:
    if kind == "zip":
        archive = make_zip(tmp_path / "a.zip", [("sub/", b""), ("sub/b.txt", b"x"), ("a.txt", b"x")])
    else:
        archive = make_tar(
            tmp_path / "a.tgz", [tar_member("sub", tarfile.DIRTYPE), tar_member("sub/b.txt"), tar_member("./a.txt")]
        )
    assert unpack(archive, tmp_path / "out", archive_hash=HASH) == ("a.txt", "sub/b.txt")
    assert (tmp_path / "out" / "sub" / "b.txt").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["../a", "/a", "sub/../../a", "..", "C:/a", "sub\\..\\a"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_leaves_the_folder(tmp_path: Path, kind: str, name: str) -> None:
    if kind == "zip":
        archive = make_zip(tmp_path / "a.zip", [("good.txt", b"x"), (name, b"evil")])
    else:
        archive = make_tar(tmp_path / "a.tgz", [tar_member("good.txt"), tar_member(name)])
    with pytest.raises(UnsafeArchiveError, match="does not stay within"):
        unpack(archive, tmp_path / "deep" / "out", archive_hash=HASH)
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted([archive.name, "deep"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = make_tar(tmp_path / "a.tgz", [tar_member("good.txt"), tar_member("link", kind, "/etc/passwd")])
    with pytest.raises(UnsafeArchiveError, match="link or a device"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)
    assert not (tmp_path / "out").exists()


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeArchiveError, match="link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out", archive_hash=HASH)


def test_an_archive_that_says_it_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "SMALL_BYTES", 1000)
    monkeypatch.setattr(archives, "MAX_RATIO", 10)
    archive = make_zip(tmp_path / "a.zip", [("zeros", bytes(1_000_000))])
    with pytest.raises(UnsafeArchiveError, match="says that it unpacks to 1000000 bytes"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)


def test_an_archive_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", [("zeros", bytes(100_000))])
    monkeypatch.setattr(archives, "SMALL_BYTES", 1000)
    monkeypatch.setattr(archives, "MAX_RATIO", 1)
    honest = archives._Zip.members
    lying = lambda self: [archives._Member(name=m.name, size=1, is_folder=False, is_plain=True) for m in honest(self)]  # noqa: E731 - one line says it
    monkeypatch.setattr(archives._Zip, "members", lying)
    with pytest.raises(UnsafeArchiveError, match="unpacks to more than"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)
    assert not (tmp_path / "out").exists()


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    archive = make_zip(tmp_path / "a.zip", [(f"{k}", b"") for k in range(4)])
    with pytest.raises(UnsafeArchiveError, match="holds 4 files; 3"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)


@pytest.mark.parametrize("names", [("a.txt", "A.TXT"), (archives.MARKER,), ("a", "a/b")])
def test_names_that_collide(tmp_path: Path, names: tuple[str, ...]) -> None:
    archive = make_zip(tmp_path / "a.zip", [(name, b"x") for name in names])
    with pytest.raises(UnsafeArchiveError):
        unpack(archive, tmp_path / "out", archive_hash=HASH)


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04 broken"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnsafeArchiveError, match="cannot be unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "out", archive_hash=HASH)


def test_what_is_unpacked_is_left_and_what_is_incomplete_is_not_taken(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", [("a.txt", b"abc"), ("b.txt", b"b")])
    out = tmp_path / "out"
    unpack(archive, out, archive_hash=HASH)
    before = out.stat().st_mtime_ns
    archive.unlink()
    assert unpack(archive, out, archive_hash=HASH) == ("a.txt", "b.txt")
    assert out.stat().st_mtime_ns == before
    (out / "a.txt").write_bytes(b"ab")
    assert members_of(out, archive_hash=HASH) is None
    (out / MARKER).write_text("[" * 100_000)
    assert members_of(out, archive_hash=HASH) is None
    make_zip(archive, [("a.txt", b"abc")])
    assert unpack(archive, out, archive_hash="sha256:" + "1" * 64) == ("a.txt",)
    assert not (out / "b.txt").exists()


def test_the_headers_of_a_packed_tar_are_not_read_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_tar(tmp_path / "many.tar.gz", [tar_member(f"{k}.txt") for k in range(400)], content=b"")
    read = 0
    whole = tarfile.TarFile.next

    def counted(self: tarfile.TarFile) -> tarfile.TarInfo | None:
        nonlocal read
        read += 1
        return whole(self)

    monkeypatch.setattr(tarfile.TarFile, "next", counted)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    with pytest.raises(UnsafeArchiveError, match="21 files; 20 are allowed"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)
    assert read < 25
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10_000)
    monkeypatch.setattr(archives, "SMALL_BYTES", 4096)
    monkeypatch.setattr(archives, "MAX_RATIO", 1)
    with pytest.raises(UnsafeArchiveError, match="unpacks to more"):
        unpack(archive, tmp_path / "out", archive_hash=HASH)
    assert read < 100


def test_a_zip_member_whose_packed_bytes_are_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "some text " * 50)
    content = bytearray(path.read_bytes())
    content[35:41] = b"\xff" * 6  # after the header of 30 bytes and the name of 5
    path.write_bytes(content)
    with pytest.raises(UnsafeArchiveError, match="cannot be unpacked"):
        unpack(path, tmp_path / "out", archive_hash="x")


def test_what_a_killed_run_left_beside_the_members_goes(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", [("a.txt", b"abc")])
    most = operations_of(lambda: unpack(archive, tmp_path / "first" / "out", archive_hash=HASH), tmp_path / "first")
    for number in range(1, most + 1):
        home = tmp_path / str(number)
        with killed_at(number, home):
            unpack(archive, home / "out", archive_hash=HASH)
        assert unpack(archive, home / "out", archive_hash=HASH) == ("a.txt",)
        assert [p.name for p in home.iterdir()] == ["out"]


def test_a_zip_member_without_a_name_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "content")
    content = (tmp_path / "a.zip").read_bytes()
    start = content.index(b"PK\x01\x02")
    central = bytearray(content[start:])
    central[28:30] = b"\0\0"  # the length of the name in the list of members
    central[30:32] = b"\1\0"  # what was the name is an extra field now
    (tmp_path / "a.zip").write_bytes(content[:start] + bytes(central))
    with pytest.raises(UnsafeArchiveError):
        unpack(tmp_path / "a.zip", tmp_path / "out", archive_hash=HASH)


def test_a_header_that_claims_more_than_the_memory_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("a")
    header.type, header.size = tarfile.XHDTYPE, 2**62
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(UnsafeArchiveError, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar", tmp_path / "out", archive_hash=HASH)
