"""AskedSuite: laws of every class that gives an answer to a question, whatever its kind."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
import random
from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np

from defectkit.testing.elsewhere import elsewhere
from defectkit.testing.suite import Suite

C = TypeVar("C")

UNLIKELY_SEED = 77_003
"""One that no plugin sets by itself."""


class AskedSuite(Suite[C]):
    """What every class must keep to that is asked something: no chance of others, no print, the same everywhere."""

    @abstractmethod
    def question(self) -> Any:
        """Return what the class is asked, newly made: images, a comparison, populations."""

    @staticmethod
    @abstractmethod
    def answer(made: Any, question: Any) -> Any:
        """Return what an object of the class says, as something that can be pickled and compared."""

    def assert_same_answer(self, found: Any, expected: Any, what: str) -> None:
        """Assert that two answers are the same."""
        assert found == expected, f"{what} it says something else"

    def test_it_can_be_pickled(self) -> None:
        """An object comes back from a pickle and says the same, as processes and Dask need it."""
        made = self.make()
        again = pickle.loads(pickle.dumps(made))
        self.assert_same_answer(
            self.answer(again, self.question()), self.answer(made, self.question()), "back from a pickle"
        )

    def test_another_process_says_the_same(self) -> None:
        """In a process where Python's hashes are others, the answer is the same."""
        made = self.make()
        here = self.answer(made, self.question())
        there = elsewhere(type(self).answer, made, self.question())
        self.assert_same_answer(there, here, "in a process with other hashes")

    def test_global_chance_is_left_alone(self) -> None:
        """The generators of chance that all share are neither drawn from nor seeded."""
        made = self.make()
        question = self.question()
        kept = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global generator is what is watched
        random.seed(UNLIKELY_SEED)
        np.random.seed(UNLIKELY_SEED)  # noqa: NPY002 - see above
        try:
            before = _global_states()
            self.answer(made, question)
            assert _global_states() == before, (
                "a generator that all share, of random or NumPy, was drawn from or seeded"
            )
        finally:
            random.setstate(kept[0])
            np.random.set_state(kept[1])  # noqa: NPY002 - see above

    def test_nothing_is_printed(self) -> None:
        """Nothing is written to standard output: that belongs to the commands."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.answer(self.make(), self.question())
        assert printed.getvalue() == "", f"it prints {printed.getvalue()[:60]!r}"


class GivenSuite(AskedSuite[C]):
    """What every class must keep to that is asked about something that others go on with."""

    def test_what_it_is_given_is_left_as_it_is(self) -> None:
        """Whoever asks can go on with what was given: nothing of it is changed."""
        question = self.question()
        before = pickle.dumps(copy.deepcopy(question))
        self.answer(self.make(), question)
        assert pickle.dumps(copy.deepcopy(question)) == before, "what it was given is changed"


def _global_states() -> list[Any]:
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 - the global generator is what is watched
    return [random.getstate(), kind, np.asarray(keys).tolist(), *rest]
