"""The documentation cannot rot: all that there is, is named in it, and what it shows, runs."""

from __future__ import annotations

import atexit
import importlib
import inspect
import pkgutil
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import attrs
import click
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tifffile

import defectkit
from defectkit import errors, hooks, testing, write_labels
from defectkit.cli import cli, nouns
from defectkit.conventions import known_conventions
from defectkit.formats.report import Problem
from defectkit.hooks import specs
from defectkit.hooks.kinds import KINDS
from defectkit.reports.evaluation import FIGURES, TABLES
from defectkit.testing.synthetic import synthetic_dataset

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HOOKS = sorted(name for name in dir(specs) if name.startswith("defectkit_register_"))


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in order."""
    return [code for found, code in BLOCK.findall(PAGES[page]) if found == language]


@cache
def words() -> frozenset[str]:
    """Every word in code font in any page."""
    spans = (span for text in PAGES.values() for span in re.findall(r"`+([^`]+)`+", text))
    return frozenset(word for span in spans for word in re.findall(r"[\w.-]+", span))


def test_there_are_pages() -> None:
    assert {"index.md", "start.md", "plugins.md", "reference/index.md"} <= set(PAGES)


# What there is, is named.


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_section_with_an_implementation(hook: str) -> None:
    sections = re.split(r"^## ", PAGES["plugins.md"], flags=re.MULTILINE)
    (section,) = [text for text in sections if text.startswith(f"`{hook}`")]
    assert f"@hookimpl\ndef {hook}():" in section


@pytest.mark.parametrize("kind", KINDS)
def test_every_built_in_is_named(kind: str) -> None:
    names = {row.name for row in hooks.table(kind).values() if row.distribution == "defectkit"}
    assert names - words() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_listed_in_the_reference(kind: str) -> None:
    assert [page for page, text in PAGES.items() if f".. registered:: {kind}\n" in text]


def test_every_command_is_shown() -> None:
    shown = [line for _, line in commands()]
    missing = [path for path in paths() if not any(f"{line} ".startswith(f"{path} ") for line in shown)]
    assert missing == []


def test_the_help_of_every_command_is_in_the_reference() -> None:
    assert "```{command-help}\n```" in PAGES["reference/commands.md"]


def test_every_error_and_warning_is_explained() -> None:
    known = {n for n, c in vars(errors).items() if inspect.isclass(c) and c.__module__ == errors.__name__}
    cells = {
        word
        for row in re.findall(r"^\|([^|]*)\|", PAGES["reference/errors.md"], re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    assert cells == known


def test_every_environment_variable_is_explained() -> None:
    source = Path(defectkit.__file__).parent
    used = {v for file in source.rglob("*.py") for v in re.findall(r"DEFECTKIT_[A-Z_]+", file.read_text("utf-8"))}
    assert used
    rows = {name for name in used if f"| `{name}` |" in PAGES["start.md"]}
    assert used - rows == set()


def test_every_convention_is_named() -> None:
    assert set(known_conventions()) <= set(re.findall(r"`([^`]+)`", PAGES["conventions.md"]))


def test_every_problem_of_labels_is_explained() -> None:
    assert [str(p) for p in Problem if str(p) not in PAGES["labels.md"]] == []


def test_every_file_of_an_evaluation_is_explained() -> None:
    assert [name for name in (*TABLES, *FIGURES) if f"`{name}`" not in PAGES["evaluate.md"]] == []


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What measuring drawn labels writes."""
    images, truth = synthetic_dataset(3, 1, shape=(128, 128), counts={"bdot": 2, "loop_111": 1})
    drawn = {name: outlined(found) for name, found in truth.instances.items()}
    result = defectkit.measure_labels(attrs.evolve(truth, instances=drawn), images)
    return defectkit.write_analysis(result, tmp_path_factory.mktemp("docs") / "out")


def outlined(instances: defectkit.Instances) -> defectkit.Instances:
    """The same number of defects, each a triangle that somebody drew."""
    triangles = [[(10 * k + 1, 1), (10 * k + 8, 4), (10 * k + 1, 9)] for k in range(len(instances))]
    return defectkit.Instances.from_polygons(triangles, types=instances.type_names, shape=instances.shape)


def test_every_file_of_an_analysis_is_explained(analyzed: Path) -> None:
    names = {path.name for path in analyzed.iterdir()} - {"overlays"}
    assert {name for name in names if f"`{name}`" not in PAGES["start.md"]} == set()


def test_every_column_of_the_tables_is_explained(analyzed: Path) -> None:
    section = PAGES["start.md"].split("### defects.csv")[1].split("## Calibration")[0]
    explained = set(re.findall(r"\w+", section))
    columns = {}
    for name in ("defects.csv", "summary.csv", "hardening.csv"):
        header = (analyzed / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        columns[name] = {re.sub(r"_(mean|sd)(_nm)?$", "", c) if name == "summary.csv" else c for c in header}
    assert {name: found - explained for name, found in columns.items()} == {name: set() for name in columns}


def test_every_stage_has_a_page_of_reference() -> None:
    stages = {f"defectkit.{m.name}" for m in pkgutil.iter_modules(defectkit.__path__) if m.ispkg}
    shown = {m for page, text in PAGES.items() for m in re.findall(r"^\.\. public-names:: (\S+)$", text, re.MULTILINE)}
    without_names = {"defectkit.cli"}
    covered = stages & shown | {".".join(m.split(".")[:2]) for m in shown}
    assert stages - covered - without_names == set()
    for module in shown:
        importlib.import_module(module)


def test_every_page_of_reference_is_in_its_index() -> None:
    listed = [word for tree in PAGES["reference/index.md"].split("```{toctree}")[1:] for word in tree.split()]
    pages = {page.removeprefix("reference/").removesuffix(".md") for page in PAGES if page.startswith("reference/")}
    assert pages - set(listed) == {"index"}


@pytest.mark.parametrize("page", PAGES)
def test_links_to_pages_and_pictures_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", PAGES[page])
    assert [target for target in targets if not ((DOCS / page).parent / target).is_file()] == []


# What is shown, runs.


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small images and two people's labels of them, and no data of this user."""
    images, truth = synthetic_dataset(1, 2, shape=(256, 256), counts={"bdot": 6, "loop_111": 3})
    named = dict(zip("ab", images.values(), strict=True))
    labels = attrs.evolve(truth, instances=dict(zip("ab", truth.instances.values(), strict=True)))
    (tmp_path / "frames").mkdir()
    for name, image in named.items():
        tifffile.imwrite(tmp_path / "frames" / f"{name}.tif", image.pixels)
    write_labels(labels, tmp_path / "labels.json", format="coco")
    fewer = {name: found.take(np.arange(1, len(found))) for name, found in labels.instances.items()}
    write_labels(attrs.evolve(labels, instances=fewer), tmp_path / "second.json", format="coco")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("DEFECTKIT_CATALOGUE", str(tmp_path / "catalogue"))
    monkeypatch.delenv("DEFECTKIT_MIRROR", raising=False)
    return tmp_path


ON_REAL_FRAMES = "titanium.md"
WITH_PYTHON = [page for page in PAGES if blocks(page, "python") and page not in ("plugins.md", ON_REAL_FRAMES)]


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_python_of_a_page_runs(page: str, workplace: Path) -> None:
    namespace: dict[str, Any] = {}
    for number, code in enumerate(blocks(page, "python"), start=1):
        exec(compile(code, f"{page}, block {number}", "exec"), namespace)
    plt.close("all")


@pytest.mark.filterwarnings("ignore:ti-loops")
def test_the_python_of_the_page_on_a_real_frame_runs(
    workplace: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECTKIT_MIRROR", str(shared_data))
    test_the_python_of_a_page_runs(ON_REAL_FRAMES, workplace)


def test_the_first_example_of_python_is_short() -> None:
    first = blocks("python.md", "python")[0]
    assert len([line for line in first.splitlines() if line]) < 10


def paths() -> Iterator[str]:
    """Every command that is built in, as it is typed."""
    for name in nouns.NOUNS:
        command = nouns.load(name)
        if isinstance(command, click.Group):
            yield from (f"defectkit {name} {below}" for below in command.list_commands(click.Context(command)))
        else:
            yield f"defectkit {name}"


def commands() -> Iterator[tuple[str, str]]:
    """Every command line that a page shows, with its page."""
    for page in PAGES:
        for code in blocks(page, "sh"):
            for line in code.replace("\\\n", " ").splitlines():
                if line.startswith("defectkit "):
                    yield page, line


@pytest.mark.parametrize(("page", "line"), list(commands()))
def test_command_lines_can_be_given(page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "frames").mkdir()
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="defectkit")
    while isinstance(command, click.Group) and (arguments or not command.invoke_without_command):
        name = arguments.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{page}: {line}: there is no command {name}"
        command, context = found, click.Context(found, info_name=name, parent=context)
    with command.make_context(command.name, arguments, parent=context.parent):
        pass


@pytest.mark.parametrize("page", PAGES)
def test_command_lines_fit_the_page(page: str) -> None:
    lines = [line for code in blocks(page, "sh") for line in code.splitlines()]
    assert [line for line in lines if len(line) > 88] == []


def test_shown_commands_are_in_blocks_that_are_checked() -> None:
    stray = [
        f"{page}: {line}"
        for page, text in PAGES.items()
        for language, code in BLOCK.findall(text)
        for line in code.splitlines()
        if re.match(r"\$? *defectkit \w", line) and language != "sh"
    ]
    assert stray == []


# The plugin of the page runs and conforms.


def plugin() -> Any:
    """The module that the page on plugins spells out, in a file of its own as a plugin's is."""
    path = Path(tempfile.mkdtemp(prefix="defectkit-docs-")) / "defectkit_mine.py"
    atexit.register(shutil.rmtree, path.parent)
    path.write_text("\n\n".join(blocks("plugins.md", "python")), encoding="utf-8")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


MINE: Any = plugin()


class TestThreshold(MINE.TestThreshold):
    is_registered = False


class TestDepth(MINE.TestDepth):
    is_registered = False


class TestByAlloy(MINE.TestByAlloy):
    is_registered = False


class TestCountDifference(MINE.TestCountDifference):
    is_registered = False


class TestMeanSpacing(MINE.TestMeanSpacing):
    is_registered = False


class TestBoxTable(MINE.TestBoxTable):
    is_registered = False


class TestNumpyFormat(MINE.TestNumpyFormat):
    is_registered = False


class TestSquares(MINE.TestSquares):
    is_registered = False


def test_every_suite_of_the_page_is_run() -> None:
    shown = {name for name in vars(MINE) if name.startswith("Test")}
    assert shown == {name for name, thing in globals().items() if inspect.isclass(thing) and name.startswith("Test")}
    kinds = {getattr(MINE, name).kind for name in shown}
    assert kinds == {getattr(testing, name).kind for name in testing.__all__ if "Suite" in name}


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook != "defectkit_register_commands"])
def test_the_hooks_of_the_page_return_what_they_may(hook: str) -> None:
    classes = getattr(MINE, hook)()
    interfaces = tuple(hooks.interface(kind) for kind in KINDS if KINDS[kind].hook == hook)
    assert classes
    assert all(issubclass(cls, interfaces) for cls in classes)


def test_the_data_set_of_the_page_holds_what_it_says() -> None:
    source = MINE.Squares()
    (version,) = source.entry().labels
    labels = source.labels(version.key)
    assert (len(labels), labels.n_defects) == (version.expected.images, version.expected.defects)
    assert {image.name for image in source.images()} == set(labels)


def test_the_command_of_the_page_runs(tmp_path: Path) -> None:
    from click.testing import CliRunner

    pixels = np.full((20, 20), 200, np.uint8)
    pixels[2:5, 2:5] = pixels[10:14, 8:12] = 30
    np.save(tmp_path / "image.npy", pixels)
    done = CliRunner().invoke(MINE.patches, [str(tmp_path / "image.npy")])
    assert (done.exit_code, done.output) == (0, "image: 2\n")
