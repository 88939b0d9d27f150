"""Groups: the rows of a table of defects sorted into the cells of images and types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import ConventionError, PairingError, UnitError, UnknownDefectTypeError
from defectkit.measurement.counting import volume_weights_of
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.names import as_names
from defectkit.units import LENGTH, as_quantity, ureg

if TYPE_CHECKING:
    import xarray


@attrs.frozen(kw_only=True, eq=False)
class DefectGroups:
    """The N defects of a table, sorted into I images x T types.

    Parameters
    ----------
    images : tuple of str, length I
    types : tuple of str, length T
    image_codes, type_codes : array of int64, shape (N,)
    sizes_nm : array of float64, shape (N,)
        Under the convention; NaN where a defect has none.
    weights : array of float64, shape (N,)
        How many defects in the volume of the foil each one stands for.
    convention : Convention
    """

    images: tuple[str, ...]
    types: tuple[str, ...]
    image_codes: NDArray[np.int64]
    type_codes: NDArray[np.int64]
    sizes_nm: NDArray[np.float64]
    weights: NDArray[np.float64]
    convention: Convention

    def sums(self, values: NDArray[Any], type_codes: NDArray[np.int64], n_types: int) -> NDArray[np.float64]:
        """Return the sums of ``values`` by image and type code, shape (I, n_types)."""
        cells = self.image_codes * n_types + type_codes
        totals = np.bincount(cells, weights=values, minlength=len(self.images) * n_types)
        return totals.astype(np.float64).reshape(len(self.images), n_types)


def group_defects(
    defects: xarray.Dataset,
    images: Mapping[str, Image],
    *,
    types: Sequence[str] | None,
    taxonomy: Taxonomy,
    convention: Convention | str | None,
) -> DefectGroups:
    """Return the defects of a table by image and type.

    Raises
    ------
    PairingError
        If a defect's image is not among ``images``.
    UnknownDefectTypeError
        If a defect's type is not among ``types``.
    UnitError
        If sizes have no unit of length, or one is negative.
    ConventionError
        If ``convention`` is not the one that the table was measured under.
    """
    names = np.asarray(defects["defect_type"].values, dtype=str).tolist()
    found = sorted(set(names))
    known = as_names(types) if types is not None else _in_order(found, taxonomy)
    missing = [n for n in found if n not in known]
    if missing:
        raise UnknownDefectTypeError.of("defect type", missing[0], known)
    image_names = np.asarray(defects["image"].values, dtype=str).tolist()
    strangers = sorted(set(image_names) - set(images))
    if strangers:
        raise PairingError(
            f"the table holds defects of {', '.join(strangers[:3])}"
            f"{f' and {len(strangers) - 3} more' if len(strangers) > 3 else ''}, but no such image is given"
        )
    return DefectGroups(
        images=tuple(images),
        types=known,
        image_codes=_codes(image_names, tuple(images)),
        type_codes=_codes(names, known),
        sizes_nm=_sizes_nm(defects["size"]),
        weights=volume_weights_of(defects),
        convention=_convention(defects, convention),
    )


def _in_order(found: Iterable[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    place = {name: k for k, name in enumerate(taxonomy.names)}
    return tuple(sorted(found, key=lambda name: (place.get(name, len(place)), name)))


def _codes(names: Sequence[str], known: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: k for k, name in enumerate(known)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _sizes_nm(sizes: xarray.DataArray) -> NDArray[np.float64]:
    unit = sizes.attrs.get("units")
    if not unit:
        raise UnitError('table of defects: "size" has no units; a length is needed, for instance "nanometer"')
    factor = as_quantity(ureg.Quantity(1.0, unit), LENGTH, what='table of defects, units of "size"').magnitude
    values: NDArray[np.float64] = np.asarray(sizes.values, dtype=np.float64) * factor
    if (values < 0).any() or np.isinf(values).any():
        raise UnitError(f'table of defects: "size" holds {values[(values < 0) | np.isinf(values)][0]} {unit}')
    return values


def _convention(defects: xarray.Dataset, convention: Convention | str | None) -> Convention:
    measured = defects.attrs.get("convention")
    if convention is None and measured is None:
        raise ConventionError("the table of defects names no convention; say which its sizes follow")
    rule = find_convention(str(measured) if convention is None else convention)
    if measured is not None and rule.name != measured:
        raise ConventionError(
            f"the defects were measured under the convention {measured!r}, not {rule.name!r}; measure them again"
        )
    return rule
