"""One of each kind: the hooks. What they register is imported when it is asked for."""

from __future__ import annotations

from defectkit.hooks import hookimpl


@hookimpl
def defectkit_register_detectors():
    from defectkit_example_parts import Threshold

    return [Threshold]


@hookimpl
def defectkit_register_splitters():
    from defectkit_example_parts import FirstHalf

    return [FirstHalf]


@hookimpl
def defectkit_register_metrics():
    from defectkit_example_parts import CountDifference

    return [CountDifference]


@hookimpl
def defectkit_register_hardening_models():
    from defectkit_example_parts import Constant

    return [Constant]


@hookimpl
def defectkit_register_formats():
    from defectkit_example_parts import BoxTable, NumpyImage

    return [BoxTable, NumpyImage]


@hookimpl
def defectkit_register_datasets():
    from defectkit_example_parts import Squares

    return [Squares]


@hookimpl
def defectkit_register_commands():
    from defectkit_example_commands import count

    return [count]
