from __future__ import annotations

import csv
import io

import attrs
import numpy as np

from defectkit.datasets.differences import diff
from defectkit.records import Instances, LabelSet
from defectkit.reports.label_diff import changes_csv, counts_csv

SHAPE = (60, 60)


def labels(version: str, **corners: list[int]) -> LabelSet:
    instances = {}
    for name, places in corners.items():
        masks = np.zeros((len(places), *SHAPE), bool)
        for k, place in enumerate(places):
            masks[k, place : place + 6, place : place + 6] = True
        instances[name] = Instances.from_masks(masks, types=["bdot"] * len(places), shape=SHAPE)
    return LabelSet(name="mine", version=version, instances=instances)


def test_rows_of_images_that_are_not_fully_read_are_marked() -> None:
    before = attrs.evolve(labels("1", a=[5], b=[5]), refused={"a": 1})
    after = labels("2", a=[5, 30], b=[5, 30])
    for text in (changes_csv(diff(before, after), before, after), counts_csv(diff(before, after), before, after)):
        marks = {row["image"]: row["not_fully_read"] for row in csv.DictReader(io.StringIO(text))}
        assert marks == {"a": "mine@1 not fully read: 1 of 2 regions refused", "b": ""}
