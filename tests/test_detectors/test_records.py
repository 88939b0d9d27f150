from __future__ import annotations

import numpy as np
import pytest

from defectkit.detectors import Capability, ModelCard, ReportedMetric, TrainingData, TrainingSet
from defectkit.detectors.blob import Blob
from defectkit.errors import DetectorError, EmptyInputError, MissingCalibrationError, PairingError, RecordError
from defectkit.records import Image, Instances, LabelSet, from_json, to_json


def a_card() -> ModelCard:
    return ModelCard(
        name="net",
        version="3",
        description="A network.",
        types=("bdot", "loop_111"),
        pixel_size_range=("0.14 nm/px", "0.88 nm/px"),
        trained_on=(
            TrainingData(dataset="fecral", labels="dataset2@1", labels_digest="ab" * 32, n_images=85, n_defects=4103),
        ),
        settings={"learning_rate": 2.5e-4, "flips": True, "weights": None, "note": "a|b"},
        metrics=(
            ReportedMetric(name="f1_score", value=0.8, low=0.77, high=0.82, measured_on="22 images, defectkit"),
            ReportedMetric(name="size_error", value=7.3, units="percent", measured_on="22 images"),
        ),
        license="MIT",
        citation="doi 10.1016/j.xcrp.2022.100876",
        limits=("Only on-zone bright field.",),
    )


def test_a_card_survives_json():
    assert from_json(to_json(a_card()), ModelCard) == a_card()
    assert from_json(to_json(Blob(rules="fecral").card()), ModelCard) == Blob(rules="fecral").card()


def test_an_unknown_key_in_a_card_is_refused():
    text = to_json(a_card()).replace('"citation"', '"citatoin"')
    with pytest.raises(RecordError, match="citatoin"):
        from_json(text, ModelCard)


def test_a_card_reads_as_markdown():
    text = a_card().to_markdown()
    for part in (
        "# net 3",
        "- Pixel sizes: 0.14 to 0.88 nm/px",
        "| fecral | dataset2@1 | " + "ab" * 32 + " | 85 | 4103 |",
        "| f1_score | 0.8 | 0.77 to 0.82 |",
        "- Only on-zone bright field.",
        r"| note | a\|b |",
    ):
        assert part in text
    assert text.endswith("\n")


def test_the_card_of_an_untrained_detector_says_so():
    text = Blob().card().to_markdown()
    assert "Nothing: it was not trained." in text
    assert "- Pixel sizes: any" in text
    assert "tells no types apart" in text


def test_numbers_that_could_not_be_measured_are_refused():
    with pytest.raises(RecordError, match="value is nan"):
        ReportedMetric(name="f1_score", value=float("nan"), measured_on="nothing")


def test_capability_covers_its_range_with_its_ends():
    capability = Capability(types=("bdot",), pixel_size_range=("1 angstrom/px", "0.5 nm/px"))
    assert capability.covers((0.1, 0.5))
    assert not capability.covers((0.1, 0.51))
    assert Capability(types=("bdot",)).covers((1e6, 1e-6))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"types": ()}, "at least one"),
        ({"types": ("a", "a")}, "distinct"),
        ({"types": ("a",), "pixel_size_range": ("1 nm/px", "0.5 nm/px")}, "is above"),
        ({"types": ("a",), "pixel_size_range": "1 nm/px"}, "not a pair"),
    ],
)
def test_a_capability_that_contradicts_itself_is_refused(fields, fault):
    with pytest.raises(RecordError, match=fault):
        Capability(**fields)


def labels(**shapes: tuple[int, int]) -> LabelSet:
    mask = np.ones((1, 2, 2), bool)
    return LabelSet(
        name="mine",
        instances={
            name: Instances.from_masks(np.pad(mask, ((0, 0), (0, s[0] - 2), (0, s[1] - 2))), types=["bdot"], shape=s)
            for name, s in shapes.items()
        },
    )


def test_a_training_set_pairs_images_and_labels():
    images = {name: Image.from_array(name, np.zeros((4, 6)), pixel_size="1 nm/px") for name in ("b", "a")}
    training = TrainingSet(images=images, labels=labels(a=(4, 6), b=(4, 6), unused=(9, 9)))
    assert [image.name for image, _ in training] == ["b", "a"]
    assert (len(training), training.n_defects, training.types) == (2, 2, ("bdot",))
    assert training.pixel_sizes_nm() == ((1.0, 1.0), (1.0, 1.0))
    assert list(training.only(["a"]).images) == ["a"]


def test_a_training_set_that_does_not_pair_is_refused():
    image = Image.from_array("a", np.zeros((4, 6)))
    with pytest.raises(EmptyInputError, match="no image"):
        TrainingSet(images={}, labels=labels(a=(4, 6)))
    with pytest.raises(PairingError, match="has no image 'a'"):
        TrainingSet(images={"a": image}, labels=labels(b=(4, 6)))
    with pytest.raises(PairingError, match=r"shape \(4, 6\).*drawn on \(5, 6\)"):
        TrainingSet(images={"a": image}, labels=labels(a=(5, 6)))
    with pytest.raises(PairingError, match="named 'a' is given as 'b'"):
        TrainingSet(images={"b": image}, labels=labels(b=(4, 6)))
    training = TrainingSet(images={"a": image}, labels=labels(a=(4, 6)))
    with pytest.raises(PairingError, match="no image is named 'c'"):
        training.only(["c"])
    with pytest.raises(MissingCalibrationError):
        training.pixel_sizes_nm()


def test_fitting_what_cannot_be_fitted_says_what_to_do():
    training = TrainingSet(images={"a": Image.from_array("a", np.zeros((4, 6)))}, labels=labels(a=(4, 6)))
    with pytest.raises(DetectorError, match=r"'blob' cannot be trained.*is_trainable"):
        Blob().fit(training)
