__all__: list[str]

from .calibration import Calibration as Calibration, Source as Source
from .defect import Defect as Defect
from .defect_type import DefectType as DefectType, Taxonomy as Taxonomy
from .exclusion import Exclusion as Exclusion
from .field import Field as Field
from .image import ArrayPixels as ArrayPixels, Image as Image, PixelSource as PixelSource
from .instances import Instances as Instances
from .json import from_json as from_json, record_converter as record_converter, to_json as to_json
from .label_set import LabelSet as LabelSet
from .prediction import Prediction as Prediction
from .specimen import Irradiation as Irradiation, Specimen as Specimen
from .split import Split as Split
