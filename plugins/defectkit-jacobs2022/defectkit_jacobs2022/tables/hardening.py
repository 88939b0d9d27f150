"""Hardening: what truth and prediction say of it, image by image, and the mean errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import StudyError
from defectkit.files.decoding import parse_json
from defectkit.hardening import Binning, DispersedBarrier, harden, load_material
from defectkit.studies import select_run
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published import published_hardening
from defectkit_jacobs2022.published_rows import OURS, PUBLISHED, notes, printed
from defectkit_jacobs2022.statement import published_statements
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn
from defectkit_jacobs2022.tables.over_runs import SOURCE
from defectkit_jacobs2022.tables.table_09 import MATERIAL

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

STUDY = "initial"
TITLE = "Hardening by truth and by prediction"
COMBINATIONS = ("linear", "quadrature")
SIDES = ("true", "predicted")


def mean_errors(true: Floats, predicted: Floats) -> tuple[float, float, int, int]:
    """Return how far predicted values are from true ones.

    Parameters
    ----------
    true, predicted : numpy.ndarray, shape (images,)

    Returns
    -------
    mae : float
        Mean absolute error of the images where both are defined.
    mape : float
        Mean absolute percent error of those of them where the true value is not 0.
    n_undefined, n_zero : int
        Images left out of both, and of the second besides.

    Examples
    --------
    >>> mean_errors(np.array([100.0, 0.0, np.nan]), np.array([90.0, 2.0, 1.0]))
    (6.0, 10.0, 1, 1)
    """
    defined = ~(np.isnan(true) | np.isnan(predicted))
    errors, of = np.abs(predicted - true)[defined], true[defined]
    above = of != 0
    mae = float(errors.mean()) if len(errors) else float("nan")
    mape = float((100 * errors[above] / of[above]).mean()) if above.any() else float("nan")
    return mae, mape, int((~defined).sum()), int((~above).sum())


BINS: Mapping[str, Binning] = MappingProxyType(
    {
        "bins of 20 nm, linear": Binning.of_width("20 nm", representative="center", combination="linear"),
        "bins of 10 nm, linear": Binning.of_width("10 nm", representative="center", combination="linear"),
        "bins of 5 nm, linear": Binning.of_width("5 nm", representative="center", combination="linear"),
        "bins of 2 nm, linear": Binning.of_width("2 nm", representative="center", combination="linear"),
        "bins of 10 nm, quadrature": Binning.of_width("10 nm", representative="center", combination="quadrature"),
        "no bins": Binning.unbinned(),
    }
)
"""What the paper leaves open: how wide the bins of one type are, and how they add up."""


def hardening_of_sides(outcome: Outcome, binning: Binning | None = None) -> dict[str, xarray.Dataset]:
    """Return the hardening of the true and of the predicted defects of the initial split, image by image.

    Parameters
    ----------
    outcome : Outcome
    binning : Binning, optional
        That of the convention by default.

    Returns
    -------
    dict of str to xarray.Dataset
        ``true`` and ``predicted``, as :func:`defectkit.hardening.harden` gives it, from the sizes of the evaluation.
        Only types count that the material has a barrier strength for; :func:`weak_defects` are the others.

    Raises
    ------
    StudyError
        If the study ``initial`` was not run, or its images have no pixel size.
    """
    import xarray

    run = select_run(outcome.result(STUDY), 0)
    if run.attrs["length_unit"] != "nanometer":
        raise StudyError("the images of the study 'initial' have no pixel size, so there is no hardening to compare")
    images = {str(name): outcome.data.images[str(name)] for name in run["image"].values}
    rule = Convention.from_settings(parse_json(run.attrs["convention_settings"], where="its convention"))
    strong = load_material(MATERIAL).barrier_strengths
    types = [str(name) for name in run["defect_type"].values if str(name) in strong]
    model = DispersedBarrier(binning=binning)
    found = {}
    for side in SIDES:
        counted = np.isin(run[f"{side}_defect_type"].values.astype(str), types)
        table = xarray.Dataset(
            {
                name: ("defect", run[f"{side}_defect_{of}"].values[counted], dict(run[f"{side}_defect_{of}"].attrs))
                for name, of in (("image", "image"), ("defect_type", "type"), ("size", "size"))
            },
            attrs={"convention": rule.name},
        )
        found[side] = harden(table, images, model=model, material=MATERIAL, convention=rule, types=types)
    return found


def weak_defects(outcome: Outcome) -> dict[str, int]:
    """Return how many predicted defects have a type without a barrier strength, by type."""
    run = select_run(outcome.result(STUDY), 0)
    strong = load_material(MATERIAL).barrier_strengths
    found = Counter(str(name) for name in run["predicted_defect_type"].values if str(name) not in strong)
    return dict(sorted(found.items()))


def hardening(outcome: Outcome) -> NamedTables:
    """Return the mean errors of hardening beside the published ones, the hardening of each image, and what bins do.

    Raises
    ------
    StudyError
        If the study ``initial`` was not run, or no image has a hardening by truth and by prediction.
    """
    sides = hardening_of_sides(outcome)
    if np.isnan([sides[side]["total_linear"].values for side in SIDES]).any(axis=0).all():
        raise StudyError(f"no image has a hardening by truth and by prediction: {'; '.join(_faults(sides))}")
    return {"": _errors(outcome, sides), "images": _images(outcome, sides), "bins": _bins(outcome)}


def _errors(outcome: Outcome, sides: dict[str, xarray.Dataset]) -> Table:
    published = published_hardening()
    columns = (
        TableColumn(name="combination", title="sum over types", origin=Origin.LABEL),
        SOURCE,
        TableColumn(name="mae", title="MAE", unit="megapascal", decimals=2),
        TableColumn(name="mape", title="MAPE", unit="percent", decimals=1),
        TableColumn(name="lowest", title="lowest true", unit="megapascal", decimals=0),
        TableColumn(name="highest", title="highest true", unit="megapascal", decimals=0),
        TableColumn(name="n_images", title="images"),
        TableColumn(name="n_undefined", title="images left out"),
        TableColumn(name="n_zero", title="left out of the MAPE besides"),
    )
    rows = []
    for name in COMBINATIONS:
        true, predicted = (sides[side][f"total_{name}"].values for side in SIDES)
        mae, mape, n_undefined, n_zero = mean_errors(true, predicted)
        ends = (float(np.nanmin(true)), float(np.nanmax(true))) if not np.isnan(true).all() else (np.nan, np.nan)
        rows.append(Row(cells=(name, OURS, mae, mape, *ends, len(true), n_undefined, n_zero)))
        cells = (name, PUBLISHED, *printed(published[name,], ("mae", "mape")), *[None] * 5)
        rows.append(Row(cells=cells, origin=Origin.PUBLISHED))
    said = published_statements()["range-of-hardening"]
    cells = ("one of both", PUBLISHED, None, None, said["lowest"], said["highest"], None, None, None)
    rows.append(Row(cells=cells, origin=Origin.PUBLISHED))
    faults = _faults(sides)
    weak = ", ".join(f"{n} {name}" for name, n in weak_defects(outcome).items())
    own = [
        _made(sides),
        *([f"Predicted defects of types that have no barrier strength count for nothing: {weak}."] if weak else []),
        f"Page {said.page}: {said.says}.",
        "Left out are images whose hardening one side does not give, and of the MAPE those without any true hardening.",
        published.note,
        *(f"Not known: {fault}." for fault in faults[:5]),
        *([f"Not known for {len(faults) - 5} more reasons."] if len(faults) > 5 else []),
    ]
    return Table(name="hardening", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, published, own=own))


def _faults(sides: dict[str, xarray.Dataset]) -> list[str]:
    """Return why hardenings are not known."""
    return sorted({str(note) for side in sides.values() for note in side["total_note"].values if str(note)})


def _images(outcome: Outcome, sides: dict[str, xarray.Dataset]) -> Table:
    columns = (
        TableColumn(name="image", title="image", origin=Origin.LABEL),
        *(
            TableColumn(name=f"{side}_{name}", title=f"{side}, {name}", unit="megapascal", decimals=1)
            for name in COMBINATIONS
            for side in SIDES
        ),
    )
    totals = [sides[side][f"total_{name}"].values for name in COMBINATIONS for side in SIDES]
    rows = [
        Row(cells=(str(image), *values)) for image, *values in zip(sides["true"]["image"].values, *totals, strict=True)
    ]
    return Table(
        name="hardening-images",
        title="Hardening of each test image",
        columns=columns,
        rows=rows,
        notes=notes(outcome, own=[_made(sides)]),
    )


def _bins(outcome: Outcome) -> Table:
    columns = (
        TableColumn(name="bins", title="bins of one type", origin=Origin.LABEL),
        TableColumn(name="combination", title="sum over types", origin=Origin.LABEL),
        *(TableColumn(name=side, title=f"mean, {side}", unit="megapascal", decimals=1) for side in SIDES),
        TableColumn(name="mae", title="MAE", unit="megapascal", decimals=2),
        TableColumn(name="mape", title="MAPE", unit="percent", decimals=1),
        TableColumn(name="n_undefined", title="images left out"),
    )
    rows = []
    for title, binning in BINS.items():
        sides = hardening_of_sides(outcome, binning)
        for name in COMBINATIONS:
            totals = [sides[side][f"total_{name}"].values for side in SIDES]
            mae, mape, n_undefined, _ = mean_errors(*totals)
            known = ~np.isnan(totals).any(axis=0)
            means = [float(total[known].mean()) if known.any() else float("nan") for total in totals]
            rows.append(Row(cells=(title, name, *means, mae, mape, n_undefined)))
    own = [
        "The paper does not say how wide its bins are and how those of one type add up. Linear sums over bins grow as "
        "bins get finer, whatever the defects are; without bins each defect counts with its own size, in quadrature.",
        "Bins are represented by their centers.",
    ]
    return Table(
        name="hardening-bins",
        title="What the bins of one type do to hardening",
        columns=columns,
        rows=rows,
        notes=notes(outcome, own=own),
    )


def _made(sides: dict[str, xarray.Dataset]) -> str:
    about = sides["true"].attrs
    return (
        f"Model {about['hardening_model']}, constants of {about['material']}, convention {about['convention']}, which "
        "also says how the size bins of one type add up."
    )


HARDENING = Artifact(name="hardening", title=TITLE, studies=(STUDY,), make=hardening)
