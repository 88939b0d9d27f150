"""Reading: from a name or path to a configuration, and back from a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from defectkit.errors import DetectorError
from defectkit_detectron2.configurations.configuration import Configuration
from defectkit_detectron2.configurations.lazy_configuration import ZOO, LazyConfiguration
from defectkit_detectron2.configurations.yaml_configuration import YamlConfiguration

READY = ("reference", "small")
KINDS: Mapping[str, type[LazyConfiguration | YamlConfiguration]] = {
    kind.kind: kind for kind in (LazyConfiguration, YamlConfiguration)
}


def configuration_of(config: str, overrides: Mapping[str, Any]) -> Configuration:
    """Return a configuration.

    Parameters
    ----------
    config : str
        ``reference``, ``small``, the path of a YAML or LazyConfig file, or the name of one in Detectron2's model zoo,
        such as ``Misc/cascade_mask_rcnn_R_50_FPN_3x.yaml``.
    overrides : mapping of str to Any
        Other values for some keys.

    Raises
    ------
    DetectorError
        If there is none of that name, or it cannot be read.
    """
    path = _found(config)
    kind = LazyConfiguration if path.suffix == ".py" else YamlConfiguration
    read: Configuration = kind.from_file(str(path))
    return read.overridden(overrides) if overrides else read


def restored(text: str, kind: str, *, where: str) -> Configuration:
    """Return the configuration of a saved model.

    Raises
    ------
    DetectorError
        If the text is none of that kind, or would call anything but networks.
    """
    if kind not in KINDS:
        raise DetectorError(f"{where}: there is no kind of configuration {kind!r}; there is {', '.join(KINDS)}")
    return KINDS[kind].from_text(text, where)


def _found(config: str) -> Path:
    own = Path(__file__).parent / f"{config}.yaml"
    zoo = ZOO / config
    candidates = [own] if config in READY else [Path(config).expanduser(), zoo]
    for path in candidates:
        if path.suffix in (".yaml", ".yml", ".py") and path.is_file():
            return path
    raise DetectorError(
        f"there is no configuration {config!r}: give {', '.join(READY)}, the path of a YAML or LazyConfig file, or the "
        "name of one in Detectron2's model zoo, such as Misc/cascade_mask_rcnn_R_50_FPN_3x.yaml"
    )
