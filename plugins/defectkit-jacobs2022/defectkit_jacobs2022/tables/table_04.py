"""Table 4: the test types."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from defectkit import studies
from defectkit_jacobs2022.artifact import Artifact, NamedTables, Outcome
from defectkit_jacobs2022.published_rows import notes, reference
from defectkit_jacobs2022.table import Origin, Row, Table, TableColumn

TITLE = "Test types: what changes, what it tells, and what declares it here"
TEST_TYPES: Mapping[str, Callable[..., studies.Study]] = {
    "random cross validation": studies.repeated_hold_out,
    "targeted group cross validation": studies.leave_group_out,
    "ground truth labeling": studies.label_set_comparison,
    "size of data set": studies.learning_curve,
}
"""By the name in the registry of published tables."""

OTHERS = (
    studies.single_split,
    studies.random_cross_validation,
    studies.leave_percent_out,
    studies.run_to_run,
    studies.hyperparameters,
)
"""Test types of the text of the paper that its Table 4 does not list, and cross validation in the strict sense."""

REPEATED = (
    "What the paper calls random cross validation is repeated hold-out: its five test sides together hold more black "
    "dots than there are (`defectkit audit jacobs2022`)."
)

GROUPS = (
    "The groups of Table 6 are parted by the splitter `leave-groups-out`: sets of values on a side, for instance two "
    "microscopes against a third, and other facts the same on both sides, for instance the alloys where the "
    "irradiation differs."
)


def table_04(outcome: Outcome) -> NamedTables:
    """Return Table 4, then the test types that only the text of the paper has."""
    published = outcome.published[4]
    columns = (
        TableColumn(name="test", title="test", origin=Origin.PUBLISHED),
        TableColumn(name="changed", title="what changes, in our words", origin=Origin.PUBLISHED),
        TableColumn(name="learned", title="what it tells, in our words", origin=Origin.PUBLISHED),
        TableColumn(name="function", title="function"),
        TableColumn(name="description", title="what it does"),
    )
    rows = [
        Row(cells=(row.key[0], row["changed"], row["learned"], *_described(TEST_TYPES[row.key[0]])))
        for row in published
    ]
    rows += [Row(cells=(None, None, None, *_described(function))) for function in OTHERS]
    table = Table(
        name="table4",
        title=TITLE,
        columns=columns,
        rows=rows,
        notes=notes(outcome, own=[reference(published), REPEATED, GROUPS]),
    )
    return {"": table}


def _described(function: Callable[..., studies.Study]) -> tuple[str, str]:
    return f"defectkit.studies.{function.__name__}", (inspect.getdoc(function) or "").splitlines()[0]


TABLE_04 = Artifact(name="table4", title=TITLE, make=table_04)
