from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from defectkit.datasets import fetch_dataset, load_dataset, locks_of
from defectkit.datasets.tags import add_tag
from defectkit.errors import (
    CatalogueError,
    DatasetWarning,
    FetchError,
    LabelReadError,
    LockError,
    PairingError,
    SealedError,
    SplitError,
    UnknownDatasetError,
)
from defectkit.records import Source
from tests.test_datasets.conftest import Site, Tiny, png


def load(tiny: Tiny, **how: object) -> object:
    return load_dataset("tiny", **({"labels": "drawn", "catalogue": tiny.catalogue} | how))  # type: ignore[arg-type]


def test_a_data_set_is_fetched_and_read(tiny: Tiny) -> None:
    data = load_dataset("tiny", labels="drawn@1", catalogue=tiny.catalogue)
    assert list(data.images) == ["a", "b", "c"]
    assert data.images["a"].pixels[5, 5] == 40
    assert data.labels.counts() == {"bdot": 1, "loop_111": 2}
    assert data.labels["c"].shape == (32, 40)
    assert (data.labels.key, data.labels.annotator) == ("drawn@1", "somebody")
    assert data.missing == data.cautions == ()


def test_images_have_the_calibration_and_specimen_of_the_catalogue(tiny: Tiny) -> None:
    images = load_dataset("tiny", catalogue=tiny.catalogue).images
    a, c = images["a"], images["c"]
    assert a.required_calibration().pixel_size_nm == (0.5, 0.5)
    assert a.required_calibration().foil_thickness_source is Source.ASSUMED
    assert c.required_calibration().pixel_size_nm == (0.25, 0.25)
    assert (a.specimen.alloy, c.specimen.alloy) == ("Fe", "FeCr")
    assert a.specimen.dose == c.specimen.dose


def test_a_prefix_table_calibrates(tiny: Tiny) -> None:
    (tiny.folder / "calibrations").mkdir()
    (tiny.folder / "calibrations" / "table.toml").write_text(
        """
        format = 1
        title = "A table"
        [[prefix]]
        match = '[ab]'
        name = "a or b"
        pixel_size = "0.1 nm/px"
        pixel_size_source = "prefix table"
        specimen = { zone_axis = "[100]" }
        """
    )
    text = (tiny.folder / "datasets" / "tiny.toml").read_text()
    start, end = text.index("[images.calibration]"), text.index("[images.specimen]")
    tiny.edit(text[start:end], "calibrations = 'table'\n")
    images = load_dataset("tiny", catalogue=tiny.catalogue).images
    assert images["a"].required_calibration().pixel_size_source is Source.PREFIX_TABLE
    assert images["a"].specimen.zone_axis == "[100]"
    assert images["a"].specimen.alloy == "Fe"
    assert images["c"].required_calibration().pixel_size_nm == (0.25, 0.25)


def with_prefix_table(tiny: Tiny, lines: str) -> None:
    (tiny.folder / "calibrations").mkdir()
    (tiny.folder / "calibrations" / "table.toml").write_text(f'format = 1\ntitle = "A table"\n{lines}')
    text = (tiny.folder / "datasets" / "tiny.toml").read_text()
    start, end = text.index("[images.calibration]"), text.index("[images.specimen]")
    tiny.edit(text[start:end], "calibrations = 'table'\n")


LINE = '[[prefix]]\nmatch = "a"\nname = "a"\npixel_size = "0.1 nm"\npixel_size_source = "prefix table"\n'


@pytest.mark.filterwarnings("ignore::defectkit.errors.DatasetWarning")
def test_the_width_of_a_field_gives_the_pixel_size_and_a_conflict_is_a_caution(tiny: Tiny) -> None:
    with_prefix_table(tiny, f'{LINE}field_width = "30 nm"\n')
    data = load_dataset("tiny", catalogue=tiny.catalogue)
    image = data.images["a"]
    expected = 30 / image.shape[1]
    assert image.required_calibration().pixel_size_nm == (expected, expected)
    (caution,) = image.cautions
    assert "0.1 nm" in caution and f"{expected:.6g} nm/px at {image.shape[1]} px are used" in caution
    assert any(caution[4:] in line and "(a)" in line for line in data.cautions)


@pytest.mark.filterwarnings("ignore::defectkit.errors.DatasetWarning")
def test_an_image_that_no_line_of_the_table_fits_is_a_caution(tiny: Tiny) -> None:
    with_prefix_table(tiny, LINE)
    data = load_dataset("tiny", catalogue=tiny.catalogue)
    assert data.images["a"].cautions == ()
    assert data.images["b"].calibration is None
    assert "no line of the table of pixel sizes (A table) fits the name" in data.images["b"].cautions[0]
    assert any("(b)" in line for line in data.cautions)


def test_a_size_of_the_catalogue_that_no_micrograph_has_is_an_error(tiny: Tiny) -> None:
    with_prefix_table(tiny, LINE.replace("0.1 nm", "0.1 m"))
    with pytest.raises(CatalogueError, match=r"tiny.*'a'.*a pixel of 100 mm"):
        load_dataset("tiny", catalogue=tiny.catalogue)


def test_unknown_names_list_the_known(tiny: Tiny) -> None:
    with pytest.raises(UnknownDatasetError, match=r"did you mean 'tiny'"):
        load_dataset("tini", catalogue=tiny.catalogue)
    with pytest.raises(UnknownDatasetError, match=r"drawn@2.*Known: drawn@1"):
        load(tiny, labels="drawn@2")
    with pytest.raises(UnknownDatasetError, match="Take one of them by its name"):
        _ = load_dataset("tiny", catalogue=tiny.catalogue).labels


def test_a_name_of_several_versions_is_not_enough(tiny: Tiny) -> None:
    text = (tiny.folder / "datasets" / "tiny.toml").read_text()
    labels = text[text.index("[[labels]]") : text.index("[labels.expected]")]
    tiny.edit("[splits]", labels.replace('version = "1"', 'version = "2"') + "[splits]")
    with pytest.raises(UnknownDatasetError, match="several versions: drawn@1, drawn@2"):
        load(tiny)
    data = load_dataset("tiny", labels=["drawn@1", "drawn@2"], catalogue=tiny.catalogue)
    assert list(data.label_sets) == ["drawn@1", "drawn@2"]
    with pytest.raises(UnknownDatasetError, match="drawn@1, drawn@2"):
        _ = data.labels


def test_what_is_missing_is_named_with_address_and_image(tiny: Tiny, site: Site) -> None:
    del site.pages["images/b.png"], site.pages["labels/c.txt"]
    with pytest.raises(FetchError) as caught:
        load(tiny)
    message = str(caught.value)
    assert "tiny: 2 files are missing" in message
    assert f"  images/b.png (image b)\n    {site.address}/images/b.png" in message
    assert f"  labels/c.txt (the labels drawn@1 of image c)\n    {site.address}/labels/c.txt" in message
    assert "available=True" in message
    assert "--available" in caught.value.for_command_line()


def test_what_is_available_is_loaded_and_says_so(tiny: Tiny, site: Site) -> None:
    del site.pages["images/b.png"]
    with pytest.warns(DatasetWarning) as caught:
        data = load_dataset("tiny", labels="drawn", available=True, catalogue=tiny.catalogue)
    assert [str(w.message) for w in caught] == list(data.cautions)
    assert data.cautions == (
        "tiny: 2 of 3 images are here; the results are of these",
        "tiny/drawn@1 is not all here: 2 of 3 images",
    )
    assert data.labels.images == ("a", "c")
    assert [gone.file.path for gone in data.missing] == ["images/b.png"]
    result = data.lock(xr.Dataset(attrs={"notes": ["a note"]}))
    assert result.attrs["lock"] == [f"tiny/drawn@1 sha256:{data.labels.digest()} of 2 of 3 images"]
    assert result.attrs["notes"] == ["a note", *data.cautions]
    (lock,) = locks_of(result)
    assert lock.images == ("a", "c")


def test_nothing_at_all_is_not_something(tiny: Tiny, site: Site) -> None:
    site.pages.clear()
    with pytest.raises(FetchError, match="no image is here"):
        load(tiny, available=True)


def test_the_mirror_of_the_environment_is_used(
    tiny: Tiny, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECTKIT_MIRROR", str(tiny.mirror(tmp_path / "mirror", *tiny.files)))
    site.pages.clear()
    assert len(load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue).images) == 3
    assert site.asked == []


def test_all_files_are_fetched_and_then_nothing_more(tiny: Tiny, site: Site) -> None:
    found = fetch_dataset("tiny", catalogue=tiny.catalogue)
    assert set(found.paths) == set(tiny.files)
    site.asked.clear()
    load(tiny)
    assert site.asked == []


def test_counts_that_are_not_expected_are_said(tiny: Tiny) -> None:
    tiny.edit("defects = 3\nby_type = { loop_111 = 2, bdot = 1 }", "defects = 4\nby_type = { loop_111 = 3 }\npage = 31")
    tiny.edit("expected = 3\n", "expected = 5\n")
    with pytest.warns(DatasetWarning):
        data = load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue)
    assert data.deviations == (
        "tiny: there are 3 images, not 5 as expected",
        "tiny: drawn@1 has 3 defects, not 4 as expected (page 31)",
        "tiny: drawn@1 has 2 of type loop_111, not 3 as expected (page 31)",
        "tiny: drawn@1 has 1 of type bdot, which is not expected",
    )


def test_sub_types_count_for_their_parent(tiny: Tiny) -> None:
    tiny.edit('type = "loop_111"', 'type = "loop_100_open"')
    tiny.edit("loop_111 = 2", "loop_100 = 2")
    assert load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue).cautions == ()


def test_counts_of_a_file_are_checked_also_in_part(tiny: Tiny, site: Site) -> None:
    tiny.edit("[splits]", '[[labels.expected.file]]\npath = "labels/a.txt"\ndefects = 9\n[splits]')
    del site.pages["images/b.png"]
    with pytest.warns(DatasetWarning):
        data = load_dataset("tiny", labels="drawn", available=True, catalogue=tiny.catalogue)
    assert data.deviations == ("tiny: labels/a.txt has 2 defects, not 9 as expected",)


def test_a_category_that_maps_nowhere_is_refused(tiny: Tiny) -> None:
    tiny.edit('id = 1\nname = "dot"\ntype = "bdot"', 'id = 7\nname = "dot"\ntype = "bdot"')
    with pytest.raises(LabelReadError):
        load(tiny)


def test_labels_without_a_format_cannot_be_read(tiny: Tiny) -> None:
    tiny.edit('format = "yolo-seg"\n', "")
    with pytest.raises(CatalogueError, match="names no format"):
        load(tiny)


def test_two_images_of_one_name(tiny: Tiny, site: Site, tmp_path: Path) -> None:
    def add(path: str, content: bytes) -> None:
        file = site.put(path, content)
        listed = tiny.folder / "datasets" / "tiny.files.txt"
        listed.write_text(listed.read_text() + f"{file.hash.removeprefix('sha256:')} {file.size} {path}\n")

    tiny.edit('files = ["images/*.png"]', 'files = ["*.png"]')
    add("more/a.png", tiny.contents["images/a.png"])
    assert len(load_dataset("tiny", catalogue=tiny.catalogue).images) == 3
    add("yet more/a.png", png(99, tmp_path))
    with pytest.raises(PairingError, match=r"images/a\.png and yet more/a\.png have the same name"):
        load_dataset("tiny", catalogue=tiny.catalogue)


def test_a_reviewed_digest_is_held(tiny: Tiny) -> None:
    digest = load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue).labels.digest()
    tiny.edit('annotator = "somebody"', f'digest = "{digest}"')
    load(tiny)
    tiny.edit(digest, "0" * 64)
    with pytest.raises(LockError, match="sealed with the digest 0000"):
        load(tiny)


def test_splits(tiny: Tiny) -> None:
    data = load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue)
    split = data.split("c-out")
    assert (split.train, split.test, split.test_labels) == (("a", "b"), ("c",), "drawn@1")
    with pytest.raises(SplitError, match="not in the registry"):
        data.split("unpublished")
    with pytest.raises(UnknownDatasetError, match="did you mean 'c-out'"):
        data.split("c-aut")
    with pytest.raises(UnknownDatasetError, match=r"needs the label set drawn@1 .* with the labels drawn@1$"):
        load_dataset("tiny", catalogue=tiny.catalogue).split("c-out")


def test_a_split_of_another_data_set_or_label_set_is_refused(tiny: Tiny) -> None:
    path = tiny.folder / "splits" / "tiny.toml"
    text = path.read_text()
    item = tiny.catalogue.find("tiny")
    path.write_text(text.replace('dataset = "tiny"', 'dataset = "large"'))
    with pytest.raises(CatalogueError, match="splits of 'large'"):
        item.split_table()
    path.write_text(text.replace('test_labels = "drawn@1"', 'test_labels = "drawn@9"', 1))
    with pytest.raises(CatalogueError, match="no label set 'drawn@9'"):
        item.split_table()


def test_a_tag_means_a_version_and_never_moves(tiny: Tiny) -> None:
    data = load_dataset("tiny", labels="drawn", catalogue=tiny.catalogue)
    add_tag("tiny", "drawn@1", "submitted", digest=data.labels.digest())
    add_tag("tiny", "drawn@1", "submitted", digest=data.labels.digest())
    assert load_dataset("tiny", labels="drawn@submitted", catalogue=tiny.catalogue).labels.key == "drawn@1"
    with pytest.raises(SealedError, match="tags do not move"):
        add_tag("tiny", "drawn@2", "submitted", digest="0" * 64)
    for bad in ("", "2", "a b", "a@b", "a/b"):
        with pytest.raises(CatalogueError, match="one word"):
            add_tag("tiny", "drawn@1", bad, digest="0" * 64)
    add_tag("tiny", "drawn@1", "other", digest="0" * 64)
    with pytest.raises(LockError, match="drawn@other was sealed"):
        load(tiny, labels="drawn@other")


def test_a_registered_source_is_loaded() -> None:
    data = load_dataset("synthetic-fecral")
    assert len(data.images) == 182
    assert data.split("dataset2 initial split").test_labels == "dataset2@1"
    with pytest.raises(UnknownDatasetError, match="Known: dataset1 initial split"):
        data.split("none")
    with pytest.raises(CatalogueError, match="on this machine"):
        fetch_dataset("synthetic-fecral")


def test_the_synthetic_data_have_the_published_counts() -> None:
    data = load_dataset("synthetic-fecral", labels=["dataset1", "dataset2@1", "dataset2-expanded"])
    assert data.cautions == ()
    assert [labels.n_defects for labels in data.label_sets.values()] == [5382, 5053, 13675]
    again = load_dataset("synthetic-fecral", labels="dataset1")
    assert again.locks["dataset1@1"] == data.locks["dataset1@1"]
    assert data.images["dalong_1"].pixels.dtype == np.uint8
