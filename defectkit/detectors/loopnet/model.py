"""Model: a network with what belongs to it, shipped or in a folder."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.detectors.card import ModelCard
from defectkit.detectors.loopnet.fusing import Fusion
from defectkit.detectors.loopnet.session import Network
from defectkit.detectors.model_folder import read_card
from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json

if TYPE_CHECKING:
    from defectkit.detectors.loopnet.facts import ModelFacts

NETWORK, FUSION = "loopnet.onnx", "fusion.json"
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
                card=read_card(folder),
                source=f"the network in {folder}",
            )
        except (OSError, ValueError, TypeError) as error:
            raise DetectorError(
                f"{folder} does not hold a network of 'loopnet' ({error}); name the detector that was saved there"
            ) from error

    def write(self, folder: Path) -> None:
        """Write the network and its fusion into a folder that exists; the card is written with the detector."""
        (folder / NETWORK).write_bytes(self.content)
        (folder / FUSION).write_text(json.dumps(attrs.asdict(self.fusion), indent=2) + "\n", encoding="utf-8")


@functools.lru_cache(maxsize=4)
def _network(content: bytes, source: str) -> Network:
    return Network.of(content, source=source)


@functools.cache
def shipped_model() -> Model:
    """Return the model that ships with defectkit."""
    return Model.read(SHIPPED)
