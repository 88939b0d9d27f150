"""Mutant: a wrong plugin, and the law that catches it."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from defectkit.testing.suite import Suite


@attrs.frozen(kw_only=True)
class Mutant:
    """A class that is wrong on purpose.

    Parameters
    ----------
    suite : type
        The suite, with the class under test.
    what : str
        What is wrong, as the predicate of a sentence.
    law : str
        The law that has to catch it.
    said : str
        What it has to say, as a regular expression.
    """

    suite: type[Suite[Any]]
    what: str
    law: str
    said: str

    @property
    def name(self) -> str:
        """The name of the class under test."""
        return self.suite.__name__


def mutant(right: type[Suite[Any]], cls: type[Any], what: str, law: str, said: str = "", **changed: Any) -> Mutant:
    """Return a mutant that the suite of the right class tests, with some attributes of the suite changed."""
    return Mutant(suite=type(cls.__name__, (right,), {"cls": cls, **changed}), what=what, law=law, said=said)


def shared_mutants(right: type[Suite[Any]], built_in: str) -> list[Mutant]:
    """Return those of every kind: wrong in name, description, options or what the suite declares.

    Parameters
    ----------
    right : type
        The suite of the right class.
    built_in : str
        The name of a built-in of the kind.
    """
    cls = right.cls

    class NoSubclass:
        name = "good"
        description = "It has what it takes, but not from the interface."
        suffixes: ClassVar[tuple[str, ...]] = (".good",)

    spaced = type("Spaced", (cls,), {"name": "two words"})
    mute = type("Mute", (cls,), {"description": "one\ntwo"})
    shadow = type("Shadow", (cls,), {"name": built_in})
    needy = type("Needy", (cls,), {"__init__": lambda self, threshold: None})
    hasty = type("Hasty", (cls,), {})
    return [
        mutant(right, NoSubclass, "is no subclass of the interface", "it_fulfils_the_interface", "is not a subclass"),
        mutant(right, spaced, "has a name of two words", "its_name_is_one_word", "white space"),
        mutant(right, mute, "has a description of two lines", "its_description_is_one_line", "more than one line"),
        mutant(
            right,
            shadow,
            "takes the name of a built-in",
            "it_is_found_by_its_name",
            "finds another class",
            is_registered=True,
        ),
        mutant(
            right, needy, "needs an option", "its_options_are_keyword_arguments", "threshold is positional", options={}
        ),
        mutant(
            right,
            hasty,
            "is excepted from a law without a reason",
            "exceptions_are_of_laws_and_have_a_reason",
            "has no reason",
            exceptions={"its_name_is_one_word": " "},
        ),
    ]
