"""The materials of the registry, and a user's own."""

from __future__ import annotations

from pathlib import Path

import cattrs

from defectkit.errors import DecodingError, RecordError, UnknownMaterialError
from defectkit.files import decoding
from defectkit.hardening.material import Material
from defectkit.records.json import record_converter
from defectkit.resources import registry_path


def known_materials() -> tuple[str, ...]:
    """Return the names of the materials of ``registry/materials/``, sorted."""
    return tuple(sorted(file.stem for file in (registry_path() / "materials").glob("*.toml")))


def load_material(material: str | Path | Material) -> Material:
    """Return a material by its name in the registry, or from a file of one's own.

    Parameters
    ----------
    material : str, pathlib.Path or Material
        A name, or the path of a ``.toml`` file with the keys of :class:`Material`; a Material is returned as it is.

    Raises
    ------
    UnknownMaterialError
        If neither the registry nor the disk knows it.
    RecordError
        If the file is no TOML, or a key is missing, unknown or of the wrong kind.

    Examples
    --------
    >>> print(load_material("fecral").shear_modulus)
    82.0 gigapascal
    """
    if isinstance(material, Material):
        return material
    path = Path(material)
    if path.suffix != ".toml":
        if str(material) not in known_materials():
            raise UnknownMaterialError.of(
                "material", str(material), known_materials(), advice="A file of your own is named by its .toml path."
            )
        path = registry_path() / "materials" / f"{material}.toml"
    elif not path.is_file():
        raise UnknownMaterialError.of("material file", str(material), known_materials())
    return read_material(path)


def read_material(path: Path) -> Material:
    """Return the material that a TOML file describes; its name is the file's stem unless the file says otherwise."""
    try:
        table = decoding.read_toml(path)
    except DecodingError as error:
        raise RecordError(f"material {error}") from error
    try:
        return record_converter().structure({"name": path.stem, **table}, Material)
    except cattrs.BaseValidationError as error:
        faults = "; ".join(cattrs.transform_error(error, path=path.name, format_exception=_fault))
        raise RecordError(f"material {path}: {faults}") from error


def _fault(error: BaseException, kind: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown keys: {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError) and not isinstance(error, RecordError):
        return f"missing key: {error.args[0]}"
    return str(error)
