from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import defectkit_web
import numpy as np
import pytest
import tifffile
from defectkit_web.app import make_app
from defectkit_web.folder_pages import FolderPages
from defectkit_web.jobs import Jobs
from defectkit_web.journal import key_of
from defectkit_web.server import LOOPBACK, listening
from defectkit_web.session import Session, opened_session
from defectkit_web.work import Work
from PIL import Image as Pillow
from starlette.testclient import TestClient

from defectkit import Calibration, read_image
from defectkit.datasets import Catalogue
from defectkit.detectors.blob import Blob
from defectkit.errors import OutputError

TOKEN, HOST = "the-token-of-the-tests", "127.0.0.1:8017"
ORIGIN = {"origin": f"http://{HOST}"}
OPENSEADRAGON = "14d587cd3ee7c4861f1a41077ce642029364a21029956ba635bd8fb1202cf9ad"
"""Of `build/openseadragon/openseadragon.min.js` in version 6.1.1 on npm."""
ONE, TWO = key_of("one"), key_of("two")
RING = [[100, 100], [100, 130], [130, 130], [130, 100]]


class Page:
    """A client that has entered by the token, on a session whose jobs can be waited for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.jobs = Jobs(session=session)
        app = make_app(session, token=TOKEN, host=HOST, upload_bytes=2**20, jobs=self.jobs)
        self.client = TestClient(app, base_url=f"http://{HOST}", headers=ORIGIN)
        self.stranger = TestClient(app, base_url=f"http://{HOST}", headers=ORIGIN)

    def get(self, path: str) -> Any:
        return self.answer(self.client.get(f"/api/{path}"))

    def post(self, path: str, body: Any = None) -> Any:
        return self.answer(self.client.post(f"/api/{path}", json={} if body is None else body))

    def answer(self, response: Any) -> Any:
        assert response.status_code in (200, 201), response.text
        return response.json()

    def refused(self, path: str, body: Any, status: int) -> str:
        response = self.client.post(f"/api/{path}", json=body)
        assert response.status_code == status, response.text
        sentence: str = response.json()["error"]
        assert "\n" not in sentence
        return sentence

    def edit(self, edit: dict[str, Any], key: str = ONE) -> Any:
        revision = self.get(f"images/{key}/defects")["revision"]
        return self.post(f"images/{key}/edits", {"revision": revision, "edit": edit})

    def draw(self, key: str = ONE, kind: str = "bdot") -> Any:
        return self.edit({"kind": "draw", "ring": RING, "type": kind}, key)

    def find(self, *keys: str, detector: str = "blob") -> None:
        self.post("jobs", {"detector": detector, "options": {}, "images": list(keys)})
        self.jobs.wait(120)


@pytest.fixture
def page(folder: Path) -> Iterator[Page]:
    with opened_session(folder) as session:
        made = Page(session)
        assert made.client.get(f"/?token={TOKEN}").status_code == 200
        yield made
        made.jobs.stop()
        made.jobs.wait()


# Who may speak to the server.


def test_nothing_is_answered_without_the_token(page: Page) -> None:
    for path in ("/", "/page/main.js", "/api/folder", f"/api/images/{ONE}", "/api/downloads/report.zip"):
        response = page.stranger.get(path)
        assert response.status_code == 403
        assert "defectkit serve" in response.text
    assert page.stranger.post("/api/jobs/stop", json={}).status_code == 403
    assert page.stranger.get("/?token=wrong").status_code == 403
    assert page.stranger.get("/?token=%F0%9F").status_code == 403
    assert page.stranger.get(f"/api/folder?token={TOKEN}").status_code == 403


def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_has(page: Page) -> None:
    response = page.stranger.get(f"/?token={TOKEN}", follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_another_host_name_is_refused(page: Page) -> None:
    for host in ("evil.example", "localhost:8017", "127.0.0.1", "127.0.0.1:80"):
        assert page.client.get("/api/folder", headers={"host": host}).status_code == 421


def test_another_origin_changes_nothing(page: Page) -> None:
    for origin in ("http://evil.example", "null", f"https://{HOST}"):
        response = page.client.post("/api/jobs/stop", json={}, headers={"origin": origin})
        assert response.status_code == 403
    page.client.headers.pop("origin")
    assert page.client.post("/api/jobs/stop", json={}).status_code == 403


def test_every_answer_says_what_a_page_may_load(page: Page) -> None:
    for client, path in ((page.client, "/"), (page.client, "/api/nothing"), (page.stranger, "/")):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_the_page_and_its_files_name_no_other_host(page: Page) -> None:
    for path in ("/", "/page/main.js", "/page/page.css", "/page/view.js", "/page/panels.js"):
        text = page.client.get(path).text.replace("http://www.w3.org/", "")
        assert "http://" not in text
        assert "https://" not in text


def test_it_listens_on_this_machine_alone() -> None:
    with listening(0) as made:
        host, port = made.getsockname()
        assert host == LOOPBACK == "127.0.0.1"
        with pytest.raises(OutputError, match=f"port {port}"), listening(port):
            pass


# Files stay in the folder.


@pytest.mark.parametrize(
    "name", ["..%2Fout.tif", "%2Ftmp%2Fout.tif", ".hidden.tif", "a%5Cb.tif", "a%00.tif", "x.exe", "..", "C%3Ax.tif"]
)
def test_an_upload_cannot_leave_the_folder(page: Page, name: str) -> None:
    before = sorted(p.name for p in page.session.folder.path.parent.rglob("*.tif"))
    assert page.client.put(f"/api/uploads/{name}", content=b"x").status_code in (404, 405, 422)
    assert sorted(p.name for p in page.session.folder.path.parent.rglob("*.tif")) == before


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/..%2fapp.py", "/page//etc/passwd"])
def test_the_files_of_the_page_are_all_that_is_served(page: Page, path: str) -> None:
    assert page.client.get(path).status_code == 404


def test_links_out_of_the_folder_are_not_followed(page: Page, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    tifffile.imwrite(outside / "secret.tif", np.zeros((9, 9), np.uint8))
    (outside / "secret.json").write_text("{}")
    folder = page.session.folder.path
    (folder / "linked.tif").symlink_to(outside / "secret.tif")
    (folder / "linked.json").symlink_to(outside / "secret.json")
    shown = page.get("folder")
    assert [image["name"] for image in shown["images"]] == ["one", "two"]
    assert "leads out of the open folder" in " ".join(shown["faults"])
    for source in ("linked.json", "../outside/secret.json", str(outside / "secret.json")):
        assert "leads out of the open folder" in page.refused("labels", {"source": source}, 422)


@pytest.mark.parametrize("place", ["", "images", "found", "job.json", "images/0123.json"])
def test_a_link_in_place_of_what_is_kept_is_refused(folder: Path, tmp_path: Path, place: str) -> None:
    target = tmp_path / "elsewhere"
    for there in (False, True):
        if there:
            target.mkdir()
        linked = folder / ".defectkit-web" / place
        linked.parent.mkdir(parents=True, exist_ok=True)
        linked.symlink_to(target)
        with pytest.raises(OutputError, match="through no link"), opened_session(folder):
            pass
        linked.unlink()
    assert list(target.iterdir()) == []


def test_pixel_sizes_are_not_written_through_a_link(page: Page, folder: Path, tmp_path: Path) -> None:
    (folder / "calibration.csv").symlink_to(tmp_path / "outside.csv")
    page.post(f"images/{ONE}/calibration", {"pixel_size": "0.25 nm"})
    page.draw()
    body = {"dataset": "lab", "set": "corrected", "annotator": "Anna"}
    assert "left as it is" in page.refused("versions", body, 422)
    assert not (tmp_path / "outside.csv").exists()


def test_two_servers_do_not_share_a_folder(page: Page) -> None:
    with pytest.raises(OutputError, match="another `defectkit serve`"), opened_session(page.session.folder.path):
        pass


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"), opened_session(tmp_path / "nowhere"):
        pass


# Uploads.


def tif(pixels: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels)
    return stream.getvalue()


def test_an_image_is_dropped(page: Page) -> None:
    pixels = np.arange(400, dtype=np.uint16).reshape(20, 20)
    response = page.client.put("/api/uploads/new frame.tif", content=tif(pixels))
    assert response.status_code == 201
    assert response.json() == {"images": [key_of("new frame")]}
    assert np.array_equal(read_image(page.session.folder.path / "new frame.tif").pixels, pixels)
    again = page.client.put("/api/uploads/new frame.tif", content=tif(pixels))
    assert again.status_code == 422
    assert "already" in again.json()["error"]


def test_a_file_that_is_too_large_or_no_image_is_not_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    large = page.client.put("/api/uploads/large.tif", content=bytes(2**20 + 1))
    assert large.status_code == 413
    assert page.client.put("/api/uploads/bad.tif", content=b"II*\0 no image").status_code == 422
    monkeypatch.setenv("DEFECTKIT_MAX_PIXELS", "300")
    many = page.client.put("/api/uploads/many.tif", content=tif(np.zeros((20, 20), np.uint8)))
    assert many.status_code == 422
    assert "pixels" in many.json()["error"]
    left = [path.name for path in page.session.folder.path.rglob("*") if path.suffix == ".tif"]
    assert sorted(left) == ["one.tif", "two.tif"]


# Bad requests.


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[]"])
def test_bad_json_is_one_sentence(page: Page, content: bytes) -> None:
    response = page.client.post(f"/api/images/{ONE}/edits", content=content)
    assert response.status_code == 400
    assert "\n" not in response.json()["error"]


def test_a_request_that_is_too_long_is_refused(page: Page) -> None:
    assert page.client.post(f"/api/images/{ONE}/edits", content=b" " * (2**22 + 1)).status_code == 413


def test_an_unknown_image_and_a_page_that_is_behind(page: Page) -> None:
    assert page.client.get("/api/images/0123/defects").status_code == 404
    page.draw()
    edit = {"kind": "draw", "ring": RING, "type": "bdot"}
    assert "meanwhile" in page.refused(f"images/{ONE}/edits", {"revision": 0, "edit": edit}, 409)


def test_a_page_cannot_put_in_what_it_says_a_detector_found(page: Page) -> None:
    edit = {"kind": "start", "digest": "0" * 64, "origin": "me"}
    page.refused(f"images/{ONE}/edits", {"revision": 0, "edit": edit}, 400)


# The picture.


def test_tiles_make_up_the_stretched_image(page: Page) -> None:
    facts = page.get(f"images/{ONE}")
    assert (facts["height"], facts["width"], facts["levels"]) == (512, 640, 2)
    tiles = [
        np.asarray(Pillow.open(io.BytesIO(page.client.get(f"/api/images/{ONE}/tiles/1/{x}_0.png").content)))
        for x in (0, 1)
    ]
    shown = np.hstack(tiles)
    pixels = page.session.work(ONE).opened.pixels.astype(float)
    assert shown.shape == (512, 640)
    assert shown.min() == 0
    assert shown.max() == 255
    assert np.corrcoef(shown.ravel(), pixels.ravel())[0, 1] > 0.99
    small = np.asarray(Pillow.open(io.BytesIO(page.client.get(f"/api/images/{ONE}/tiles/0/0_0.png").content)))
    assert small.shape == (256, 320)
    assert abs(small.mean() - shown.mean()) < 1
    for path in ("2/0_0", "0/1_0", "1/0_1"):
        assert page.client.get(f"/api/images/{ONE}/tiles/{path}.png").status_code == 422


# The whole way.


def test_a_pixel_size_is_drawn_along_the_scale_bar(page: Page) -> None:
    bar = {"line": [[10, 20], [10, 220]], "length": "50 nm"}
    shown = page.post(f"images/{ONE}/calibration", {"scale_bar": bar})
    assert shown["pixel_size_nm"] == pytest.approx(0.25)
    page.refused(f"images/{ONE}/calibration", {"scale_bar": bar | {"line": [[1, 1], [1, 1]]}}, 400)
    page.refused(f"images/{ONE}/calibration", {"scale_bar": bar | {"length": "50"}}, 422)
    assert page.get(f"images/{ONE}")["pixel_size_nm"] == pytest.approx(0.25)


def test_a_preview_is_of_the_visible_part_and_changes_nothing(page: Page) -> None:
    body = {"detector": "blob", "options": {"min_contrast_to_noise": "5"}, "box": [[-50, 0], [256, 300.5]]}
    shown = page.post(f"images/{ONE}/preview", body)
    assert shown["box"] == [0, 0, 256, 301]
    assert shown["defects"]
    assert page.get(f"images/{ONE}/defects")["n"] == 0
    assert "no option" in page.refused(f"images/{ONE}/preview", body | {"options": {"x": 1}}, 422)
    assert "detector" in page.refused(f"images/{ONE}/preview", body | {"detector": "nothing"}, 404)


def test_a_job_finds_in_all_images_and_leaves_corrected_ones(page: Page) -> None:
    page.find(ONE, TWO)
    job = page.get("folder")["job"]
    assert job["state"] == "done"
    assert job["done"] == [ONE, TWO]
    n = page.get(f"images/{ONE}/defects")["n"]
    assert n > 10
    page.draw()
    page.find(ONE, TWO)
    assert page.get("folder")["job"]["done"] == [TWO]
    assert page.get(f"images/{ONE}/defects")["n"] == n + 1


def test_a_job_that_was_stopped_or_killed_is_taken_up(page: Page, folder: Path) -> None:
    page.find(ONE, TWO)
    path = folder / ".defectkit-web" / "job.json"
    killed = json.loads(path.read_text()) | {"state": "running", "done": [ONE]}
    path.write_text(json.dumps(killed))
    page.jobs.recall()
    assert page.get("folder")["job"]["state"] == "stopped"
    page.session.work(TWO).undo()
    page.post("jobs/resume")
    page.jobs.wait(120)
    assert page.get("folder")["job"] == killed | {"state": "done", "done": [ONE, TWO], "message": ""}
    assert page.get(f"images/{TWO}/defects")["n"] > 10
    assert "no job" in page.refused("jobs/resume", {}, 422)


def test_a_truth_gives_hits_misses_and_false_finds(page: Page) -> None:
    assert page.client.get(f"/api/images/{ONE}/comparison").status_code == 404
    page.post("labels", {"source": "truth.json"})
    shown = page.get(f"images/{ONE}/defects")["defects"]
    page.edit({"kind": "delete", "ids": [shown[0]["id"], shown[1]["id"]]})
    false_find = page.draw(kind="cavity")["changed"][0]["id"]
    assert page.post("truth", {"source": "truth.json"}) == {"images": ["one"]}
    compared = page.get(f"images/{ONE}/comparison")
    assert compared["false_finds"] == [false_find]
    assert len(compared["misses"]) == 2
    assert compared["recall"] == pytest.approx(15 / 17)
    assert compared["f1_score"] == pytest.approx(2 * 15 / (17 + 16))


def test_what_was_corrected_becomes_a_sealed_version_with_parent_author_and_diff(page: Page) -> None:
    page.find(ONE, TWO)
    first = page.get(f"images/{ONE}/defects")["defects"][0]["id"]
    page.edit({"kind": "delete", "ids": [first]})
    page.draw()
    body = {"dataset": "lab", "set": "corrected", "annotator": "Anna", "description": "by hand"}
    saved = page.post("versions", body)
    assert saved["key"] == "corrected@2"
    assert saved["parent"] == "corrected@1"
    assert saved["diff"]["added"] == 1
    assert saved["diff"]["removed"] == 1
    store = Catalogue.standard().find("lab").store()
    labels = store.labels("corrected@2")
    assert (labels.annotator, labels.parent, labels.description) == ("Anna", "corrected@1", "by hand")
    assert (store.labels("corrected@1").annotator or "").startswith("blob")
    assert store.verify("corrected@2") == saved["digest"] == labels.digest()
    assert labels["one"].runs == page.session.work(ONE).instances.runs
    assert labels["one"].is_labels
    assert "nothing is different" in page.refused("versions", body, 422)
    page.draw(TWO)
    assert page.post("versions", body)["parent"] == "corrected@2"


def test_a_version_needs_an_author_and_something_to_save(page: Page) -> None:
    body = {"dataset": "lab", "set": "corrected", "annotator": " "}
    assert "who corrected" in page.refused("versions", body, 400)
    assert "nothing was found or drawn" in page.refused("versions", body | {"annotator": "Anna"}, 422)
    assert "lab" not in Catalogue.standard().names()


def test_a_new_version_keeps_the_labels_of_images_that_are_not_open(page: Page) -> None:
    page.draw(ONE)
    page.draw(TWO)
    body = {"dataset": "lab", "set": "corrected", "annotator": "Anna"}
    page.post("versions", body)
    page.post(f"images/{TWO}/undo", {"revision": page.get(f"images/{TWO}/defects")["revision"]})
    page.draw(ONE, "loop")
    page.post("versions", body)
    labels = Catalogue.standard().find("lab").store().labels("corrected@2")
    assert {name: len(each) for name, each in labels.instances.items()} == {"one": 2, "two": 1}


def test_pixel_sizes_of_the_page_are_written_beside_the_images(page: Page, folder: Path) -> None:
    page.post(f"images/{ONE}/calibration", {"pixel_size": "0.25 nm", "foil_thickness": "90 nm"})
    page.draw()
    page.post("versions", {"dataset": "lab", "set": "corrected", "annotator": "Anna"})
    read = read_image(folder / "one.tif", on_conflict="use-given").calibration
    assert read is not None
    assert read.pixel_size_nm == (0.25, 0.25)
    assert read.foil_thickness == Calibration.square("1 nm", foil_thickness="90 nm").foil_thickness


def test_downloads(page: Page) -> None:
    assert "nothing was found" in page.client.get("/api/downloads/labels.json").json()["error"]
    page.draw()
    defects = page.client.get("/api/downloads/defects.csv")
    assert defects.headers["content-type"].startswith("text/csv")
    assert len(defects.text.splitlines()) == 2
    assert page.client.get("/api/downloads/summary.csv").text.startswith("image,")
    coco = page.client.get("/api/downloads/labels.json").json()
    assert len(coco["annotations"]) == 1
    with zipfile.ZipFile(io.BytesIO(page.client.get("/api/downloads/report.zip").content)) as archive:
        assert {"report/report.html", "report/defects.csv", "report/overlays/one.png"} <= set(archive.namelist())
    assert page.client.get("/api/downloads/passwd").status_code == 422


def test_an_unreadable_image_is_told_and_the_others_are_shown(page: Page, folder: Path) -> None:
    (folder / "broken.tif").write_bytes(b"II*\0")
    shown = page.get("folder")
    assert [image["name"] for image in shown["images"]] == ["one", "two"]
    assert "broken.tif" in shown["faults"][0]
    assert os.sep not in shown["name"]


def test_the_file_of_openseadragon_is_the_published_one_with_its_licence() -> None:
    vendor = Path(defectkit_web.__file__).parent / "page" / "vendor"
    assert hashlib.sha256((vendor / "openseadragon.min.js").read_bytes()).hexdigest() == OPENSEADRAGON
    assert "Redistributions in binary form" in (vendor / "openseadragon.LICENSE.txt").read_text()


def test_progress_comes_as_events(page: Page) -> None:
    stream = FolderPages(session=page.session, jobs=page.jobs, upload_bytes=1)._events()

    async def two() -> list[str]:
        first = await anext(stream)
        page.find(ONE)
        return [first, await anext(stream)]

    with ThreadPoolExecutor(1) as other:  # the tests of a browser run a loop in this thread
        first, second = other.submit(asyncio.run, two()).result()
    assert first == "data: null\n\n"
    assert json.loads(second.removeprefix("data: "))["state"] == "done"


def test_a_job_stops_after_the_image_at_hand(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Work.apply

    def apply_and_stop(work: Work, edit: Any) -> None:
        apply(work, edit)
        page.jobs.stop()

    monkeypatch.setattr(Work, "apply", apply_and_stop)
    page.find(ONE, TWO)
    job = page.get("folder")["job"]
    assert (job["state"], job["done"]) == ("stopped", [ONE])
    monkeypatch.undo()
    page.post("jobs/resume")
    page.jobs.wait(120)
    assert page.get("folder")["job"]["done"] == [ONE, TWO]


def test_a_detector_that_fails_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blob, "predict", lambda detector, images: 1 / 0)
    page.find(ONE)
    job = page.get("folder")["job"]
    assert job["state"] == "failed"
    assert "division by zero" in job["message"]
