from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import attrs
import numpy as np
import PIL.Image
import pytest

from defectkit.datasets import Catalogue
from defectkit.datasets.file_list import RemoteFile


@attrs.define
class Page:
    """What the server says at one path.

    Parameters
    ----------
    content : bytes
    status : int
    breaks_after : list of int
        For each request in turn, after how many bytes the connection is cut.
    ranges : bool
        Whether a request may begin in the middle.
    pause_s : float
        Between pieces of 4096 bytes.
    answers_from : int, optional
        Where a part begins that is sent whatever part was asked for.
    """

    content: bytes
    status: int = 200
    breaks_after: list[int] = attrs.field(factory=list)
    ranges: bool = True
    pause_s: float = 0.0
    answers_from: int | None = None


@attrs.define
class Site:
    """A web server on this machine.

    Parameters
    ----------
    address : str
    pages : dict of str to Page
        By path.
    asked : list of (str, str)
        Path and Range header of every request.
    """

    address: str = ""
    pages: dict[str, Page] = attrs.field(factory=dict)
    asked: list[tuple[str, str]] = attrs.field(factory=list)

    def put(self, path: str, content: bytes, **how: object) -> RemoteFile:
        """Put a file on the site, and return what a catalogue says of it."""
        self.pages[path] = Page(content, **how)  # type: ignore[arg-type]  # test shorthand
        return remote(path, content, f"{self.address}/{path}")


def remote(path: str, content: bytes, address: str) -> RemoteFile:
    return RemoteFile(
        path=path, hash=f"sha256:{hashlib.sha256(content).hexdigest()}", size=len(content), address=address
    )


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path).lstrip("/")
            asked = self.headers.get("Range", "")
            state.asked.append((path, asked))
            page = state.pages.get(path)
            if page is None or page.status != 200:
                self.send_error(404 if page is None else page.status)
                return
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and page.ranges else 0
            if start and page.answers_from is not None:
                start = page.answers_from
            if start and start >= len(page.content):
                self.send_error(416)
                return
            is_part = bool(start) or bool(asked and page.answers_from is not None)
            self.send_response(206 if is_part else 200)
            if is_part:
                last = len(page.content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(page.content)}")
            self.send_header("Content-Length", str(len(page.content) - start))
            self.end_headers()
            body = page.content[start:]
            cut = page.breaks_after.pop(0) if page.breaks_after else len(body)
            for k in range(0, min(cut, len(body)), 4096):
                self.wfile.write(body[k : min(k + 4096, cut)])
                if page.pause_s:
                    self.wfile.flush()
                    time.sleep(page.pause_s)
            if cut < len(body):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed leaves a broken pipe

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep cache and catalogue of the tests apart from the user's."""
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("DEFECTKIT_CATALOGUE", str(tmp_path / "own"))
    monkeypatch.delenv("DEFECTKIT_MIRROR", raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def png(value: int, folder: Path, shape: tuple[int, int] = (32, 40)) -> bytes:
    path = folder / f"{value}.png"
    pixels = np.full(shape, value, np.uint8)
    pixels[0, 0] = 255 - value
    PIL.Image.fromarray(pixels).save(path)
    return path.read_bytes()


YOLO = {
    "a": "0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n1 0.6 0.6 0.9 0.6 0.9 0.9 0.6 0.9\n",
    "b": "0 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n",
    "c": "",
}
"""Two loops and a dot in three images of 32 x 40 pixels."""

ENTRY = """\
format = 1
name = "tiny"
title = "Three images"
licence = "CC0-1.0"

[citation]
text = "Nobody (2022)"

[source]
kind = "files"
address = "{address}/"
mirror = "owner+tiny"
files = "tiny.files.txt"

[images]
files = ["images/*.png"]
expected = 3

[images.calibration]
pixel_size = "0.5 nm/px"
foil_thickness = "100 nm"
foil_thickness_source = "assumed"

[images.specimen]
alloy = "Fe"
dose = "1 dpa"

[[images.group]]
match = "c"
calibration = {{ pixel_size = "0.25 nm/px" }}
specimen = {{ alloy = "FeCr" }}

[[labels]]
name = "drawn"
version = "1"
annotator = "somebody"
format = "yolo-seg"
files = ["labels/*.txt"]
[[labels.category]]
id = 0
name = "loop"
type = "loop_111"
[[labels.category]]
id = 1
name = "dot"
type = "bdot"
[labels.expected]
images = 3
defects = 3
by_type = {{ loop_111 = 2, bdot = 1 }}

[splits]
file = "tiny.toml"
"""

SPLITS = """\
format = 1
dataset = "tiny"

[[split]]
name = "c-out"
train_labels = "drawn@1"
test_labels = "drawn@1"
test_images = ["c"]

[[split]]
name = "unpublished"
train_labels = "drawn@1"
test_labels = "drawn@1"
[split.train]
images = 2
"""


@attrs.frozen(kw_only=True)
class Tiny:
    """A data set of three images on the site.

    Parameters
    ----------
    catalogue : Catalogue
    folder : pathlib.Path
        Of the catalogue.
    files : dict of str to RemoteFile
    contents : dict of str to bytes
    """

    catalogue: Catalogue
    folder: Path
    files: dict[str, RemoteFile]
    contents: dict[str, bytes]

    def mirror(self, place: Path, *paths: str) -> Path:
        """Make a mirror of some files."""
        for path in paths:
            target = place / "owner+tiny" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.contents[path])
        return place

    def edit(self, old: str, new: str) -> None:
        """Change the entry."""
        path = self.folder / "datasets" / "tiny.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def tiny(site: Site, tmp_path: Path) -> Tiny:
    folder = tmp_path / "registry"
    for part in ("datasets", "splits", "pictures"):
        (folder / part).mkdir(parents=True)
    contents = {f"images/{name}.png": png(40 + k, folder / "pictures") for k, name in enumerate(YOLO)}
    contents |= {f"labels/{name}.txt": text.encode() for name, text in YOLO.items()}
    files = {path: site.put(path, content) for path, content in contents.items()}
    lines = [f"{f.hash.removeprefix('sha256:')} {f.size} {f.path}" for f in files.values()]
    (folder / "datasets" / "tiny.files.txt").write_text("# a comment\n" + "\n".join(lines) + "\n")
    (folder / "datasets" / "tiny.toml").write_text(ENTRY.format(address=site.address))
    (folder / "splits" / "tiny.toml").write_text(SPLITS)
    return Tiny(catalogue=Catalogue(folders=(folder,)), folder=folder, files=files, contents=contents)
