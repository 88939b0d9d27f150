"""Session: the network as a file, run by onnxruntime."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.facts import METADATA_KEY, SHAPE_MAPS, STRIDE, ModelFacts
from defectkit.detectors.tiles import Tile, starts_of
from defectkit.errors import DetectorError

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]

GRID = 16
"""Sides of the input are multiples of so many pixels, and tiles begin at such."""
LARGEST_TILE = 2_750_000
"""Pixels that a tile may have: the network needs 75 bytes for each."""
OVERLAP = 384
"""Overlap of tiles in pixels: beyond half of it the network sees next to nothing."""
LARGEST_FILE = 2**26
"""Bytes that a model file may have."""
MOST_THREADS = 4


@attrs.frozen(kw_only=True, eq=False)
class Network:
    """A network that is ready to run.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    facts : ModelFacts
    content : bytes
        The file that it came from.
    """

    session: onnxruntime.InferenceSession = attrs.field(repr=False)
    facts: ModelFacts
    content: bytes = attrs.field(repr=False)

    @classmethod
    def of(cls, content: bytes, *, source: str, threads: int | None = None) -> Network:
        """Return the network that a file in the ONNX format holds.

        Parameters
        ----------
        content : bytes
            The file; nothing that it names outside of itself is opened.
        source : str
            What to call it in a message.
        threads : int, optional
            How many threads work on one image; as many as there are processors, but four at most, unless it is given.

        Raises
        ------
        DetectorError
            If it is no such file, is too large, keeps its weights in another file, or does not follow
            :doc:`/decisions/loopnet`.
        """
        import onnxruntime

        from defectkit.parallel import available_cpus, check_workers

        if len(content) > LARGEST_FILE:
            raise DetectorError(f"{source}: it has {len(content)} bytes; a model may have {LARGEST_FILE} at most")
        if b"location" in content:  # the key by which ONNX names a file beside the model, however it is packed
            raise DetectorError(
                f"{source}: it keeps weights in a file beside it, which is refused; export it with all weights inside"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = check_workers(threads or min(available_cpus(), MOST_THREADS))
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # memory is planned for each shape of input, and tiles have many
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except Exception as error:  # onnxruntime has no class of errors of its own
            raise DetectorError(f"{source} is not a model that onnxruntime can run: {error}") from error
        facts = ModelFacts.of(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY, ""), source=source)
        network = cls(session=session, facts=facts, content=content)
        network._check(source)
        return network

    def maps(self, image: Floats) -> Floats:
        """Return the maps of a normalized image.

        Parameters
        ----------
        image : numpy.ndarray, shape (H, W), float32

        Returns
        -------
        numpy.ndarray, shape (7 + types, ceil(H / 2), ceil(W / 2)), float32
            The same whether the image is cut into tiles or not, but for rounding.
        """
        height, width = image.shape
        margins = ((0, -height % GRID), (0, -width % GRID))
        filled = np.pad(image, margins, mode="symmetric") if np.any(margins) else image
        blocks = (filled.shape[0] // GRID, filled.shape[1] // GRID)
        tiles = cheapest_tiles(blocks)
        half = (-(-height // STRIDE), -(-width // STRIDE))
        if len(tiles) == 1:
            return self._run(filled)[:, : half[0], : half[1]]
        step = GRID // STRIDE
        whole = np.empty((SHAPE_MAPS + len(self.facts.types), blocks[0] * step, blocks[1] * step), np.float32)
        for tile in tiles:
            found = self._run(filled[tile.top * GRID : tile.bottom * GRID, tile.left * GRID : tile.right * GRID])
            top, left, bottom, right = _inner(tile)
            whole[:, top * step : bottom * step, left * step : right * step] = found[
                :,
                (top - tile.top) * step : (bottom - tile.top) * step,
                (left - tile.left) * step : (right - tile.left) * step,
            ]
        return whole[:, : half[0], : half[1]]

    def _run(self, image: Floats) -> Floats:
        (maps,) = self.session.run(["maps"], {"image": np.ascontiguousarray(image)[None, None]})
        found: Floats = np.asarray(maps)[0]
        return found

    def _check(self, source: str) -> None:
        expected = (SHAPE_MAPS + len(self.facts.types), GRID // STRIDE, GRID // STRIDE)
        try:
            found = self._run(np.zeros((GRID, GRID), np.float32))
        except Exception as error:  # onnxruntime has no class of errors of its own
            raise DetectorError(f"{source}: it cannot be run on an image: {error}") from error
        if found.shape != expected or found.dtype != np.float32:
            raise DetectorError(
                f"{source}: of an image of {GRID} px it makes maps of shape {found.shape}, where {expected} is needed"
            )


def cheapest_tiles(shape: tuple[int, int]) -> list[Tile]:
    """Return the tiles, none of them too large, that together have the fewest pixels.

    Parameters
    ----------
    shape : tuple of int
        Height and width in blocks of 16 pixels, as are the tiles.

    Examples
    --------
    >>> [len(cheapest_tiles((side // GRID, side // GRID))) for side in (1024, 2048, 2896, 4096)]
    [1, 2, 4, 9]
    """
    overlap = OVERLAP // GRID

    def length(side: int, count: int) -> int:
        return -(-(side + (count - 1) * overlap) // count)

    def pixels(counts: tuple[int, int]) -> int:
        return GRID**2 * length(shape[0], counts[0]) * length(shape[1], counts[1])

    possible = itertools.product(range(1, 2 + shape[0] // overlap), range(1, 2 + shape[1] // overlap))
    allowed = (counts for counts in possible if pixels(counts) <= LARGEST_TILE)
    rows, cols = min(allowed, key=lambda counts: math.prod(counts) * pixels(counts))
    height, width = length(shape[0], rows), length(shape[1], cols)
    return [
        Tile(top=top, left=left, bottom=top + height, right=left + width, shape=shape)
        for top in starts_of(shape[0], tile=height, overlap=overlap)
        for left in starts_of(shape[1], tile=width, overlap=overlap)
    ]


def _inner(tile: Tile) -> tuple[int, int, int, int]:
    """Return the part of a tile that is taken: up to the middle of what it shares with its neighbors."""
    trim = OVERLAP // GRID // 2
    return (
        tile.top + trim * (tile.top > 0),
        tile.left + trim * (tile.left > 0),
        tile.bottom - trim * (tile.bottom < tile.shape[0]),
        tile.right - trim * (tile.right < tile.shape[1]),
    )
