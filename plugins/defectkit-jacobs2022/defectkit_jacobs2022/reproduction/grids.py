"""Grids: what the survey of a detector tries."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Grid = Mapping[str, Sequence[Any]]

ZOO = "detectron2://"
COCO = "COCO-InstanceSegmentation"
REFERENCE_NETWORKS: Sequence[Mapping[str, Any]] = (
    {},
    {"MODEL.WEIGHTS": f"{ZOO}ImageNetPretrained/MSRA/R-50.pkl"},
    {
        "MODEL.RESNETS.DEPTH": 101,
        "MODEL.WEIGHTS": f"{ZOO}{COCO}/mask_rcnn_R_101_FPN_3x/138205316/model_final_a3ec72.pkl",
    },
    {"MODEL.RESNETS.DEPTH": 101, "MODEL.WEIGHTS": f"{ZOO}ImageNetPretrained/MSRA/R-101.pkl"},
)
"""Depth 50 or 101, from COCO or ImageNet: varied beside anchors in the paper (page 37 of the manuscript)."""

REFERENCE: Grid = {"overrides": REFERENCE_NETWORKS, "anchors": ("config", "fitted")}

GRIDS: Sequence[Grid] = (
    {"border_nm": (2.0, 4.0), "smoothing_nm": (0.0, 2.0), "depth_nm": (1.0, 3.0)},
    {"anchors": ("config", "fitted"), "learning_rate": (0.001, 0.01), "min_score": (0.3, 0.5)},
    {"backbone": ("mobilenet_v2", "resnet50"), "learning_rate": (0.001, 0.005), "min_score": (0.3, 0.5)},
    {"learning_rate": (0.00025, 0.001, 0.005), "min_score": (0.3, 0.5)},
)
"""What can be tried; the first whose options a detector has is taken."""


def grid_for(known: Collection[str], options: Mapping[str, Any], n_options: int) -> Grid:
    """Return what is tried of a detector: the grid of the paper for the paper's network.

    Parameters
    ----------
    known : collection of str
        Names of the options that the detector has.
    options : mapping of str to Any
        Those that are set already.
    n_options : int
        How many are varied, at most.

    Examples
    --------
    >>> grid_for({"backbone", "learning_rate", "min_score"}, {}, 1)
    {'backbone': ('mobilenet_v2', 'resnet50')}
    >>> grid_for({"config", "anchors", "overrides"}, {"config": "reference"}, 3)["anchors"]
    ('config', 'fitted')
    """
    if options.get("config") == "reference":
        return dict(itertools.islice(REFERENCE.items(), n_options))
    grid = next((grid for grid in GRIDS if set(grid) <= set(known)), {})
    return dict(itertools.islice(grid.items(), n_options))
