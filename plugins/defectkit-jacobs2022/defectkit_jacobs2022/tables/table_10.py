"""Table 10: pixel sizes and foil thicknesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from defectkit.datasets.prefix_table import PrefixTable
from defectkit.datasets.toml import read_toml
from defectkit.records.image import Image
from defectkit.resources import registry_path
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.published_rows import findings, notes, printed
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "Pixel size and foil thickness by the beginning of the image name"
NO_PREFIX = "no beginning of Table 10"
UNKNOWN = "unknown"

Line = tuple[str, float | None, float | None, str, str]
"""Beginning of the name, pixel size, thickness, and where each came from."""


def table_10(outcome: Outcome) -> NamedTables:
    """Return Table 10: a row for each beginning of a name and calibration that occurs, then what only the paper has."""
    published = outcome.published[10]
    columns = (
        TableColumn(name="image", title="image name", origin=Origin.LABEL),
        TableColumn(name="n_images", title="images"),
        TableColumn(name="pixel_size", title="pixel size", unit="nanometer / pixel", decimals=6),
        TableColumn(name="pixel_size_source", title="pixel size from"),
        TableColumn(name="thickness", title="thickness", unit="nanometer", decimals=1),
        TableColumn(name="thickness_source", title="thickness from"),
        TableColumn(name="pixel_size", title="pixel size", unit="nanometer / pixel", origin=Origin.PUBLISHED),
        TableColumn(name="thickness", title="thickness", unit="nanometer", origin=Origin.PUBLISHED),
        TableColumn(name="thickness_mark", title="beside the thickness", origin=Origin.PUBLISHED),
    )
    lines = Counter(_lines(outcome.data.images.values()))
    names = [*(row.key[0] for row in published), NO_PREFIX]
    rows = [
        Row(cells=(name, n, pixel_size, size_source, thickness, thickness_source, *_printed(published, name)))
        for (name, pixel_size, thickness, size_source, thickness_source), n in sorted(
            lines.items(), key=lambda item: names.index(item[0][0])
        )
    ]
    met = {line[0] for line in lines}
    rows += [
        Row(cells=(row.key[0], 0, None, None, None, None, *_printed(published, row.key[0])))
        for row in published
        if row.key[0] not in met
    ]
    own = (
        "In names of the paper N stands for a number.",
        "Pixels that were joined are larger than the published ones by the number of pixels along a side.",
        *findings(outcome, 10),
    )
    table = Table(name="table10", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))
    return {"": table}


def _lines(images: Iterable[Image]) -> Iterable[Line]:
    prefixes: PrefixTable = read_toml(registry_path() / "calibrations" / "fecral.toml", PrefixTable)
    for image in images:
        found = prefixes.find(image.name)
        name = NO_PREFIX if found is None else found.name
        calibration = image.calibration
        if calibration is None:
            yield name, None, None, UNKNOWN, UNKNOWN
            continue
        thickness = calibration.foil_thickness
        yield (
            name,
            calibration.pixel_size_nm[0],
            None if thickness is None else float(thickness.magnitude),
            str(calibration.pixel_size_source),
            str(calibration.foil_thickness_source or UNKNOWN),
        )


def _printed(published: PublishedTable, name: str) -> list[object]:
    row = published.rows.get((name,))
    mark = "" if row is None else row.cells["thickness"].mark
    return [*printed(row, ["pixel_size", "thickness"]), mark or None]


TABLE_10 = Artifact(name="table10", title=TITLE, make=table_10)
