from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.errors import LabelReadError, StudyError, UnknownDatasetError
from defectkit.splitters import Relation
from defectkit.studies import read_study
from defectkit.studies.toml import read_data, read_toml


def test_a_study_is_read_with_its_data(declared: Path) -> None:
    study, data = read_study(declared / "study.toml")
    assert (study.name, study.seeds, study.min_score) == ("two folds", (0, 1), 0.25)
    assert [rule.name for rule in study.conventions] == ["defectkit", "jacobs2022"]
    assert study.splits[0].accepted == (Relation.AREA,)
    assert study.detectors[0].options["scales_nm"] == [1, 3]
    assert list(data.images) == ["synthetic-000", "synthetic-001", "synthetic-002"]
    assert data.labels("truth@1").n_defects == 18
    assert data.images["synthetic-000"].required_calibration().pixel_size_nm == (1.0, 1.0)
    assert data.name == "study"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seeds =", "sedes =", "sedes, which is unknown"),
        ("[data]", "[date]", "\\[data\\] is missing"),
        ('images = ["frames"]', 'pictures = ["frames"]', "pictures"),
        ('images = ["frames"]', 'images = ["frames"]\ndataset = "ti-loops"', "exactly one of dataset and images"),
        ('train = "truth@1"', 'learn = "truth@1"', "learn, which is unknown"),
        ('train = "truth@1"\n', "", "cannot be understood"),
        ('splitter = "random-k-fold"', 'splitter = ""', "either a splitter"),
        ("[[splits]]", "[splits]", "write \\[\\[splits\\]\\]"),
        ('accepted = ["area"]', 'accepted = ["arae"]', r"\[\[splits\]\]: no relation .* 'arae'; did you mean 'area'"),
        ('labels.truth.path = "truth.json"', "labels.truth.options = {}", "no path"),
        ('name = "two folds"', "name = two folds", "not TOML"),
    ],
)
def test_a_faulty_declaration_is_refused(declared: Path, old: str, new: str, said: str) -> None:
    study = (declared / "study.toml").read_text()
    assert old in study
    (declared / "study.toml").write_text(study.replace(old, new))
    with pytest.raises(StudyError, match=said):
        read_study(declared / "study.toml")


def test_what_is_not_there_is_told(declared: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        read_toml(declared / "none.toml")
    with pytest.raises(UnknownDatasetError):
        read_data({"dataset": "no-such-set"}, ["a@1"], where=declared / "study.toml")
    (declared / "truth.json").unlink()
    with pytest.raises(LabelReadError):
        read_study(declared / "study.toml")
