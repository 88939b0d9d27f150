"""ImagesFacts: what the catalogue says of the images of a data set."""

from __future__ import annotations

from fnmatch import fnmatchcase

import attrs

from defectkit.records import Calibration, Source as Origin, Specimen


@attrs.frozen(kw_only=True)
class CalibrationFacts:
    """A calibration as it is written in the catalogue: texts with a unit.

    Parameters
    ----------
    pixel_size : str
    pixel_size_source : Source
    foil_thickness : str, optional
    foil_thickness_source : Source, optional
    """

    pixel_size: str
    pixel_size_source: Origin = Origin.GIVEN
    foil_thickness: str | None = None
    foil_thickness_source: Origin | None = None

    def __attrs_post_init__(self) -> None:
        self.calibration()

    def calibration(self) -> Calibration:
        """Return the record."""
        return Calibration.square(
            self.pixel_size,
            foil_thickness=self.foil_thickness,
            source=self.pixel_size_source,
            foil_thickness_source=self.foil_thickness_source,
        )


@attrs.frozen(kw_only=True)
class GroupFacts:
    """What is known of some of the images.

    Parameters
    ----------
    match : str
        A pattern of image names, as of :func:`fnmatch.fnmatchcase`.
    calibration : CalibrationFacts, optional
    specimen : Specimen, optional
        The facts that are given are laid over those of all images.
    """

    match: str
    calibration: CalibrationFacts | None = None
    specimen: Specimen | None = None


@attrs.frozen(kw_only=True)
class ImagesFacts:
    """What is known of the images.

    Parameters
    ----------
    files : tuple of str
        Patterns of upstream paths; ``*`` also matches ``/``. An image's name is the stem of its file.
    expected : int, optional
        How many there are upstream.
    format : str, optional
        A registered image format; by suffix unless given.
    calibration : CalibrationFacts, optional
    calibrations : str, optional
        A table of the registry that is looked up by image name.
    specimen : Specimen, optional
    group : tuple of GroupFacts
        Later ones count more.
    """

    files: tuple[str, ...] = ()
    expected: int | None = None
    format: str | None = None
    calibration: CalibrationFacts | None = None
    calibrations: str | None = None
    specimen: Specimen | None = None
    group: tuple[GroupFacts, ...] = ()

    def specimen_of(self, image: str) -> Specimen:
        """Return what is known of the specimen of an image."""
        known = self.specimen or Specimen()
        for facts in self.group:
            if facts.specimen is not None and fnmatchcase(image, facts.match):
                given = {f.name: getattr(facts.specimen, f.name) for f in attrs.fields(Specimen)}
                known = attrs.evolve(known, **{name: value for name, value in given.items() if value is not None})
        return known

    def calibration_of(self, image: str) -> Calibration | None:
        """Return the calibration of an image that stands here itself; a table is not looked up."""
        found = self.calibration
        for facts in self.group:
            if facts.calibration is not None and fnmatchcase(image, facts.match):
                found = facts.calibration
        return None if found is None else found.calibration()
