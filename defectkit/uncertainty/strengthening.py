"""Strengthening: the model, the constants and the rules by which populations become megapascals."""

from __future__ import annotations

import math
from typing import Self

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.hardening import HardeningModel, Material, Populations, Superposition
from defectkit.hardening.missing import missing_constants
from defectkit.records.defect_type import Taxonomy
from defectkit.records.names import as_names
from defectkit.units import STRESS

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Strengthening:
    """How T types harden.

    Parameters
    ----------
    model : HardeningModel
    material : Material
    superposition : Superposition
        By which obstacles of several kinds add up.
    convention : Convention
        Under which sizes were measured.
    types : tuple of str, length T
    obstacles : tuple of str, length O
        Types that harden by themselves: a sub-type without a barrier strength of its own is one obstacle with the type
        above it.
    obstacle_codes : numpy.ndarray, shape (T,)
        The obstacle of each type.
    strengths, burgers_nm : numpy.ndarray, shape (T,)
        Barrier strengths, NaN where there is none, and Burgers vectors.
    missing : tuple of str, length T
        Which constants the model lacks for each type; empty where it lacks none.
    """

    model: HardeningModel
    material: Material
    superposition: Superposition
    convention: Convention
    types: tuple[str, ...] = attrs.field(converter=as_names)
    obstacles: tuple[str, ...] = attrs.field(converter=as_names)
    obstacle_codes: NDArray[np.int64]
    strengths: Floats
    burgers_nm: Floats
    missing: tuple[str, ...] = attrs.field(converter=as_names)

    @classmethod
    def of(
        cls,
        types: tuple[str, ...],
        *,
        model: HardeningModel,
        material: Material,
        superposition: Superposition,
        convention: Convention,
        taxonomy: Taxonomy,
    ) -> Self:
        """Return the rules for types, with the constants of a material."""
        known = taxonomy.with_types(types)
        obstacle_of = [material.obstacle(name, known) for name in types]
        obstacles = tuple(dict.fromkeys(obstacle_of))
        strengths = [material.barrier_strength(name, known) for name in types]
        return cls(
            model=model,
            material=material,
            superposition=superposition,
            convention=convention,
            types=types,
            obstacles=obstacles,
            obstacle_codes=np.array([obstacles.index(name) for name in obstacle_of], dtype=np.int64),
            strengths=np.array([np.nan if s is None else s for s in strengths], dtype=np.float64),
            burgers_nm=np.array([material.burgers_vector_of(t, known).magnitude for t in types], dtype=np.float64),
            missing=tuple(missing_constants(material, model, name, known) for name in types),
        )

    @property
    def has_constants(self) -> NDArray[np.bool_]:
        """Of which types the model has all that it needs, shape (T,)."""
        return np.array([not reason for reason in self.missing], dtype=np.bool_)

    @property
    def first_of_obstacle(self) -> NDArray[np.int64]:
        """A type of each obstacle, shape (O,)."""
        return np.unique(self.obstacle_codes, return_index=True)[1].astype(np.int64)

    def contributions(
        self,
        sizes_nm: Floats,
        members: NDArray[np.int64],
        *,
        weights: Floats,
        types: NDArray[np.int64],
        volumes_nm3: Floats,
        strength_factors: Floats,
        burgers_factors: Floats,
    ) -> Floats:
        """Return the hardening of P populations in MPa, shape (P,).

        Parameters
        ----------
        sizes_nm, members : numpy.ndarray, shape (M,)
            Sizes of defects and the population of each.
        weights : numpy.ndarray, shape (M,)
            How many defects each one stands for.
        types : numpy.ndarray, shape (P,)
            Position of the type whose constants a population has.
        volumes_nm3, strength_factors, burgers_factors : numpy.ndarray, shape (P,)
            Volume, and what the barrier strength and the Burgers vector are multiplied by.
        """
        found: Floats = np.asarray(
            self.model.contributions(
                Populations(
                    sizes_nm=sizes_nm,
                    members=members,
                    weights=weights,
                    types=tuple(self.types[t] for t in types),
                    volumes_nm3=volumes_nm3,
                    barrier_strengths=self.strengths[types] * strength_factors,
                    burgers_vectors_nm=self.burgers_nm[types] * burgers_factors,
                    taylor_factor=math.nan if self.material.taylor_factor is None else self.material.taylor_factor,
                    shear_modulus_mpa=float(self.material.shear_modulus.to(STRESS).magnitude),
                    convention=self.convention,
                )
            ),
            dtype=np.float64,
        )
        return found
