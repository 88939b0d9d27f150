"""Condition: the defects of all images of one specimen state, as the columns that intervals are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError, UnitError
from defectkit.measurement import ALL
from defectkit.measurement.counting import fractions_by_type, visibility_of, weights_of
from defectkit.measurement.truncation import Truncation
from defectkit.records.defect_type import Taxonomy
from defectkit.records.names import as_names
from defectkit.units import LENGTH, as_quantity, ureg

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

AREA = "nanometer ** 2"


@attrs.frozen(kw_only=True)
class SharedInput:
    """A pixel size or a foil: images that share one are off by the same.

    Parameters
    ----------
    name : str
        What tells it apart, for instance ``"0.5 nm"``.
    is_assumed : bool
        Whether nobody measured it.
    uncertainty : float, optional
        Its relative standard uncertainty, where that is known.
    half_range : float
        Relative, where all values within a range are equally likely; 0 where there is no range.
    """

    name: str
    is_assumed: bool = False
    uncertainty: float | None = None
    half_range: float = 0.0


@attrs.frozen(kw_only=True, eq=False)
class Condition:
    """N defects of T types in I images of one condition: one material, irradiated in one way.

    Parameters
    ----------
    images : tuple of str, length I
    types : tuple of str, length T
    sizes_nm : numpy.ndarray, shape (N,)
        NaN where a defect has no size.
    type_codes, image_codes : numpy.ndarray, shape (N,)
        Positions in ``types`` and ``images``.
    areas_nm2 : numpy.ndarray, shape (I,)
        Of the field that was counted.
    thicknesses_nm : numpy.ndarray, shape (I,)
        Of the foil; NaN where it is not known.
    pixel_sizes, foils : tuple of SharedInput, length I
        Which images share a pixel size, and which a foil.
    partly_read : numpy.ndarray of bool, shape (I,)
        Whether regions of an image were refused, so that a type that it lacks was not counted.
    convention : str
        Under which the sizes were measured.
    weights : numpy.ndarray, shape (N,), optional
        How many defects of the specimen each one stands for, per area: above 0; by default 1.
    visible_fractions : mapping of str to float
        By type, the fraction of the defects that the imaging condition shows, which the weights hold; 1 for others.
    truncation : Truncation
        By what numbers in a volume are corrected for defects that the surfaces of the foil cut.
    """

    images: tuple[str, ...] = attrs.field(converter=as_names)
    types: tuple[str, ...] = attrs.field(converter=as_names)
    sizes_nm: Floats
    type_codes: Codes
    image_codes: Codes
    areas_nm2: Floats
    thicknesses_nm: Floats
    pixel_sizes: tuple[SharedInput, ...]
    foils: tuple[SharedInput, ...]
    partly_read: NDArray[np.bool_]
    convention: str
    weights: Floats = attrs.field()
    visible_fractions: Mapping[str, float] = attrs.field(factory=dict)
    truncation: Truncation = Truncation.NONE

    @weights.default
    def _one_each(self) -> Floats:
        return np.ones(len(self.sizes_nm))

    @classmethod
    def of(
        cls,
        defects: xarray.Dataset,
        summary: xarray.Dataset,
        *,
        pixel_sizes: Mapping[str, SharedInput] | None = None,
        foils: Mapping[str, SharedInput] | None = None,
        taxonomy: Taxonomy | None = None,
    ) -> Self:
        """Return the condition of a table of defects and its summary, without images that are left out.

        Parameters
        ----------
        defects : xarray.Dataset
            As :func:`defectkit.measurement.measure` makes it. Defects whose weight is 0 are left out.
        summary : xarray.Dataset
            What :func:`defectkit.measurement.summarize` made of it; gives images, types, areas and thicknesses.
        pixel_sizes, foils : mapping of str to SharedInput, optional
            By image. By default all images share one pixel size, and those of equal thickness share a foil; nothing is
            assumed.
        taxonomy : Taxonomy, optional
            Says which type is a sub-type of which; the built-in one by default.

        Raises
        ------
        EmptyInputError
            If there is no image.
        UnitError
            If sizes have no unit of length.
        """
        taken = ~summary["left_out"].values.astype(bool) if "left_out" in summary else slice(None)
        here = summary.isel(image=taken)
        images = tuple(str(name) for name in here["image"].values)
        if not images:
            raise EmptyInputError("there is no image to compute intervals of; give at least one that is fully read")
        types = tuple(str(name) for name in summary["defect_type"].values[:-1])
        weights = weights_of(defects)
        inside = np.isin(defects["image"].values.astype(str), images) & (weights > 0)
        thicknesses = here["foil_thickness"].values.astype(np.float64)
        return cls(
            images=images,
            types=types,
            sizes_nm=_sizes_nm(defects)[inside],
            type_codes=_codes(defects["defect_type"].values[inside], types),
            image_codes=_codes(defects["image"].values[inside], images),
            areas_nm2=here["field_area"].values.astype(np.float64),
            thicknesses_nm=thicknesses,
            pixel_sizes=tuple((pixel_sizes or {}).get(name, SharedInput(name="")) for name in images),
            foils=tuple(
                (foils or {}).get(name, SharedInput(name=f"{t:g} nm"))
                for name, t in zip(images, thicknesses, strict=True)
            ),
            partly_read=here["n_refused"].values > 0 if "n_refused" in here else np.zeros(len(images), np.bool_),
            convention=str(defects.attrs["convention"]),
            weights=weights[inside],
            visible_fractions=fractions_by_type(visibility_of(defects), types, taxonomy or Taxonomy.standard()),
            truncation=Truncation(defects.attrs.get("truncation", Truncation.NONE)),
        )

    @property
    def counts(self) -> Codes:
        """The number of defects in each image of each type, shape (I, T)."""
        cells = self.image_codes * len(self.types) + self.type_codes
        shape = (len(self.images), len(self.types))
        return np.bincount(cells, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)

    @property
    def totals(self) -> Codes:
        """The number of defects of each type and of all, shape (T + 1,)."""
        by_type = self.counts.sum(axis=0)
        return np.append(by_type, by_type.sum())

    @property
    def members(self) -> Floats:
        """One where a defect has a type, zero elsewhere, shape (N, T)."""
        return np.eye(len(self.types))[self.type_codes]

    @property
    def unseen_weights(self) -> Floats:
        """How many defects one would stand for of a type of which none was seen, shape (T,)."""
        return np.array([1 / self.visible_fractions.get(name, 1.0) for name in self.types], np.float64)

    def weights_in_volume(self, sizes_nm: Floats, thicknesses_nm: Floats) -> Floats:
        """Return how many defects of the specimen each one stands for, per volume, in B states: shape (B, N).

        Parameters
        ----------
        sizes_nm : numpy.ndarray, shape (B, N)
            NaN counts as 0.
        thicknesses_nm : numpy.ndarray, shape (B or 1, I)
        """
        if self.truncation is Truncation.NONE:
            return np.broadcast_to(self.weights, sizes_nm.shape)
        seen: Floats = self.weights * self.truncation.share(sizes_nm, thicknesses_nm[:, self.image_codes])
        return seen

    def sizes_of(self, name: str) -> Floats:
        """Return the known sizes of a type, in nm; those of all types for ``"all"``, none for one that is not there."""
        sizes: Floats = self.sizes_nm[self._known_of(name)]
        return sizes

    def weights_of(self, name: str) -> Floats:
        """Return how many defects each of :meth:`sizes_of` stands for, per volume."""
        weights = self.weights_in_volume(self.sizes_nm[None], self.thicknesses_nm[None])
        found: Floats = weights[0][self._known_of(name)]
        return found

    def _known_of(self, name: str) -> NDArray[np.bool_]:
        place = self.types.index(name) if name in self.types else -1
        known: NDArray[np.bool_] = ((self.type_codes == place) | (name == ALL)) & ~np.isnan(self.sizes_nm)
        return known


def _codes(names: NDArray[np.str_], known: tuple[str, ...]) -> Codes:
    place = {name: k for k, name in enumerate(known)}
    return np.array([place[str(name)] for name in names], dtype=np.int64)


def _sizes_nm(defects: xarray.Dataset) -> Floats:
    unit = defects["size"].attrs.get("units")
    if not unit:
        raise UnitError('table of defects: "size" has no units; a length is needed, for instance "nanometer"')
    factor = as_quantity(ureg.Quantity(1.0, unit), LENGTH, what='table of defects, units of "size"').magnitude
    sizes: Floats = defects["size"].values.astype(np.float64) * factor
    return sizes
