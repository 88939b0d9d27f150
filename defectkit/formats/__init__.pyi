__all__: list[str]

from .images.calibrating import OnConflict as OnConflict
from .images.calibration_table import (
    CalibrationEntry as CalibrationEntry,
    CalibrationTable as CalibrationTable,
    read_calibration_table as read_calibration_table,
)
from .images.file_pixels import FilePixels as FilePixels
from .images.reading import read_image as read_image, read_images as read_images
from .interface import (
    CHOOSE_A_FRAME as CHOOSE_A_FRAME,
    ImageFormat as ImageFormat,
    LabelFormat as LabelFormat,
    LabelReading as LabelReading,
)
from .labels import Unpaired as Unpaired, read_labels as read_labels, write_labels as write_labels
from .refusals import Refused as Refused
from .region import (
    Category as Category,
    EvenOdd as EvenOdd,
    Joined as Joined,
    LabelFile as LabelFile,
    LabelledImage as LabelledImage,
    Lazy as Lazy,
    Mask as Mask,
    NoArea as NoArea,
    Outline as Outline,
    Region as Region,
    Remark as Remark,
    RunMask as RunMask,
)
from .region_format import RegionFormat as RegionFormat
from .report import Repair as Repair, RepairKind as RepairKind, RepairReport as RepairReport
from .traced import Vertex as Vertex
