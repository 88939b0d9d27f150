from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("defectkit", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("random", deadline=None, derandomize=False, max_examples=500, print_blob=True)
settings.load_profile("defectkit")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real micrographs with labels that lies beside the checkout of those who build defectkit."""
    folder = Path(os.environ.get("DEFECTKIT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "SOURCES.md").is_file():
        pytest.skip(
            "the real micrographs are not beside this checkout; set DEFECTKIT_SHARED_DATA to a folder that holds them"
        )
    return folder


@pytest.fixture(scope="session")
def shared_cases(shared_data: Path) -> Path:
    """The folder of small inputs, one folder per case, that lies beside the real micrographs."""
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"there is no folder of cases beside {shared_data}")
    return folder


@pytest.fixture(scope="session")
def ti_frames(shared_data: Path) -> Path:
    """In-situ annealing of neutron-irradiated Ti: frames with two passes of polygon labels."""
    return shared_data / "nomelabs+insitu-TEM-annealing-Ti" / "Polygon Annotation Analysis"


@pytest.fixture(scope="session")
def steel_frames(shared_data: Path) -> Path:
    """Bright-field frames of 316L steel with COCO labels and masks."""
    return shared_data / "ai-atoms+creme" / "data" / "ds25s" / "fov200nm"


@pytest.fixture(scope="session")
def powder_frames(shared_data: Path) -> Path:
    """SEM images of metal powder with VIA labels."""
    return shared_data / "rccohn+AMPIS" / "examples" / "powder" / "data"
