from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.datasets import Catalogue, DatasetEntry
from defectkit.datasets.file_list import matching, parse_file_list, read_file_list
from defectkit.datasets.prefix_table import PrefixTable
from defectkit.datasets.sources import FigshareSource, FileSource, RegisteredSource
from defectkit.datasets.split_table import SplitTable
from defectkit.datasets.toml import parse_toml, read_toml, to_toml
from defectkit.errors import CatalogueError, UnknownDatasetError
from defectkit.resources import registry_path
from tests.test_datasets.conftest import ENTRY, Tiny

REGISTRY = registry_path()
ENTRIES = sorted(p.stem for p in (REGISTRY / "datasets").glob("*.toml"))
TEXT = ENTRY.format(address="https://example.org")


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_of_the_registry_is_understood(name: str) -> None:
    item = Catalogue.standard().find(name)
    assert item.entry.name == name
    assert parse_toml(to_toml(item.entry), DatasetEntry, where="copy") == item.entry
    for split in item.split_table().split:
        assert split.train_labels in item.label_sets()
    if item.prefix_table() is not None:
        assert item.entry.images.calibrations is not None
    source = item.entry.source
    if isinstance(source, FileSource):
        paths = [f.path for f in read_file_list(item.entry_folder / source.files, source.address)]
        assert len(matching(paths, item.entry.images.files)) == item.entry.images.expected
        for labels in item.entry.labels:
            assert matching(paths, labels.files), labels.key
    else:
        assert isinstance(source, FigshareSource | RegisteredSource)


@pytest.mark.parametrize("kind", [SplitTable, PrefixTable])
def test_splits_and_calibrations_round_trip(kind: type) -> None:
    for path in (REGISTRY / ("splits" if kind is SplitTable else "calibrations")).glob("*.toml"):
        held = read_toml(path, kind)
        assert parse_toml(to_toml(held), kind, where="copy") == held


def test_the_standard_catalogue_has_the_data_sets_of_the_registry() -> None:
    catalogue = Catalogue.standard()
    assert {"fecral", "ti-loops", "steel-316l", "ampis-powder", "synthetic-fecral"} <= set(catalogue.names())
    fecral = catalogue.find("fecral")
    assert fecral.label_sets()["dataset2-expanded@1"].parent == "dataset2@1"
    assert fecral.entry.labels[2].expected is not None
    assert fecral.entry.labels[2].expected.defects == 13_675
    sides = {(s.train_labels, s.test_labels) for s in fecral.split_table().split}
    assert ("dataset2@1", "dataset2-expanded@1") in sides


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Three images"\n', "", "missing key: title @ here"),
        ('title = "Three images"', "title = 3", "3 is not text @ here.title"),
        ('licence = "CC0-1.0"', 'license = "CC0-1.0"', "unknown keys: license @ here"),
        ('alloy = "Fe"', 'aloy = "Fe"', "unknown keys: aloy @ here.images.specimen"),
        ("format = 1", "format = 2", "format 2 is not known"),
        ("format = 1", 'format = "1"', "'1' is not a whole number @ here.format"),
        ('name = "tiny"', 'name = "Tiny Set"', "lower case"),
        ('kind = "files"', 'kind = "ftp"', "kind 'ftp' is not one of: files, figshare, registered, store"),
        ('address = "https://example.org/"', 'address = "https://example.org"', "does not end in '/'"),
        ('address = "https://example.org/"', 'address = "ftp://example.org/"', "no http or https address"),
        ('mirror = "owner+tiny"', 'mirror = "owner/tiny"', "no name of a folder"),
        ('files = "tiny.files.txt"', 'files = "../tiny.files.txt"', "does not stay within its folder"),
        ('pixel_size = "0.5 nm/px"', 'pixel_size = "0.5"', "not a number with a unit"),
        ('pixel_size = "0.5 nm/px"', "pixel_size = 0.5", "0.5 is not text"),
        ('foil_thickness_source = "assumed"', 'foil_thickness_source = "guessed"', "guessed"),
        ("expected = 3", "expected = true", "True is not a whole number @ here.images.expected"),
        ('version = "1"', 'version = "1/2"', "holds '@', '/'"),
        ("id = 1", "id = 0", "categories 0 stand there twice"),
        ("id = 1", "id = 1.5", "1.5 is not one of: int, str"),
        ('type = "bdot"', 'type = "wart"', "types wart are in no taxonomy"),
        ("[splits]", '[[labels]]\nname = "drawn"\nversion = "1"\n[splits]', "label sets drawn@1 stand there twice"),
        ("[citation]", "[citation", "is not TOML"),
    ],
)
def test_faults_are_named_with_their_path(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(CatalogueError) as caught:
        parse_toml(TEXT.replace(old, new, 1), DatasetEntry, where="here")
    assert message in str(caught.value)


def test_a_type_of_its_own_is_in_the_taxonomy() -> None:
    own = '[[defect_type]]\nname = "wart"\ntitle = "a wart"\ncolor = "#123456"\n[splits]'
    text = TEXT.replace('type = "bdot"', 'type = "wart"').replace("[splits]", own)
    assert parse_toml(text, DatasetEntry, where="here").taxonomy()["wart"].title == "a wart"


def test_a_store_has_no_labels_in_its_entry() -> None:
    text = (
        TEXT[: TEXT.index("[source]")] + '[source]\nkind = "store"\nstore = "a.zarr"\n' + TEXT[TEXT.index("[images]") :]
    )
    with pytest.raises(CatalogueError, match="in the store, not in the entry"):
        parse_toml(text, DatasetEntry, where="here")


def test_a_file_has_to_be_called_like_its_entry(tiny: Tiny) -> None:
    (tiny.folder / "datasets" / "tiny.toml").rename(tiny.folder / "datasets" / "other.toml")
    with pytest.raises(CatalogueError, match="has to be called like it"):
        tiny.catalogue.find("other")


def test_two_catalogues_with_one_name(tiny: Tiny, tmp_path: Path) -> None:
    twin = tmp_path / "twin" / "datasets"
    twin.mkdir(parents=True)
    (twin / "tiny.toml").write_text((tiny.folder / "datasets" / "tiny.toml").read_text())
    with pytest.raises(CatalogueError, match="two entries have the name 'tiny'"):
        Catalogue(folders=(tiny.folder, twin.parent)).find("tiny")
    assert Catalogue(folders=(tiny.folder, tiny.folder)).find("tiny").entry.name == "tiny"


def test_an_unknown_data_set(tiny: Tiny) -> None:
    with pytest.raises(UnknownDatasetError, match="Known: "):
        tiny.catalogue.find("zzz")


def test_published_labels_cannot_be_added_to(tiny: Tiny) -> None:
    with pytest.raises(CatalogueError, match="datasets add"):
        tiny.catalogue.find("tiny").store()


HASH = "0" * 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HASH} 1", "line 1: not '<sha256>"),
        (f"# head\n\n{HASH[1:]} 1 a", "line 3: not"),
        (f"{HASH} 1 ../a", "does not stay within"),
        (f"{HASH} 1 /a", "does not stay within"),
        (f"{HASH} 1 a\n{HASH} 1 a", "line 2: 'a' is there twice"),
    ],
)
def test_a_faulty_file_list_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        parse_file_list(text, "https://example.org/", where="list")


def test_a_missing_file_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_file_list(tmp_path / "none.txt", "https://example.org/")


def test_the_longest_prefix_counts_and_two_are_an_error() -> None:
    line = 'name = "{0}"\nmatch = "{0}"\npixel_size = "1 nm/px"\npixel_size_source = "assumed"\n'
    text = "format = 1\ntitle = 'T'\n" + "".join("[[prefix]]\n" + line.format(m) for m in ("map", "map_7", "m.p"))
    table = parse_toml(text, PrefixTable, where="here")
    found = table.find("map_70")
    assert found is not None
    assert found.name == "map_7"
    assert table.find("other") is None
    with pytest.raises(CatalogueError, match=r"'map 3' begins as map and as m\.p"):
        table.find("map 3")
    with pytest.raises(CatalogueError, match="no regular expression"):
        parse_toml(text.replace('match = "map"', 'match = "("'), PrefixTable, where="here")
    with pytest.raises(CatalogueError, match="format 2"):
        parse_toml(text.replace("format = 1", "format = 2"), PrefixTable, where="here")


def test_the_table_of_the_paper_knows_the_width_of_a_frame_and_a_name_that_it_lacks() -> None:
    item = Catalogue.standard().find("fecral")
    table = item.prefix_table()
    assert table is not None
    assert table.find("grid1_roi2_500kx_0p5nm_haadf1") is None
    series = table.find("BF X500K 03")
    assert series is not None
    assert series.calibration(2048).pixel_size_nm == pytest.approx((0.1416, 0.1416), rel=1e-3)
    assert "0.283203 nm, but its frames are 290 nm wide" in str(series.conflict(2048))
    assert series.calibration(1024).pixel_size_nm == pytest.approx((0.283203, 0.283203), rel=1e-5)
    assert series.conflict(1024) is None
