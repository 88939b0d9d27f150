from __future__ import annotations

import textwrap
import warnings
from typing import TYPE_CHECKING

import pytest

from defectkit import hooks
from defectkit.errors import DefectkitWarning, DuplicateNameError, PluginError, PluginWarning, UnknownPluginError
from defectkit.hooks import Failure, Registered, RegisteredCommand
from defectkit.hooks.kinds import KINDS

if TYPE_CHECKING:
    from conftest import Site

SPLITTER = textwrap.dedent(
    """
    from defectkit.hooks import hookimpl
    from defectkit.splitters.interface import Splitter

    class {cls}(Splitter):
        name = {name!r}
        description = "Splits nothing."

        def split(self, images, *, train_labels, test_labels):
            yield from ()

    @hookimpl
    def defectkit_register_splitters():
        return [{cls}]
    """
)


def source(name: str, cls: str = "Mine") -> str:
    return SPLITTER.format(name=name, cls=cls)


def test_a_class_is_found_by_kind_and_name_with_where_it_came_from(site: Site) -> None:
    module = site.install("my-splitters", source("mine"), entry_point="first")
    tables = site.tables()
    row = tables.table("splitter")["mine"]
    assert tables.find("splitter", "mine") is row.cls
    assert (row.kind, row.name, row.cls.__name__) == ("splitter", "mine", "Mine")
    assert (row.distribution, row.version, row.plugin, row.module) == ("my-splitters", "1.2", "first", module)
    assert row.description == "Splits nothing."
    assert isinstance(row, Registered)
    assert tables.failures() == ()


def test_builtins_come_first_and_through_the_same_hooks(site: Site) -> None:
    site.install("a-first-by-alphabet", source("mine"))
    names = list(site.tables().table("splitter"))
    assert names[-1] == "mine"
    assert "leave-fraction-out" in names


def test_tables_cannot_be_changed(site: Site) -> None:
    with pytest.raises(TypeError):
        site.tables().table("splitter")["mine"] = None


def test_an_unknown_name_lists_the_known_ones(site: Site) -> None:
    site.install("my-splitters", source("mine"))
    with pytest.raises(UnknownPluginError, match=r"no splitter is named 'mien'; did you mean 'mine'\?.*predefined"):
        site.tables().find("splitter", "mien")


def test_an_unknown_kind_lists_the_kinds(site: Site) -> None:
    with pytest.raises(UnknownPluginError, match=r"no kind of plugin is named 'spliter'.*splitter"):
        site.tables().table("spliter")


def test_a_broken_import_warns_once_and_raises_when_asked_for(site: Site) -> None:
    module = site.install("broken-thing", "import a_module_that_is_not_there\n")
    tables = site.tables()
    with pytest.warns(PluginWarning, match=rf"broken-thing 1\.2 \({module}\): ModuleNotFoundError.*not_there") as seen:
        known = tables.table("splitter")
    assert len(seen) == 1
    assert "predefined" in known
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tables.find("splitter", "predefined").name == "predefined"
        tables.table("hardening_model")
    with pytest.raises(
        PluginError, match=r"no splitter named 'theirs'.*broken-thing.*a_module_that_is_not_there"
    ) as error:
        tables.find("splitter", "theirs")
    assert isinstance(error.value.__cause__, ModuleNotFoundError)
    assert [failure.distribution for failure in tables.failures()] == ["broken-thing"]


def test_the_warning_is_one_of_defectkit(site: Site) -> None:
    site.install("broken-thing", "1 / 0\n")
    with pytest.warns(DefectkitWarning, match="ZeroDivisionError: division by zero"):
        site.tables().failures()


def test_two_distributions_with_one_name_are_both_named_and_the_rest_works(site: Site) -> None:
    one = site.install("group-a", source("mine", "First"))
    two = site.install("group-b", source("mine", "Second"))
    site.install("group-c", source("other", "Third"))
    tables = site.quiet_tables()
    with pytest.raises(DuplicateNameError) as error:
        tables.find("splitter", "mine")
    for part in (f"{one}.First of group-a 1.2", f"{two}.Second of group-b 1.2", "'mine'"):
        assert part in str(error.value)
    assert "mine" not in tables.table("splitter")
    assert tables.find("splitter", "other").__name__ == "Third"
    assert [failure.name for failure in tables.failures()] == ["mine"]


def test_a_built_in_is_not_switched_off_by_a_plugin_of_its_name(site: Site) -> None:
    from defectkit.splitters.predefined import Predefined

    site.install("group-a", source("predefined"))
    tables = site.tables()
    with pytest.warns(
        PluginWarning, match=r"'predefined' .* the built-in one is used: by .*defectkit 0 and .* group-a"
    ):
        assert tables.find("splitter", "predefined") is Predefined
    assert tables.find("splitter", "leave-fraction-out").name == "leave-fraction-out"
    assert [failure.name for failure in tables.failures()] == ["predefined"]


def test_names_are_unique_within_a_kind_only(site: Site) -> None:
    site.install("group-a", source("dispersed-barrier"))
    tables = site.tables()
    assert tables.find("splitter", "dispersed-barrier") is not tables.find("hardening_model", "dispersed-barrier")


def test_an_unknown_hook_is_named_with_the_known_ones(site: Site) -> None:
    site.install(
        "newer-thing",
        """
        from defectkit.hooks import hookimpl

        @hookimpl
        def defectkit_register_microscopes():
            return []
        """,
    )
    (failure,) = site.quiet_tables().failures()
    assert "defectkit_register_microscopes" in failure.reason
    assert "Hooks are:" in failure.reason
    assert "defectkit_register_splitters" in failure.reason


def test_a_hook_with_arguments_that_it_is_not_given_is_refused(site: Site) -> None:
    site.install(
        "wrong-arguments",
        """
        from defectkit.hooks import hookimpl

        @hookimpl
        def defectkit_register_splitters(registry):
            return []
        """,
    )
    (failure,) = site.quiet_tables().failures()
    assert "registry" in failure.reason


def test_a_hook_without_its_mark_is_refused(site: Site) -> None:
    site.install("forgot-the-mark", "def defectkit_register_splitters():\n    return []\n")
    (failure,) = site.quiet_tables().failures()
    assert "defectkit_register_splitters lacks the mark @hookimpl" in failure.reason


def test_a_plugin_without_a_hook_is_refused(site: Site) -> None:
    site.install("empty-thing", "x = 1\n")
    (failure,) = site.quiet_tables().failures()
    assert "implements no hook" in failure.reason


def test_a_wrapper_is_refused(site: Site) -> None:
    site.install(
        "wrapping-thing",
        """
        from defectkit.hooks import hookimpl

        @hookimpl(wrapper=True)
        def defectkit_register_splitters():
            return (yield)
        """,
    )
    (failure,) = site.quiet_tables().failures()
    assert "is a wrapper" in failure.reason


def test_a_hook_that_raises_fails_for_its_own_kind_only(site: Site) -> None:
    site.install(
        "half-broken",
        source("mine")
        + textwrap.dedent(
            """
            @hookimpl
            def defectkit_register_detectors():
                import torch_that_is_not_there
            """
        ),
    )
    tables = site.quiet_tables()
    assert tables.find("splitter", "mine").name == "mine"
    with pytest.raises(PluginError, match="torch_that_is_not_there"):
        tables.find("detector", "theirs")
    with pytest.raises(UnknownPluginError):
        tables.find("splitter", "theirs")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return None", "returned None, not a list"),
        ("return Mine", "Mine'>, not a list"),
        ("return 'Mine'", "returned 'Mine', not a list"),
        ("return [Mine()]", "not a class"),
        ("return [dict]", "dict is not a subclass of defectkit.splitters.interface.Splitter"),
        ("return [type('Nameless', (Mine,), {'name': None})]", "Nameless has no class attribute `name`"),
        ("return [type('Nameless', (Mine,), {'name': ' '})]", "Nameless has no class attribute `name`"),
        ("return [type('Mute', (Mine,), {'description': ''})]", "Mute has no class attribute `description`"),
        ("return [type('Spaced', (Mine,), {'name': 'two words'})]", "a name is one word"),
        ("return [type('Half', (Splitter,), {'name': 'x', 'description': 'y'})]", "Half does not implement split"),
    ],
)
def test_what_a_hook_may_not_return_is_that_plugins_failure_alone(site: Site, body: str, reason: str) -> None:
    site.install("wrong-thing", source("mine").replace("return [Mine]", body))
    site.install("right-thing", source("right"))
    tables = site.quiet_tables()
    (failure,) = tables.failures()
    assert reason in failure.reason
    assert isinstance(failure, Failure)
    assert failure.distribution == "wrong-thing"
    assert failure.kinds == ("splitter",)
    assert tables.find("splitter", "right").name == "right"


def test_of_several_classes_only_the_wrong_one_is_refused(site: Site) -> None:
    site.install("mixed-thing", source("mine").replace("return [Mine]", "return [dict, Mine]"))
    tables = site.quiet_tables()
    assert tables.find("splitter", "mine").name == "mine"
    assert len(tables.failures()) == 1


def test_asking_for_a_refused_class_by_name_says_why(site: Site) -> None:
    site.install("wrong-thing", source("mine").replace("return [Mine]", "return [type('A', (), {'name': 'odd'})]"))
    tables = site.quiet_tables()
    with pytest.raises(PluginError, match="A is not a subclass"):
        tables.find("splitter", "odd")
    with pytest.raises(UnknownPluginError):
        tables.find("splitter", "even")


def test_a_generator_may_be_returned(site: Site) -> None:
    site.install("lazy-thing", source("mine").replace("return [Mine]", "yield Mine"))
    assert site.tables().find("splitter", "mine").name == "mine"


def test_hooks_of_other_kinds_are_not_called(site: Site) -> None:
    site.install(
        "heavy-thing",
        source("mine") + "\n@hookimpl\ndef defectkit_register_detectors():\n    raise SystemExit('called')\n",
    )
    tables = site.tables()
    assert tables.find("splitter", "mine").name == "mine"
    assert not tables.commands()


def test_commands_are_listed_with_where_they_came_from(site: Site) -> None:
    site.install(
        "my-commands",
        """
        import click
        from defectkit.hooks import hookimpl

        @click.command()
        def hello():
            '''Say hello. And more.'''

        @hookimpl
        def defectkit_register_commands():
            return [hello]
        """,
    )
    row = site.tables().commands()["hello"]
    assert isinstance(row, RegisteredCommand)
    assert (row.name, row.distribution, row.version, row.plugin) == ("hello", "my-commands", "1.2", "main")
    assert row.description == "Say hello."


@pytest.mark.parametrize(
    ("given", "reason"), [("len", "not a click command"), ("click.Command(None)", "without a name")]
)
def test_what_is_no_command_is_refused(site: Site, given: str, reason: str) -> None:
    site.install(
        "wrong-commands",
        f"""
        import click
        from defectkit.hooks import hookimpl

        @hookimpl
        def defectkit_register_commands():
            return [{given}]
        """,
    )
    tables = site.quiet_tables()
    assert not tables.commands()
    assert reason in tables.failures()[0].reason


def test_two_commands_of_one_name_name_both_distributions(site: Site) -> None:
    text = """
        import click
        from defectkit.hooks import hookimpl

        @hookimpl
        def defectkit_register_commands():
            return [click.Command("hello")]
        """
    site.install("group-a", text)
    site.install("group-b", text)
    tables = site.quiet_tables()
    assert not tables.commands()
    (failure,) = tables.failures()
    assert isinstance(failure.error, DuplicateNameError)
    assert "group-a 1.2" in failure.reason
    assert "group-b 1.2" in failure.reason


def test_without_installed_metadata_the_message_says_how_to_install() -> None:
    tables = hooks.Registry([])
    with pytest.warns(PluginWarning, match="not installed"):
        tables.table("splitter")
    with pytest.raises(PluginError, match=r"python -m pip install -e \."):
        tables.find("splitter", "predefined")


def test_every_kind_has_an_interface_that_nobody_can_make() -> None:
    for kind in KINDS:
        with pytest.raises(TypeError, match="abstract"):
            hooks.interface(kind)()
    with pytest.raises(UnknownPluginError, match="kind of plugin"):
        hooks.interface("spliter")


def test_the_installed_tables_hold_the_builtins() -> None:
    assert hooks.find("splitter", "predefined") is hooks.table("splitter")["predefined"].cls
    assert hooks.tables() is hooks.tables()
    assert "predefined" not in hooks.commands()
    assert all(failure.distribution != "defectkit" for failure in hooks.failures())
