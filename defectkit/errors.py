"""The one error tree: each error is also the builtin that fits it.

A message says what was wrong, where, what is allowed and what to do. The command line prints it and exits with 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from defectkit.advice import Choice


class DefectkitError(Exception):
    """The root of every error that defectkit raises on purpose.

    What follows the message are :class:`~defectkit.advice.Choice` s, whose spelling in Python stands in it.
    """

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else type(self).__name__

    def for_command_line(self) -> str:
        """Return the message with the options of the command line in place of arguments in Python.

        Examples
        --------
        >>> from defectkit.advice import Choice
        >>> leave_out = Choice("unpaired='leave-out'", "--allow-partial")
        >>> error = PairingError(f"there is no image; leave it out: {leave_out}", leave_out)
        >>> print(error)
        there is no image; leave it out: unpaired='leave-out'
        >>> print(error.for_command_line())
        there is no image; leave it out: --allow-partial
        """
        text = str(self)
        for choice in self.args[1:]:
            if isinstance(choice, Choice):
                text = text.replace(choice.python, choice.command)
        return text


class UnitError(DefectkitError, ValueError):
    """A value without a unit, or with a unit of the wrong dimension."""


class MissingCalibrationError(DefectkitError, ValueError):
    """A physical quantity was asked for of an image whose pixel size or foil thickness is unknown."""


class ImplausibleSizeError(DefectkitError, ValueError):
    """A pixel size, a frame or a foil of a size that no electron micrograph has."""


class CalibrationConflictError(DefectkitError, ValueError):
    """A given pixel size and the one stored in the file disagree."""


class RecordError(DefectkitError, ValueError):
    """A record was built from values that contradict each other, or read from text that holds no such record."""


class DecodingError(DefectkitError, ValueError):
    """A file that is no JSON or TOML, or that is larger or nested more deeply than allowed."""


class GeometryError(DefectkitError, ValueError):
    """Runs, polygons or boxes that are malformed or leave their frame."""


class FilterError(DefectkitError, ValueError):
    """An expression that is to say which defects count, and is none."""


class UnknownNameError(DefectkitError, KeyError):
    """A name that no table knows; the message lists the known ones."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str], *, advice: str = "") -> UnknownNameError:
        """Build the error for ``name``, listing the ``known`` names and the nearest of them.

        Examples
        --------
        >>> print(UnknownNameError.of("detector", "blub", ["blob", "mask"]))
        no detector is named 'blub'; did you mean 'blob'? Known: blob, mask
        """
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        message = f"no {kind} is named {name!r}"
        if near:
            message += f"; did you mean {near[0]!r}?"
        else:
            message += "."
        message += f" Known: {', '.join(names) if names else 'none'}"
        return cls(f"{message}. {advice}" if advice else message)


class UnknownDefectTypeError(UnknownNameError):
    """A defect type that the taxonomy does not hold."""


class UnknownDatasetError(UnknownNameError):
    """A data set, or a version of a label set, that the catalogue does not hold."""


class UnknownConventionError(UnknownNameError):
    """A convention that is not built in."""


class UnknownMatcherError(UnknownNameError):
    """A matcher that a convention names and that there is not."""


class UnknownSizeRuleError(UnknownNameError):
    """A size rule that the table of size rules does not hold."""


class UnknownRelationError(UnknownNameError):
    """A relation between images that splits do not know."""


class UnknownSetError(UnknownNameError):
    """A label set, a set of predictions or a result that a store does not hold."""


class UnknownPluginError(UnknownNameError):
    """A detector, splitter, metric, hardening model or format that nothing registered."""


class UnknownMaterialError(UnknownNameError):
    """A material that the registry does not hold, or a file of one that is not there."""


class PluginError(DefectkitError, RuntimeError):
    """A plugin that could not be loaded, or that registered something it may not."""


class DuplicateNameError(PluginError):
    """Two plugins registered the same name."""


class ImageReadError(DefectkitError, OSError):
    """An image file that is missing, corrupt or of a kind that no registered format reads."""


class LabelReadError(DefectkitError, ValueError):
    """A label file that cannot be read as the format it was said to be in."""


class RefusedRegionsError(LabelReadError):
    """Labels of which too many regions were refused to measure or score what is left."""


class LabelWriteError(DefectkitError, ValueError):
    """Labels that the format asked for cannot hold."""


class PairingError(DefectkitError, ValueError):
    """Images and labels, or truth and prediction, that do not belong to each other."""


class UnpairedLabelsError(PairingError):
    """Labels of which none belongs to an image that is given."""


class CatalogueError(DefectkitError, ValueError):
    """An entry of the catalogue that cannot be understood or contradicts itself; the message names its path."""


class FetchError(DefectkitError, OSError):
    """Files that neither the mirror nor the network gives, or that are not what the catalogue says."""


class UnsafeArchiveError(FetchError):
    """An archive that would write outside its folder, holds links, or is larger than allowed; nothing is unpacked."""


class LockError(DefectkitError, ValueError):
    """A result whose lock lines are missing, or whose labels are no longer what they were."""


class StorageError(DefectkitError, OSError):
    """A store that is missing, interrupted, damaged or not one of ours."""


class SchemaError(StorageError):
    """A store written by a newer schema than this version of defectkit knows."""


class SealedError(StorageError):
    """An attempt to change a label set that is sealed."""


class DetectorError(DefectkitError, RuntimeError):
    """A detector that broke its interface, or that cannot do what was asked of it."""


class SplitError(DefectkitError, ValueError):
    """Images that cannot be split as asked, or a splitter that broke its interface."""


class LeakError(SplitError):
    """Images that are not independent of each other on both sides of a split."""


class ConventionError(DefectkitError, ValueError):
    """A convention that contradicts itself, or numbers of two conventions in one comparison."""


class HardeningError(DefectkitError, RuntimeError):
    """A hardening model that broke its interface, or a superposition that there is not."""


class SwellingError(DefectkitError, ValueError):
    """Cavities that fill more than the foil they are said to lie in."""


class EmptyInputError(DefectkitError, ValueError):
    """A folder, list or selection that holds nothing to work on."""


class BootstrapError(DefectkitError, ValueError):
    """A bootstrap cannot be done as it is asked for."""


class StudyError(DefectkitError, ValueError):
    """A study that contradicts itself, or results that do not hold what is asked of them."""


class WorkersError(DefectkitError, ValueError):
    """A number of threads that is none, a cluster that is not there, or a worker that lacks what it needs."""


class OutputError(DefectkitError, OSError):
    """An output folder that cannot be written or already holds something else."""


class DefectkitWarning(UserWarning):
    """The root of every warning that defectkit gives on purpose; the command line prints it as one line."""


class PluginWarning(DefectkitWarning):
    """A plugin, or something that it registered, cannot be used; names its distribution, its module and the reason."""


class UncertaintyWarning(DefectkitWarning):
    """A size was given with an uncertainty that no result carries."""


class DetectionCapWarning(DefectkitWarning):
    """A detector stopped at its largest number of detections; there may be more defects than it gave."""


class ResumeWarning(DefectkitWarning):
    """Unfinished work of an earlier run cannot be resumed, so it is done again."""


class LockWarning(DefectkitWarning):
    """A file system that has no locks, so that nothing keeps two runs from writing in one place."""


class RenamedFileWarning(DefectkitWarning):
    """A file that was changed, or made by somebody else, stood where a result goes; it was renamed."""


class DatasetWarning(DefectkitWarning):
    """A data set that is not all there, or whose counts are not those that the catalogue expects."""


class NotFullyReadWarning(DefectkitWarning):
    """Some regions of a label file were refused, so that images hold fewer defects than people drew."""
