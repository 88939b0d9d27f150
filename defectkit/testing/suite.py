"""What all conformance suites share: the class under test, its options, and the checks of its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from defectkit import hooks
from defectkit.records import Instances

C = TypeVar("C")

inherited = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.differing_executors],
)
"""For laws that take examples of hypothesis: few, since many classes inherit them, and the same everywhere."""


class UnstatedError(AssertionError):
    """A law needs what only the author of the class can say, such as a value worked out by hand."""


@attrs.frozen(kw_only=True)
class SealedPixels:
    """Pixels that nobody may read.

    Parameters
    ----------
    shape : (int, int)
        Height and width in pixels.
    """

    shape: tuple[int, int] = (8, 8)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that the pixels would have."""
        return np.dtype(np.uint8)

    def read(self) -> Any:
        """Raise: the test that gave these pixels says that they are not needed."""
        raise AssertionError("the pixels were read")


class Suite(Generic[C]):
    """The base of the suites.

    A suite is subclassed in a test module, under a name that begins with ``Test``; pytest runs what it inherits.

    Attributes
    ----------
    cls : type
        The class under test.
    kind : str
        What it is registered as.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    option_sets : sequence of mappings
        Several of those: each law is asked of each of them.
    exceptions : mapping of str to str
        Laws that the class need not keep, by name (that of the test without ``test_``), and why.
    is_registered : bool
        Whether it must be found by its name; set it to False for a class that no entry point registers.
    """

    cls: ClassVar[type[Any]]
    kind: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    option_sets: ClassVar[Sequence[Mapping[str, Any]]] = ()
    exceptions: ClassVar[Mapping[str, str]] = {}
    is_registered: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for law, reason in vars(cls).get("exceptions", {}).items():
            test = getattr(cls, f"test_{law}", None)
            if test is not None and reason.strip():
                setattr(cls, f"test_{law}", _excepted(test, reason))

    @classmethod
    def sets_of_options(cls) -> Sequence[Mapping[str, Any]]:
        """Return every set of options that the laws are asked of: ``option_sets``, or the one of ``options``."""
        return cls.option_sets or (cls.options,)

    @classmethod
    def with_options(cls, options: Mapping[str, Any]) -> Self:
        """Return an object of the suite whose class under test is made with these options."""
        made = cls()
        made.__dict__["options"] = options
        return made

    @pytest.fixture(autouse=True)
    def _options_of_this_run(self, request: pytest.FixtureRequest) -> None:
        """Set the options that pytest runs a law with: one of the sets of options."""
        self.__dict__["options"] = getattr(request, "param", self.options)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Let pytest run every law once for each set of options."""
        sets = self.option_sets
        if sets:
            metafunc.fixturenames.append("_options_of_this_run")
            ids = [", ".join(f"{k}={v}" for k, v in options.items()) or "defaults" for options in sets]
            metafunc.parametrize("_options_of_this_run", sets, ids=ids, indirect=True)

    def make(self) -> C:
        """Return an object of the class under test, with the options of the suite."""
        made: C = self.cls(**self.options)
        return made

    def test_exceptions_are_of_laws_and_have_a_reason(self) -> None:
        """Every exception that the suite declares names one of its laws, and says why it does not apply."""
        for law, reason in self.exceptions.items():
            assert hasattr(self, f"test_{law}"), f"there is no law {law!r} to be excepted from"
            assert reason.strip(), f"the exception from {law!r} has no reason"

    def test_it_fulfils_the_interface(self) -> None:
        """The class is a concrete subclass of the interface of its kind."""
        interface = hooks.interface(self.kind)
        assert issubclass(self.cls, interface), f"{self.cls.__qualname__} is not a subclass of {interface.__qualname__}"
        assert not inspect.isabstract(self.cls), (
            f"not implemented: {', '.join(sorted(getattr(self.cls, '__abstractmethods__', ())))}"
        )

    def test_its_name_is_one_word(self) -> None:
        """``name`` is a class attribute: a string without white space."""
        name = getattr(self.cls, "name", None)
        assert isinstance(name, str), f"name is {name!r}, not a string"
        assert name, "name is empty"
        assert not any(c.isspace() for c in name), f"{name!r} holds white space"

    def test_its_description_is_one_line(self) -> None:
        """``description`` is a class attribute: one line of text for ``defectkit plugins``."""
        text = getattr(self.cls, "description", None)
        assert isinstance(text, str), f"description is {text!r}, not a string"
        assert text.strip(), "description is empty"
        assert "\n" not in text, "description has more than one line"

    def test_it_is_found_by_its_name(self) -> None:
        """The installed distribution registers it, and nothing else has its name."""
        if not self.is_registered:
            pytest.skip("this class is not registered by an entry point")
        assert hooks.find(self.kind, self.cls.name) is self.cls, f"{self.cls.name!r} finds another class"

    def test_its_options_are_keyword_arguments(self) -> None:
        """Every option of the constructor has a name and a default, so that a name alone makes one."""
        for parameter in inspect.signature(self.cls).parameters.values():
            assert parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD), f"{parameter} is positional"
            if parameter.kind is parameter.KEYWORD_ONLY:
                assert parameter.default is not parameter.empty, f"option {parameter.name!r} has no default"


def _excepted(test: Callable[..., None], reason: str) -> Callable[..., None]:
    def excepted(self: Suite[Any]) -> None:
        pytest.skip(reason)

    excepted.__doc__ = test.__doc__
    return excepted


def assert_same_instances(found: Instances, expected: Instances, *, what: str, score_tolerance: float = 0.0) -> None:
    """Assert that two images' worth of defects are the same: masks, types, and scores within a tolerance."""
    assert len(found) == len(expected), f"{what}: {len(found)} defects, not {len(expected)}"
    assert found.shape == expected.shape, f"{what}: the frame is {found.shape}, not {expected.shape}"
    assert found.type_names == expected.type_names, f"{what}: the types differ"
    assert found.runs == expected.runs, f"{what}: the masks differ"
    np.testing.assert_allclose(
        found.scores, expected.scores, atol=score_tolerance, rtol=0, err_msg=f"{what}: the scores differ"
    )
