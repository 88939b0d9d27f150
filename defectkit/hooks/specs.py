"""The seven hooks that a plugin may implement; the docstring of each is its reference page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

PROJECT = "defectkit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def defectkit_register_detectors() -> Iterable[type]:
    """Register detectors: what finds defects in an image.

    Called once, when a detector is first looked for; keep heavy imports inside the function, so that a command that
    needs no detector does not pay for them.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.detectors.interface.Detector`. The class attribute ``name`` is what
        ``--detector NAME`` takes; two detectors of one name are a
        :class:`~defectkit.errors.DuplicateNameError`.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_detectors():
            from my_package.threshold import ThresholdDetector

            return [ThresholdDetector]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_splitters() -> Iterable[type]:
    """Register splitters: what divides the images of a data set into a training and a test side.

    Called once, when a splitter is first looked for.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.splitters.interface.Splitter`, each with a ``name`` of its own.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_splitters():
            from my_package.by_session import BySession

            return [BySession]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_metrics() -> Iterable[type]:
    """Register metrics: what compares predictions with truth.

    Called once, when metrics are first looked for; an evaluation computes those it is asked for by name.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.metrics.interface.Metric`, each with a ``name`` of its own.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_metrics():
            from my_package.count_error import CountError

            return [CountError]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_hardening_models() -> Iterable[type]:
    """Register hardening models: what carries measured defects to an increase of yield stress.

    Called once, when a hardening model is first looked for.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.hardening.interface.HardeningModel`, each with a ``name`` of its own.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_hardening_models():
            from my_package.orowan import Orowan

            return [Orowan]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_formats() -> Iterable[type]:
    """Register formats: what reads and writes labels, and what reads images.

    Called once, when a label or an image file is first to be read. Both kinds come in through this hook; each has a
    table of its own, so a label format and an image format may share a name.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.formats.interface.LabelFormat` or
        :class:`defectkit.formats.interface.ImageFormat`. The ``name`` of a label format is what ``--format NAME``
        takes.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_formats():
            from my_package.labelbox import LabelboxFormat

            return [LabelboxFormat]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_datasets() -> Iterable[type]:
    """Register sources of data sets: what adds entries to the catalogue.

    Called once, when the catalogue is first opened. Nothing may be downloaded here.

    Returns
    -------
    iterable of type
        Subclasses of :class:`defectkit.datasets.interface.DatasetSource`, each with a ``name`` of its own.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_datasets():
            from my_package.catalogue import GroupCatalogue

            return [GroupCatalogue]
    """
    raise NotImplementedError


@hookspec
def defectkit_register_commands() -> Iterable[click.Command]:
    """Register commands: what ``defectkit NAME`` runs.

    Called once, when the command line lists its commands or meets a name that is not a built-in one. A command of a
    built-in's name is refused.

    Returns
    -------
    iterable of click.Command
        Each with a name of its own, a help text with an example, and help for every option. Errors that derive from
        :class:`~defectkit.errors.DefectkitError` end as one message and exit status 2.

    Examples
    --------
    .. code-block:: python

        @hookimpl
        def defectkit_register_commands():
            from my_package.commands import convert

            return [convert]
    """
    raise NotImplementedError
