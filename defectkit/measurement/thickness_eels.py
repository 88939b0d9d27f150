"""Thickness by EELS: the log-ratio of a spectrum and the mean free path of inelastic scattering."""

from __future__ import annotations

import math

from defectkit.errors import RecordError
from defectkit.records.foil_thickness import FoilThickness
from defectkit.units import LENGTH, MeasuredLike, QuantityLike, as_measured, as_quantity

EXTENT_MRAD = 20.0
"""The angle of Iakoubovskii et al. beyond which nothing is scattered."""


def log_ratio_thickness(
    total: float, zero_loss: float, mean_free_path: MeasuredLike, *, ratio_uncertainty: float = 0.0
) -> FoilThickness:
    r"""Return the thickness of a foil from the intensities of an energy-loss spectrum.

    Parameters
    ----------
    total, zero_loss : float
        Intensity of the whole spectrum and of its zero-loss peak, in one unit.
    mean_free_path : str, pint.Quantity or pint.Measurement
        Of inelastic scattering, with its standard uncertainty (``"100 +/- 10 nm"``).
    ratio_uncertainty : float
        Relative standard uncertainty of the ratio of the two.

    Returns
    -------
    FoilThickness

    Raises
    ------
    RecordError
        If the zero-loss peak is not positive and smaller than all, or the uncertainty is not less than the thickness.
    UnitError
        If the mean free path is no length.

    Notes
    -----
    .. math:: t = \lambda \ln\frac{I_t}{I_0}, \qquad
        \frac{u_t}{t} = \sqrt{\left(\frac{u_\lambda}{\lambda}\right)^2 + \left(\frac{u_r}{\ln(I_t / I_0)}\right)^2}

    T. Malis, S. C. Cheng and R. F. Egerton, *EELS log-ratio technique for specimen-thickness measurement in the TEM*,
    Journal of Electron Microscopy Technique 8 (1988) 193, doi 10.1002/jemt.1060080206.

    Examples
    --------
    >>> log_ratio_thickness(math.e, 1.0, "100 +/- 10 nm")
    FoilThickness(nm=100.0, uncertainty_nm=10.0, half_range_nm=0.0)
    """
    if not 0 < zero_loss < total < math.inf or not 0 <= ratio_uncertainty < math.inf:
        raise RecordError(
            f"log-ratio: the zero-loss peak has {zero_loss:g} of {total:g}; it is positive and less than the whole, "
            "and the uncertainty of the ratio is not negative"
        )
    value, error = as_measured(mean_free_path, LENGTH, what="mean free path")
    path, ratio = float(value.magnitude), math.log(total / zero_loss)
    relative = math.hypot(float(error.magnitude) / path, ratio_uncertainty / ratio) if path > 0 else 0.0
    return FoilThickness(nm=path * ratio, uncertainty_nm=path * ratio * relative)


def malis_mean_free_path(atomic_number: float, *, beam_energy: QuantityLike, collection_angle_mrad: float) -> float:
    r"""Return the mean free path of inelastic scattering in nm by the atomic number.

    Parameters
    ----------
    atomic_number : float
        Of a compound, :math:`\sum f_i Z_i^{1.3} / \sum f_i Z_i^{0.3}` with atomic fractions *f*.
    beam_energy : str or pint.Quantity
        For instance ``"200 keV"``.
    collection_angle_mrad : float
        Half the angle, and larger than that of convergence.

    Raises
    ------
    RecordError
        If a value is not positive, or the collection angle too small for the formula.

    Notes
    -----
    .. math:: \lambda = \frac{106 F E_0}{E_m \ln(2 \beta E_0 / E_m)}, \quad
        F = \frac{1 + E_0/1022}{(1 + E_0/511)^2}, \quad E_m = 7.6 Z^{0.36}

    with :math:`E_0` in keV, :math:`\beta` in mrad and :math:`E_m` in eV. T. Malis, S. C. Cheng and R. F. Egerton,
    Journal of Electron Microscopy Technique 8 (1988) 193, doi 10.1002/jemt.1060080206. For silicon at large angles it
    is at least 15 % too small: P. L. Potapov, Ultramicroscopy 147 (2014) 21, doi 10.1016/j.ultramic.2014.05.010.

    Examples
    --------
    >>> round(malis_mean_free_path(26, beam_energy="200 keV", collection_angle_mrad=10))
    105
    """
    energy = _energy_kev(beam_energy)
    if not (atomic_number > 0 and collection_angle_mrad > 0):
        raise RecordError("mean free path: the atomic number and the collection angle have to be positive")
    mean_loss = 7.6 * atomic_number**0.36
    logarithm = math.log(2 * collection_angle_mrad * energy / mean_loss)
    if logarithm <= 0:
        raise RecordError(f"mean free path: a collection angle of {collection_angle_mrad:g} mrad is too small for it")
    path: float = 106 * _relativistic(energy) * energy / (mean_loss * logarithm)
    return path


def iakoubovskii_mean_free_path(
    density_g_cm3: float,
    *,
    beam_energy: QuantityLike,
    convergence_angle_mrad: float = 0.0,
    collection_angle_mrad: float = math.inf,
) -> float:
    r"""Return the mean free path of inelastic scattering in nm by the density of the material.

    Parameters
    ----------
    density_g_cm3 : float
        In g / cm^3.
    beam_energy : str or pint.Quantity
    convergence_angle_mrad, collection_angle_mrad : float
        Half the angles; by default a parallel beam, of which all is collected.

    Raises
    ------
    RecordError
        If a value is not positive.

    Notes
    -----
    .. math::

        \frac{1}{\lambda} = \frac{11 \rho^{0.3}}{200 F E_0} \ln\left(
        \frac{\alpha^2 + \beta^2 + 2 \theta_E^2 + |\alpha^2 - \beta^2|}
        {\alpha^2 + \beta^2 + 2 \theta_C^2 + |\alpha^2 - \beta^2|} \frac{\theta_C^2}{\theta_E^2}\right), \quad
        \theta_E = \frac{5.5 \rho^{0.3}}{F E_0}

    with *F* as :func:`malis_mean_free_path` has it and :math:`\theta_C` of 20 mrad: K. Iakoubovskii, K. Mitsuishi,
    Y. Nakayama and K. Furuya, *Thickness measurements with electron energy loss spectroscopy*, Microscopy Research and
    Technique 71 (2008) 626, doi 10.1002/jemt.20597.

    Examples
    --------
    Silicon at 200 and 300 keV; 150 and 179 nm were measured (Potapov 2014, as above):

    >>> [round(iakoubovskii_mean_free_path(2.33, beam_energy=energy)) for energy in ("200 keV", "300 keV")]
    [149, 179]
    """
    energy = _energy_kev(beam_energy)
    alpha, beta = convergence_angle_mrad, collection_angle_mrad
    if not (density_g_cm3 > 0 and alpha >= 0 and beta > 0):
        raise RecordError("mean free path: density and collection angle are positive, the convergence is not negative")
    scale = _relativistic(energy) * energy
    loss = 5.5 * density_g_cm3**0.3 / scale
    widest = 2 * max(alpha, beta) ** 2
    cut = 1.0 if math.isinf(widest) else (widest + 2 * loss**2) / (widest + 2 * EXTENT_MRAD**2)
    inverse: float = 11 * density_g_cm3**0.3 / (200 * scale) * math.log(cut * EXTENT_MRAD**2 / loss**2)
    return 1 / inverse


def _relativistic(energy_kev: float) -> float:
    return (1 + energy_kev / 1022) / (1 + energy_kev / 511) ** 2


def _energy_kev(beam_energy: QuantityLike) -> float:
    energy = float(as_quantity(beam_energy, "kiloelectron_volt", what="beam energy").magnitude)
    if energy <= 0:
        raise RecordError(f"mean free path: a beam energy of {beam_energy!s} is not positive")
    return energy
