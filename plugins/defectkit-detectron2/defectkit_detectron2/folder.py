"""Folder: a trained detector on disk, without a pickle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from defectkit.detectors.learning import Normalization
from defectkit.detectors.learning.model_folder import (
    check_self_test,
    read_card,
    read_self_test,
    read_settings,
    write_model_folder,
)
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit_detectron2.installation import require_detectron2

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2
    from defectkit_detectron2.trained import Trained

D = TypeVar("D", bound="Detectron2")

WEIGHTS, CONFIGURATION = "weights.safetensors", "config.yaml"


def save(detector: Detectron2, folder: Path) -> None:
    """Write a detector into a new folder.

    Raises
    ------
    OutputError
        If the folder holds something already.
    """
    settings: dict[str, Any] = {"options": detector.options()}
    trained = detector.trained
    with new_folder(folder) as made:
        if trained is None:
            write_model_folder(made, card=detector.card(), settings=settings)
            return
        from safetensors.torch import save as serialized

        settings["trained"] = trained.settings()
        write_model_folder(made, card=trained.card, settings=settings, self_test=trained.self_test)
        (made / CONFIGURATION).write_text(trained.configuration.text, encoding="utf-8")
        state = {name: value.detach().cpu().contiguous() for name, value in trained.network.state_dict().items()}
        (made / WEIGHTS).write_bytes(serialized(state))


def load(kind: type[D], folder: Path) -> D:
    """Return the detector in a folder, after its self-test.

    Raises
    ------
    DetectorError
        If there is none, it is of another plugin or damaged, or it does not find on its self-test image what it found
        when it was saved.
    """
    stored = read_settings(folder)
    made_by = read_card(folder).name
    if made_by != kind.name:
        raise DetectorError(f"{folder}: holds a model of the detector {made_by!r}; load it with --detector {made_by}")
    try:
        options = stored["options"]
        foreign = sorted(set(options) - set(kind().options()))
        if foreign:
            raise DetectorError(f"{folder}: {foreign[0]!r} is no option that a saved detector has")
        untrained = kind(**options)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, DetectorError):
            raise
        raise DetectorError(f"{folder}: the options of the saved detector are damaged: {error}") from error
    if "trained" not in stored:
        return untrained
    require_detectron2()
    loaded = attrs.evolve(untrained, trained=_stored(untrained, folder, stored["trained"]))
    test = loaded.required().self_test
    if test is not None:
        (found,) = loaded.predict([test.image])
        check_self_test(test, found.instances, folder=folder)
    return loaded


def _stored(detector: Detectron2, folder: Path, stored: dict[str, Any]) -> Trained:
    from defectkit_detectron2.configurations import restored
    from defectkit_detectron2.devices import device_of
    from defectkit_detectron2.trained import Trained
    from defectkit_detectron2.weights import read_weights

    path = folder / CONFIGURATION
    try:
        configuration = restored(path.read_text(encoding="utf-8"), str(stored["configuration"]), where=str(path))
        lower, upper = stored["percentiles"]
        trained = Trained(
            network=configuration.network(),
            configuration=configuration,
            pixel_size_nm=float(stored["pixel_size_nm"]),
            normalization=Normalization(lower=lower, upper=upper),
            min_score=float(stored["min_score"]),
            card=read_card(folder),
            self_test=read_self_test(folder),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, DetectorError):
            raise
        raise DetectorError(f"{folder}: the saved detector is damaged: {type(error).__name__}: {error}") from error
    weights = read_weights(folder / WEIGHTS)
    try:
        trained.network.load_state_dict(weights)
    except RuntimeError as error:
        raise DetectorError(f"{folder / WEIGHTS}: the weights are not those of {CONFIGURATION}: {error}") from error
    trained.network.to(device_of(detector.device)).eval()
    return trained
