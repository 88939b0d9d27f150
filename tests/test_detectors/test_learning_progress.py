from __future__ import annotations

import json
import math
from pathlib import Path
from typing import IO, Any

import attrs
import numpy as np
import pytest

from defectkit.detectors import TrainingSet
from defectkit.detectors.learning import Augmentation, History, Normalization, WindowDetections
from defectkit.detectors.learning.lesson import Lesson
from defectkit.detectors.learning.progress import CHECKPOINT, Progress
from defectkit.detectors.learning.provenance import weights_digest
from defectkit.detectors.learning.rates import warmed_cosine
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances, LabelSet


@attrs.define
class Part:
    """A part of a training whose state is a number."""

    state: float = 0.0

    def state_dict(self) -> float:
        return self.state

    def load_state_dict(self, state_dict: float, /) -> None:
        self.state = state_dict


def dump(content: Any, file: IO[bytes]) -> None:
    file.write(json.dumps(content).encode())


def parse(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_training_is_resumed_where_it_was(tmp_path: Path) -> None:
    network = Part(state=1.5)
    first = Progress(parts={"network": network}, iteration=7, history=History(rows=[{"iteration": 7.0, "loss": 2.0}]))
    first.judge(0.5, lambda: network.state)
    first.judge(0.4, lambda: network.state)
    first.save(tmp_path, dump)
    again = Progress(parts={"network": Part()})
    again.resume(tmp_path, parse)
    assert again.parts["network"].state_dict() == 1.5
    assert (again.iteration, again.history.rows) == (7, first.history.rows)
    assert (again.best, again.best_score, again.n_stale) == (1.5, 0.5, 1)


def test_without_a_checkpoint_it_starts(tmp_path: Path) -> None:
    fresh = Progress(parts={"network": Part(state=3.0)})
    fresh.resume(tmp_path, parse)
    assert (fresh.iteration, fresh.parts["network"].state_dict()) == (0, 3.0)


@pytest.mark.parametrize("content", ["half of", "{}", '{"network": 1}', "[]"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / CHECKPOINT).write_text(content)
    with pytest.raises(DetectorError, match=r"cannot be read.*Remove .* to train from the start"):
        Progress(parts={"network": Part()}).resume(tmp_path, parse)


def test_the_best_state_is_the_first_of_equals() -> None:
    progress = Progress(parts={})
    for score, state in ((0.4, "a"), (0.6, "b"), (0.6, "c"), (0.2, "d")):
        progress.judge(score, lambda state=state: state)  # type: ignore[misc]  # bound now
    assert (progress.best, progress.best_score, progress.n_stale) == ("b", 0.6, 2)


def test_rates_rise_stay_and_fall() -> None:
    rates = [warmed_cosine(k, 100, warm_up=10, cooling=40, last=0.01) for k in range(101)]
    assert rates[:10] == pytest.approx([(k + 1) / 10 for k in range(10)])
    assert rates[10:60] == pytest.approx([1] * 50)
    assert rates[80] == pytest.approx(0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert rates[100] == pytest.approx(0.01)
    assert (np.diff(rates[60:]) < 0).all()


def test_initial_weights_are_told_by_name_and_digest(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of abc, as FIPS 180-2 gives it
    assert weights_digest(str(tmp_path / "a.pth")) == f"a.pth sha256:{digest}"
    assert [weights_digest(t) for t in ("", "random", "detectron2://a/b.pkl")] == ["", "random", "detectron2://a/b.pkl"]
    with pytest.raises(DetectorError, match=r"initial weights: .*none\.pth cannot be read"):
        weights_digest(str(tmp_path / "none.pth"))


def test_history_is_written_as_table_and_picture(tmp_path: Path) -> None:
    history = History(rows=[{"iteration": 1.0, "loss": 2.0}, {"iteration": 2.0, "loss": 1.0}])
    history.write(tmp_path / "new")
    assert History.from_csv(tmp_path / "new" / "history.csv").rows == history.rows
    assert (tmp_path / "new" / "history.png").read_bytes().startswith(b"\x89PNG")


def side(*types: str) -> TrainingSet:
    masks = np.zeros((len(types), 32, 32), bool)
    for k, mask in enumerate(masks):
        mask[4 + 12 * k : 12 + 12 * k, 4:12] = True
    pixels = np.where(masks.any(axis=0), 20, 200).astype(np.uint8)
    image = Image.from_array("a", pixels, pixel_size="2 nm/px")
    labels = LabelSet(name="truth", instances={"a": Instances.from_masks(masks, types=list(types), shape=image.shape)})
    return TrainingSet(images={"a": image}, labels=labels)


def lesson(**more: Any) -> Lesson:
    given: dict[str, Any] = {
        "training": side("bdot"),
        "validation": side("bdot", "loop_111"),
        "pixel_size_nm": 1.0,
        "seed": 5,
    }
    return Lesson(**given | {"normalization": Normalization(), **more})


def test_a_lesson_is_at_one_pixel_size_and_of_the_types_to_be_learned() -> None:
    (example,) = lesson().examples(side("bdot", "loop_111"))
    assert example.pixels.shape == (64, 64)
    assert example.instances.type_names == ("bdot",)
    assert example.instances.areas.tolist() == [16 * 16]


def test_windows_of_one_number_are_one_window() -> None:
    given = lesson()
    plain = given.sampler(given.examples(given.training), 24)
    changed = given.sampler(given.examples(given.training), 24, augmentation=Augmentation())
    assert np.array_equal(plain.numbered(3).pixels, plain.numbered(3).pixels)
    assert not np.array_equal(plain.numbered(3).pixels, changed.numbered(3).pixels)
    assert np.array_equal(changed.numbered(3).pixels, changed.numbered(3).pixels)
    assert np.array_equal(next(plain.starting_at(3)).pixels, plain.numbered(3).pixels)


def test_the_lowest_score_is_chosen_by_what_is_found() -> None:
    def look(windows: Any) -> list[WindowDetections]:
        boxes = np.array([[8, 8, 24, 24], [40, 40, 60, 60]], dtype=np.float64)
        squares = np.ones((2, 4, 4), np.float32)
        scores, codes = np.array([0.8, 0.4]), np.zeros(2, np.int64)
        return [WindowDetections(boxes=boxes, scores=scores, codes=codes, probabilities=squares) for _ in windows]

    watch = lesson(validation=side("bdot")).watch()
    assert watch is not None
    assert 0.4 < watch.best_min_score(look) <= 0.8
    assert watch.f1_score(look) == 1.0
    only = lesson(validation=side("bdot"), min_score=0.3).watch()
    assert only is not None
    assert only.min_scores == (0.3,)
    assert only.counts(look).tolist() == [[[1, 1, 2]]]
    assert lesson(validation=None).watch() is None
