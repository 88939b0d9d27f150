from __future__ import annotations

import pytest

from defectkit.detectors import Capability, detect
from defectkit.errors import DetectionCapWarning, DetectorError, MissingCalibrationError


def test_predictions_come_in_order_and_unchanged(scripted, make_prediction, two_images):
    given = [make_prediction("one", 0.5, 1.0), make_prediction("two")]
    assert list(detect(scripted(lambda images: (p for p, _ in zip(given, images, strict=True))), two_images)) == given


def test_no_image_gives_no_prediction(scripted, make_prediction):
    assert list(detect(scripted(lambda images: (make_prediction(i.name) for i in images)), [])) == []


def test_images_are_drawn_one_at_a_time(scripted, make_prediction, two_images):
    drawn = []

    def stream():
        for image in two_images:
            drawn.append(image.name)
            yield image

    predictions = detect(scripted(lambda images: (make_prediction(i.name) for i in images)), stream())
    assert next(predictions).image == "one"
    assert drawn == ["one"]


def test_a_detector_may_work_in_batches(scripted, make_prediction, two_images):
    predictions = detect(scripted(lambda images: iter([make_prediction(i.name) for i in list(images)])), two_images)
    assert [p.image for p in predictions] == ["one", "two"]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"image": "two"}, "names the image 'two'"),
        ({"shape": (8, 16)}, r"has the shape \(8, 16\), but the image has \(16, 16\)"),
        ({"scores": (float("nan"),)}, r"has a score that is not in \[0, 1\]"),
        ({"types": ("void",)}, "holds the types void, but the capability names bdot, defect"),
        ({"types": ("void",), "scores": ()}, "holds the types void"),
    ],
)
def test_a_faulty_prediction_is_named_with_detector_and_image(scripted, make_prediction, two_images, fields, fault):
    others = {"image": "one", "scores": (0.5,)} | fields
    image, scores = others.pop("image"), others.pop("scores")
    detector = scripted(lambda images: (make_prediction(image, *scores, **others) for _ in images))
    with pytest.raises(DetectorError, match=f"'scripted', image 'one': the prediction {fault}"):
        list(detect(detector, two_images))


@pytest.mark.parametrize("score", [1.5, -0.1])
def test_a_score_that_no_record_holds_is_named_with_detector_and_image(scripted, make_prediction, two_images, score):
    detector = scripted(lambda images: (make_prediction(image.name, score) for image in images))
    with pytest.raises(DetectorError, match=f"'scripted', image 'one': .*score {score:g} does not lie between 0 and 1"):
        list(detect(detector, two_images))


def test_another_object_than_a_prediction_is_refused(scripted, two_images):
    with pytest.raises(DetectorError, match="yielded a str"):
        list(detect(scripted(lambda images: (i.name for i in images)), two_images))


def test_a_skipped_image_is_named(scripted, make_prediction, two_images):
    with pytest.raises(DetectorError, match="names the image 'two'"):
        list(detect(scripted(lambda images: (make_prediction(i.name) for i in list(images)[1:])), two_images))
    with pytest.raises(DetectorError, match="no prediction for image 'two'"):
        list(detect(scripted(lambda images: (make_prediction(i.name) for i in list(images)[:1])), two_images))


def test_an_image_that_was_never_drawn_is_named(scripted, make_prediction, two_images):
    with pytest.raises(DetectorError, match="no prediction for image 'two'"):
        list(
            detect(
                scripted(lambda images: (make_prediction(i.name) for i, _ in zip(images, "1", strict=False))),
                two_images,
            )
        )


def test_a_prediction_too_many_is_refused(scripted, make_prediction, two_images):
    detector = scripted(lambda images: (make_prediction(i.name) for i in list(images) * 2))
    with pytest.raises(DetectorError, match="without drawing an image"):
        list(detect(detector, two_images))


def test_a_failure_inside_names_the_image_and_keeps_the_cause(scripted, two_images):
    def fail(images):
        for _ in images:
            raise ZeroDivisionError("no weights")
        yield

    with pytest.raises(DetectorError, match="failed at image 'one': ZeroDivisionError: no weights") as caught:
        list(detect(scripted(fail), two_images))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_failure_before_the_first_image_says_so(scripted, two_images):
    def fail(images):
        raise KeyError("cuda")
        yield

    with pytest.raises(DetectorError, match="failed at the start"):
        list(detect(scripted(fail), two_images))


def test_an_error_of_defectkit_passes_through(scripted, two_images):
    def fail(images):
        for image in images:
            raise MissingCalibrationError(f"image {image.name!r} has no pixel size")
        yield

    with pytest.raises(MissingCalibrationError):
        list(detect(scripted(fail), two_images))


def test_reaching_the_limit_is_loud(scripted, make_prediction, two_images):
    capability = Capability(types=("bdot",), max_detections=2)
    detector = scripted(lambda images: (make_prediction(i.name, 0.5, 0.6) for i in images), capability)
    with pytest.warns(DetectionCapWarning, match="'scripted', image 'one'.*limit of 2"):
        prediction = next(detect(detector, two_images[:1]))
    assert prediction.capped
    assert "limit of 2" in prediction.notes[-1]


def test_staying_below_the_limit_is_quiet(scripted, make_prediction, two_images):
    capability = Capability(types=("bdot",), max_detections=3)
    detector = scripted(lambda images: (make_prediction(i.name, 0.5, 0.6) for i in images), capability)
    assert not any(p.capped or p.notes for p in detect(detector, two_images))


def test_a_detector_that_says_it_was_capped_is_believed(scripted, make_prediction, two_images):
    detector = scripted(lambda images: (make_prediction(i.name, 0.5, capped=True) for i in images))
    with pytest.warns(DetectionCapWarning, match="its limit"):
        prediction = next(detect(detector, two_images[:1]))
    assert prediction.capped


def test_more_than_the_limit_is_a_fault(scripted, make_prediction, two_images):
    capability = Capability(types=("bdot",), max_detections=1)
    detector = scripted(lambda images: (make_prediction(i.name, 0.5, 0.6) for i in images), capability)
    with pytest.raises(DetectorError, match="holds 2 detections, but the capability says at most 1"):
        list(detect(detector, two_images))


def test_a_foreign_magnification_is_noted(scripted, make_prediction, two_images):
    capability = Capability(types=("bdot",), pixel_size_range=("0.1 nm/px", "0.2 nm/px"))
    detector = scripted(lambda images: (make_prediction(i.name, 0.5) for i in images), capability)
    prediction = next(detect(detector, two_images))
    assert prediction.notes == ("pixels of 0.5 x 0.5 nm lie outside the 0.1 to 0.2 nm that the detector was made for",)
