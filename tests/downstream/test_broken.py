from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import User

Make = Callable[..., "User"]

BROKEN = {
    "broken-import": ("broken_import", "No module named 'a_library_that_is_not_installed'"),
    "unknown-hook": ("unknown_hook", "defectkit_register_microscopes"),
    "no-subclass": ("no_subclass", "Lookalike is not a subclass of defectkit.detectors.interface.Detector"),
    "duplicate-name": ("duplicate_name", "'first-half' is registered more than once"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_and_the_rest_works(user: Make, name: str) -> None:
    somebody = user("defectkit-example", name)
    listed = somebody.plugins()
    (failure,) = listed["failures"]
    module, reason = BROKEN[name]
    assert (failure["distribution"], failure["version"]) == (name, "0.1")
    assert failure["module"] == module
    assert reason in failure["reason"]
    somebody.draw("one.npy")
    assert somebody.run("count", "one.npy").stdout == "one: 3\n"


def test_all_of_them_together(user: Make) -> None:
    somebody = user("defectkit-example", *BROKEN)
    listed = somebody.plugins()
    assert sorted(failure["distribution"] for failure in listed["failures"]) == sorted(BROKEN)
    shown = somebody.run("plugins").stdout
    assert "Failed" in shown
    for _, reason in BROKEN.values():
        assert reason in shown


@pytest.mark.parametrize("name", ["broken-import", "unknown-hook"])
def test_the_help_warns_in_one_line(user: Make, name: str) -> None:
    done = user(name).run("--help")
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"warning: plugin 'main' of {name} 0.1 ({BROKEN[name][0]}): ")


def test_a_name_that_only_a_broken_plugin_could_give_raises_and_says_why(user: Make) -> None:
    done = user("broken-import").python("-c", "from defectkit import hooks; hooks.find('detector', 'theirs')")
    assert done.returncode == 1
    assert "PluginError: no detector named 'theirs' could be loaded" in done.stderr
    assert "a_library_that_is_not_installed" in done.stderr


def test_a_name_of_two_distributions_names_both(user: Make) -> None:
    code = "from defectkit import hooks; print(hooks.find('splitter', 'unique')); hooks.find('splitter', 'first-half')"
    done = user("defectkit-example", "duplicate-name").python("-c", code)
    assert "Unique" in done.stdout
    assert "DuplicateNameError" in done.stderr
    for part in ("defectkit_example_parts.FirstHalf of defectkit-example 0.3", "OtherFirstHalf of duplicate-name 0.1"):
        assert part in done.stderr


def test_the_command_line_ends_with_status_2_for_a_class_that_was_refused(user: Make) -> None:
    somebody = user("defectkit-example", "no-subclass")
    somebody.draw("one.npy")
    done = somebody.run("analyze", "one.npy", "--pixel-size", "1 nm", "--detector", "lookalike", "-o", "out")
    assert done.returncode == 2
    assert "Lookalike is not a subclass" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_detector_that_returns_a_wrong_shape_is_named_with_the_image(user: Make) -> None:
    somebody = user("defectkit-example", "wrong-shape")
    np.save(somebody.folder / "wide.npy", np.zeros((32, 48), np.uint8))
    done = somebody.run("analyze", "wide.npy", "--pixel-size", "1 nm", "--detector", "swapped", "-o", "out")
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "detector 'swapped', image 'wide': the prediction has the shape (48, 32), but the image has (32, 48)" in told
    assert "Traceback" not in done.stderr
