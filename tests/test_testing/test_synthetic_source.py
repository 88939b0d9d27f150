from __future__ import annotations

import pytest

from defectkit import hooks
from defectkit.errors import UnknownDatasetError
from defectkit.testing.synthetic.source import SyntheticFecralSource


def test_the_source_is_registered_under_its_name() -> None:
    assert hooks.find("dataset", "synthetic-fecral") is SyntheticFecralSource
    assert SyntheticFecralSource().entry().name == "synthetic-fecral"


def test_its_counts_are_those_its_entry_expects() -> None:
    source = SyntheticFecralSource(seed=14691207, binning=4)
    for row in source.entry().labels:
        labels = source.labels(f"{row.name}@{row.version}")
        assert row.expected is not None
        assert (len(labels), labels.n_defects) == (row.expected.images, row.expected.defects)
        roots: dict[str, int] = {}
        for name, n in labels.counts().items():
            root = labels.taxonomy.root(name)
            roots[root] = roots.get(root, 0) + n
        assert roots == dict(row.expected.by_type)


def test_a_label_set_it_does_not_hold() -> None:
    with pytest.raises(UnknownDatasetError, match="dataset1@1"):
        SyntheticFecralSource(binning=4).labels("dataset3@1")
