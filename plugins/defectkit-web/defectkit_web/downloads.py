"""Downloads: tables, labels and the report of what the page has drawn."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from defectkit import measure_labels, write_analysis, write_labels
from defectkit.errors import EmptyInputError
from defectkit.reports import defects_csv, summary_csv
from defectkit.workflows import Analysis
from defectkit_web.labels import images_of, label_set
from defectkit_web.session import Session

CSV, JSON, ZIP = "text/csv; charset=utf-8", "application/json", "application/zip"


def download(session: Session, name: str) -> tuple[bytes, str]:
    """Return a file and its media type.

    Parameters
    ----------
    session : Session
    name : str
        One of :data:`FILES`.

    Raises
    ------
    EmptyInputError
        If nothing was found or drawn yet, or there is no such file.
    MissingCalibrationError
        If an image has no pixel size and the file needs one.
    """
    if name not in FILES:
        raise EmptyInputError(f"there is no file {name[:40]!r}; there are {', '.join(FILES)}")
    if not session.started():
        raise EmptyInputError("nothing was found or drawn in any image yet")
    make, kind = FILES[name]
    return make(session), kind


def _analysis(session: Session) -> Analysis:
    return measure_labels(label_set(session), images_of(session))


def _defects(session: Session) -> bytes:
    return defects_csv(_analysis(session).defects).encode()


def _summary(session: Session) -> bytes:
    return summary_csv(_analysis(session).summary).encode()


def _coco(session: Session) -> bytes:
    with tempfile.TemporaryDirectory(prefix="defectkit-") as folder:
        path = Path(folder) / "labels.json"
        write_labels(label_set(session), path, format="coco", images=images_of(session))
        return path.read_bytes()


def _report(session: Session) -> bytes:
    """Return the folder that `defectkit measure` writes, as a zip file."""
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="defectkit-") as parent:
        folder = Path(parent) / "report"
        write_analysis(_analysis(session), folder)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(parent).as_posix())
    return stream.getvalue()


FILES: dict[str, tuple[Callable[[Session], bytes], str]] = {
    "defects.csv": (_defects, CSV),
    "summary.csv": (_summary, CSV),
    "labels.json": (_coco, JSON),
    "report.zip": (_report, ZIP),
}
