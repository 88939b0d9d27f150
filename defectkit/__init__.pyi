__all__: list[str]

from .datasets import load_dataset as load_dataset
from .datasets.differences import diff as diff
from .formats import (
    read_image as read_image,
    read_images as read_images,
    read_labels as read_labels,
    write_labels as write_labels,
)
from .hardening import load_material as load_material
from .hardening.harden import harden as harden
from .matching import match as match
from .measurement import summarize as summarize
from .measurement.measure import measure as measure
from .records import (
    Calibration as Calibration,
    Defect as Defect,
    DefectType as DefectType,
    Image as Image,
    Instances as Instances,
    LabelSet as LabelSet,
    Prediction as Prediction,
    Specimen as Specimen,
    Split as Split,
    Taxonomy as Taxonomy,
)
from .reports import write_analysis as write_analysis
from .storage import Store as Store
from .workflows import Analysis as Analysis, make_detector as make_detector, measure_labels as measure_labels
from .workflows.agreement import agree as agree
from .workflows.analyze import analyze as analyze
from .workflows.comparison import compare as compare
from .workflows.condition import harden_condition as harden_condition
from .workflows.evaluate import evaluate as evaluate

__version__: str
