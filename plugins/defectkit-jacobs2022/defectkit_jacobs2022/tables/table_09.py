"""Table 9: the constants of the hardening model."""

from __future__ import annotations

from decimal import Decimal

from defectkit.hardening import Material, load_material
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.published_rows import TYPES, notes, printed, reference
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "Material of the hardening model"
MATERIAL = "fecral"
PREFIX = "barrier_strength_"


def table_09(outcome: Outcome) -> NamedTables:
    """Return Table 9, with the product of the constants that stands before the root for each type."""
    published = outcome.published[9]
    constants = load_material(MATERIAL)
    columns = (
        TableColumn(name="constant", title="constant", origin=Origin.LABEL),
        TableColumn(name="unit", title="unit", origin=Origin.LABEL),
        TableColumn(name="value", title="here"),
        TableColumn(name="value", title="value", origin=Origin.PUBLISHED),
    )
    ours = _constants(constants)
    rows = [_row(published, name, unit, value) for name, (unit, value) in ours.items()]
    shear, burgers = constants.shear_modulus.to("megapascal").magnitude, constants.burgers_vector.magnitude
    rows += [
        Row(
            cells=(
                f"M alpha mu b, {name}",
                "MPa nm",
                ours["taylor_factor"][1] * constants.barrier_strengths[name] * shear * burgers,
                None,
            ),
            decimals=1,
        )
        for name in TYPES
    ]
    own = (
        reference(published),
        f"Here: material {constants.name!r} of the registry, {constants.source}.",
        "Hardening by obstacles of one size d and number density rho is M alpha mu b sqrt(rho d); the products are not "
        "printed in the paper.",
    )
    table = Table(name="table9", title=TITLE, columns=columns, rows=rows, notes=notes(outcome, own=own))
    return {"": table}


def _constants(constants: Material) -> dict[str, tuple[str, float]]:
    return {
        "taylor_factor": ("", float(constants.constants["taylor_factor"].magnitude)),
        "shear_modulus": ("GPa", float(constants.shear_modulus.magnitude)),
        **{f"{PREFIX}{name}": ("", strength) for name, strength in constants.barrier_strengths.items()},
        "burgers_vector": ("nm", float(constants.burgers_vector.magnitude)),
    }


def _row(published: PublishedTable, name: str, unit: str, value: float) -> Row:
    """Return a constant beside the printed one, with as many decimals."""
    (cell,) = printed(published.rows.get((name,)), ["value"])
    exponent = cell.as_tuple().exponent if isinstance(cell, Decimal) else None
    return Row(cells=(name, unit, value, cell), decimals=-exponent if isinstance(exponent, int) else None)


TABLE_09 = Artifact(name="table9", title=TITLE, make=table_09)
