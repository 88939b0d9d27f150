"""The built-ins: registered by the hooks, and found by the entry point, that any plugin uses."""

from __future__ import annotations

from collections.abc import Iterable

from defectkit.hooks.specs import hookimpl


@hookimpl
def defectkit_register_detectors() -> Iterable[type]:
    """Register the built-in detectors."""
    from defectkit.detectors.blob import Blob
    from defectkit.detectors.loopnet import LoopNet
    from defectkit.detectors.pixel_forest import PixelForest

    return [LoopNet, Blob, PixelForest]


@hookimpl
def defectkit_register_splitters() -> Iterable[type]:
    """Register the built-in splitters."""
    from defectkit.splitters.k_fold import RandomKFold
    from defectkit.splitters.learning_curve import GroupLearningCurve, LearningCurve
    from defectkit.splitters.leave_fraction_out import LeaveFractionOut
    from defectkit.splitters.leave_group_out import LeaveOneGroupOut
    from defectkit.splitters.leave_groups_out import LeaveGroupsOut
    from defectkit.splitters.predefined import Predefined

    return [
        LeaveFractionOut,
        LeaveOneGroupOut,
        LeaveGroupsOut,
        RandomKFold,
        LearningCurve,
        GroupLearningCurve,
        Predefined,
    ]


@hookimpl
def defectkit_register_metrics() -> Iterable[type]:
    """Register the built-in metrics."""
    from defectkit.metrics import BUILT_IN

    return BUILT_IN


@hookimpl
def defectkit_register_hardening_models() -> Iterable[type]:
    """Register the built-in hardening models."""
    from defectkit.hardening.bacon_kocks_scattergood import BaconKocksScattergood
    from defectkit.hardening.dispersed_barrier import DispersedBarrier
    from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch
    from defectkit.hardening.orowan import Orowan

    return [DispersedBarrier, FriedelKroupaHirsch, BaconKocksScattergood, Orowan]


@hookimpl
def defectkit_register_formats() -> Iterable[type]:
    """Register the built-in formats of labels and of images."""
    from defectkit.formats.coco import CocoFormat
    from defectkit.formats.cvat import CvatFormat
    from defectkit.formats.imagej_roi import ImagejRoiFormat
    from defectkit.formats.images.pillow import PillowFormat
    from defectkit.formats.images.tiff import TiffFormat
    from defectkit.formats.label_image import LabelImageFormat
    from defectkit.formats.label_studio import LabelStudioFormat
    from defectkit.formats.labelme import LabelmeFormat
    from defectkit.formats.type_masks import TypeMasksFormat
    from defectkit.formats.via import ViaFormat
    from defectkit.formats.yolo_seg import YoloSegFormat

    return [
        ViaFormat,
        CocoFormat,
        YoloSegFormat,
        LabelImageFormat,
        TypeMasksFormat,
        LabelmeFormat,
        ImagejRoiFormat,
        CvatFormat,
        LabelStudioFormat,
        TiffFormat,
        PillowFormat,
    ]


@hookimpl
def defectkit_register_datasets() -> Iterable[type]:
    """Register the built-in sources of data sets."""
    from defectkit.testing.synthetic.source import SyntheticFecralSource

    return [SyntheticFecralSource]
