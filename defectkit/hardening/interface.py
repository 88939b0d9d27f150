"""The interface of a hardening model: whatever turns sizes and densities of obstacles into a stress fulfils it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import xarray
    from numpy.typing import NDArray

    from defectkit.conventions import Convention
    from defectkit.hardening.material import Material
    from defectkit.hardening.populations import Populations
    from defectkit.records import Image, Taxonomy


class HardeningModel(ABC):
    """How much the yield stress rises through the obstacles that an image shows.

    A model says what each population (the defects of one type in one image) contributes; adding up over types, units
    and the cases where nothing can be said are the same for every model and are done by :meth:`harden`. Options of a
    model are keyword arguments of its constructor.

    Attributes
    ----------
    name : str
        The name that users ask for, unique among hardening models.
    description : str
        One sentence.
    needs_barrier_strength : bool
        Whether a type without a barrier strength has no contribution that can be computed.

    Examples
    --------
    A model is one method on columns:

    >>> class Taylor(HardeningModel):
    ...     name = "taylor"
    ...     description = "A barrier at every obstacle's mean distance, whatever its size."
    ...     needs_barrier_strength = True
    ...
    ...     def contributions(self, populations):
    ...         p = populations
    ...         return p.prefactors_mpa_nm * p.barrier_strengths * p.number_densities_nm3 ** (1 / 3)
    """

    name: ClassVar[str]
    description: ClassVar[str]
    needs_barrier_strength: ClassVar[bool]

    @abstractmethod
    def contributions(self, populations: Populations) -> NDArray[np.float64]:
        """Return the hardening in MPa that each population alone would cause.

        Parameters
        ----------
        populations : Populations
            The defects of P populations as columns; every population given has what the model needs.

        Returns
        -------
        numpy.ndarray of float64, shape (P,)
            In MPa, finite, not negative; 0 for a population without a defect.
        """

    def harden(
        self,
        defects: xarray.Dataset,
        images: Mapping[str, Image],
        *,
        material: Material | str | Path,
        barrier_strengths: Mapping[str, Any] | None = None,
        convention: Convention | str | None = None,
        taxonomy: Taxonomy | None = None,
        types: tuple[str, ...] | None = None,
    ) -> xarray.Dataset:
        """Return the hardening of every image: :func:`defectkit.hardening.harden` with this model."""
        from defectkit.hardening.harden import harden

        return harden(
            defects,
            images,
            model=self,
            material=material,
            barrier_strengths=barrier_strengths,
            convention=convention,
            taxonomy=taxonomy,
            types=types,
        )
