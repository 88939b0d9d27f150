"""What stands in several files of the registry is the same in all of them."""

from __future__ import annotations

import re
import tomllib

import pytest
from defectkit_jacobs2022.published import published_tables

from defectkit.hardening import load_material
from defectkit.resources import registry_path
from defectkit.testing.synthetic.fecral import DATASET1
from defectkit.testing.synthetic.fecral_conditions import CONDITIONS
from defectkit.units import ureg

TABLES = published_tables()
TYPES = ("loop_100", "loop_111", "bdot")


def toml(*parts):
    return tomllib.loads(registry_path().joinpath(*parts).read_text(encoding="utf-8"))


def test_every_file_is_toml_or_a_file_list_or_the_readme():
    for path in registry_path().rglob("*"):
        if path.is_file():
            assert path.suffix in (".toml", ".md") or path.name.endswith(".files.txt"), path
            if path.suffix == ".toml":
                tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_material_is_table_9():
    material, table = load_material("fecral"), TABLES[9]
    assert material.taylor_factor == float(table["taylor_factor",]["value"])
    for name, unit in (("shear_modulus", "GPa"), ("burgers_vector", "nm")):
        row = table[name,]
        assert row["unit"] == unit
        assert getattr(material, name) == ureg.Quantity(float(row["value"]), unit)
    strengths = {f"barrier_strength_{t}": a for t, a in material.barrier_strengths.items()}
    assert strengths == {r.key[0]: float(r["value"]) for r in table if r.key[0].startswith("barrier_strength")}
    assert material.page == table["taylor_factor",].page


def test_the_prefix_table_is_table_10():
    prefixes = {p["name"]: p for p in toml("calibrations", "fecral.toml")["prefix"]}
    assert set(prefixes) == {row.key[0] for row in TABLES[10]}
    for row in TABLES[10]:
        prefix = prefixes[row.key[0]]
        assert prefix["pixel_size"] == f"{row['pixel_size']} nm/px"
        assert prefix["foil_thickness"] == f"{row['thickness']} nm"
        assert (prefix["foil_thickness_source"] == "assumed") == (row.cells["thickness"].mark == "not reported")
        assert prefix["page"] == row.page


@pytest.mark.parametrize(
    ("image", "prefix"),
    [
        ("map12_70kx_003", "mapN_70kx"),
        ("map1_70kx_onzap_CL4100_a", "mapN_70kx_onzap_CL4100"),
        ("3ROI_100kx_4100CL_foil1", "NROI_100kx_4100CL_foil1"),
        ("BF X500K, 4", "BF X500K"),
        ("dalong7", "dalong"),
        ("mapN_70kx", None),
        ("my_map1_70kx", None),
    ],
)
def test_n_stands_for_a_number(image, prefix):
    matched = {
        m.end(): p["name"]
        for p in toml("calibrations", "fecral.toml")["prefix"]
        if (m := re.match(p["match"], image)) is not None
    }
    assert (matched[max(matched)] if matched else None) == prefix


def test_every_pattern_matches_its_own_name_and_no_other():
    prefixes = toml("calibrations", "fecral.toml")["prefix"]
    for prefix in prefixes:
        example = re.sub(r"N(?=_|ROI)|(?<=map)N", "7", prefix["name"]) if "N" in prefix["name"] else prefix["name"]
        full = [p["name"] for p in prefixes if re.fullmatch(p["match"], example)]
        assert full == [prefix["name"]]


def test_the_splits_are_table_2():
    splits = {s["name"]: s for s in toml("splits", "fecral.toml")["split"]}
    assert set(splits) == {"/".join(row.key) for row in TABLES[2]}
    for row in TABLES[2]:
        split = splits["/".join(row.key)]
        assert split["page"] == row.page
        assert split["train_labels"] == f"{row.key[0]}@1"
        for side in ("train", "test"):
            assert split[side]["images"] == row[f"images_{side}"]
            assert split[side]["by_type"] == {t: row[f"{t}_{side}"] for t in TYPES}


def test_a_side_that_two_data_sets_share_has_one_label_set():
    splits = toml("splits", "fecral.toml")["split"]
    for a in splits:
        for b in splits:
            same_split = a["name"].split("/")[1] == b["name"].split("/")[1]
            if same_split and a["test"] == b["test"]:
                assert a["test_labels"] == b["test_labels"], (a["name"], b["name"])


def test_no_side_has_more_defects_than_its_label_set():
    for split in toml("splits", "fecral.toml")["split"]:
        for side in ("train", "test"):
            parent = TABLES[1][split[f"{side}_labels"].removesuffix("@1"),]
            assert split[side]["images"] <= parent["images"]
            assert all(split[side]["by_type"][t] <= parent[t] for t in TYPES), split["name"]


@pytest.mark.parametrize("name", ["fecral", "synthetic-fecral"])
def test_the_counts_of_the_label_sets_are_table_1(name):
    entry = toml("datasets", f"{name}.toml")
    assert {label["name"] for label in entry["labels"]} == {row.key[0] for row in TABLES[1]}
    for label in entry["labels"]:
        row = TABLES[1][label["name"],]
        expected = label["expected"]
        assert (expected["images"], expected["defects"], expected["page"]) == (row["images"], row["defects"], row.page)
        assert expected["by_type"] == {t: row[t] for t in TYPES}
    assert entry["images"]["expected"] == max(row["images"] for row in TABLES[1])


def test_the_synthetic_images_follow_tables_1_and_10():
    conditions = CONDITIONS.values()
    dataset2 = {t: sum(c.first[t] for c in conditions) for t in TYPES}
    expanded = {t: sum(c.first[t] + c.added[t] for c in conditions) for t in TYPES}
    for name, counts in (("dataset1", DATASET1), ("dataset2", dataset2), ("dataset2-expanded", expanded)):
        assert dict(counts) == {t: TABLES[1][name,][t] for t in TYPES}
    assert sum(c.n_first for c in conditions) == TABLES[1]["dataset2",]["images"]
    assert sum(c.n_images for c in conditions) == TABLES[1]["dataset2-expanded",]["images"]
    prefixes = toml("calibrations", "fecral.toml")["prefix"]
    for series in (series for condition in conditions for series in condition.series):
        name = series.pattern.format(7)
        matches = [(found.end(), k) for k, p in enumerate(prefixes) if (found := re.match(p["match"], name))]
        prefix = prefixes[max(matches)[1]]
        assert prefix["pixel_size"] == f"{series.pixel_size_nm} nm/px"
        assert float(prefix["foil_thickness"].removesuffix(" nm")) == series.thickness_nm
        assert (prefix["foil_thickness_source"] == "prefix table") == series.reported
