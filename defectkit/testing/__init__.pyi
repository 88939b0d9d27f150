__all__: list[str]

from . import known_labels as known_labels, strategies as strategies
from .checking import (
    Outcome as Outcome,
    Status as Status,
    check as check,
    laws_of as laws_of,
    outcome_of as outcome_of,
    suite_of as suite_of,
)
from .datasets import DatasetSourceSuite as DatasetSourceSuite
from .detectors import DetectorSuite as DetectorSuite
from .hardening_models import HardeningModelSuite as HardeningModelSuite
from .image_formats import ImageFormatSuite as ImageFormatSuite
from .label_formats import LabelFormatSuite as LabelFormatSuite
from .metrics import MetricSuite as MetricSuite
from .scenes import disc_scene as disc_scene, training_set as training_set
from .splitters import SplitterSuite as SplitterSuite
from .trainable_detectors import TrainableDetectorSuite as TrainableDetectorSuite
