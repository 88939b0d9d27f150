"""Model: a network with what belongs to it, shipped or in a folder."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.detectors.card import ModelCard
from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.detectors.loopnet.session import Network
from defectkit.errors import DetectorError
from defectkit.files import new_folder
from defectkit.files.decoding import read_json
from defectkit.records.json import from_json, to_json

if TYPE_CHECKING:
    from defectkit.detectors.loopnet.detector import LoopNet
    from defectkit.detectors.loopnet.facts import ModelFacts

NETWORK, FUSION, CARD, OPTIONS = "loopnet.onnx", "fusion.json", "card.json", "detector.json"
SHIPPED = Path(__file__).parent / "weights"


@attrs.frozen(kw_only=True, eq=False)
class Model:
    """A network with the weights of its fusion and its card.

    Parameters
    ----------
    content : bytes
        The network in the ONNX format.
    fusion : Fusion
    card : ModelCard
    source : str
        What to call it in a message.
    """

    content: bytes = attrs.field(repr=False)
    fusion: Fusion = attrs.field(repr=False)
    card: ModelCard = attrs.field(repr=False)
    source: str

    @property
    def digest(self) -> str:
        """The beginning of the sha256 of the network's file."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def network(self) -> Network:
        """The network, ready to run; made when it is first asked for and kept."""
        return _network(self.content, self.source)

    @property
    def facts(self) -> ModelFacts:
        """What the network's file says of itself."""
        return self.network.facts

    @classmethod
    def read(cls, folder: Path) -> Model:
        """Return the model whose files lie in ``folder``.

        Raises
        ------
        DetectorError
            If a file is missing or damaged.
        """
        try:
            return cls(
                content=(folder / NETWORK).read_bytes(),
                fusion=Fusion(**read_json(folder / FUSION)),
                card=from_json((folder / CARD).read_text(encoding="utf-8"), ModelCard),
                source=f"the network in {folder}",
            )
        except (OSError, ValueError, TypeError) as error:
            raise DetectorError(
                f"{folder} does not hold a network of 'loopnet' ({error}); name the detector that was saved there"
            ) from error

    @classmethod
    def load(cls, folder: Path) -> tuple[dict[str, Any], Model]:
        """Return the options and the model that :meth:`save` wrote.

        Raises
        ------
        DetectorError
            If they are missing or damaged.
        """
        model = cls.read(folder)
        _ = model.facts
        try:
            saved = read_json(folder / OPTIONS)
            return dict(saved["options"]), model
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DetectorError(f"{folder / OPTIONS} does not hold the options of a detector: {error}") from error

    def save(self, folder: Path, detector: LoopNet) -> None:
        """Write the model and the options of ``detector`` into a new or empty folder."""
        options = {name: value for name, value in detector.settings().items() if name != "model"}
        card = detector.card()
        text = {
            OPTIONS: json.dumps({"detector": detector.name, "version": card.version, "options": options}, indent=2),
            FUSION: json.dumps(attrs.asdict(self.fusion), indent=2),
            CARD: json.dumps(json.loads(to_json(card)), indent=2),
            "CARD.md": card.to_markdown().rstrip("\n"),
        }
        with new_folder(folder) as made:
            (made / NETWORK).write_bytes(self.content)
            for name, content in text.items():
                (made / name).write_text(content + "\n", encoding="utf-8")


@functools.lru_cache(maxsize=4)
def _network(content: bytes, source: str) -> Network:
    return Network.of(content, source=source)


@functools.cache
def shipped_model() -> Model:
    """Return the model that ships with defectkit."""
    return Model.read(SHIPPED)
