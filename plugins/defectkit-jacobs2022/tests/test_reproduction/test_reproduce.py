"""A reproduction from its studies to its files."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from defectkit_jacobs2022.reproduction import Effort, Plan, Reproduction, reproduce

from defectkit.errors import OutputError, RenamedFileWarning, StudyError
from defectkit.storage.results import load_results
from defectkit.studies import headline
from defectkit.studies.data import StudyData
from defectkit.studies.running.progress import StudyProgress

NAMES = ("table1", "table7", "figure2", "figure7")


KILLED = """
import os, signal, sys
from defectkit_jacobs2022.reproduction import reproduce, writing
from small_reproduction import small_data, small_effort, small_plan

plan = small_plan()
writing.save_figure = lambda figure, path: os.kill(os.getpid(), signal.SIGKILL)
reproduce(["table1", "figure2"], sys.argv[1], plan=plan, data=small_data(), effort=small_effort(plan))
"""
"""A run that is killed when it is about to write a figure."""


@pytest.fixture(scope="module")
def made(plan: Plan, data: StudyData, effort: Effort, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    folder = tmp_path_factory.mktemp("reproduction") / "out"
    return reproduce(NAMES, folder, plan=plan, data=data, effort=effort)


def test_each_artifact_is_there_in_every_form(made: Reproduction) -> None:
    files = {path.name for path in (made.folder / "artifacts").iterdir()}
    for name in ("table1", "table7"):
        assert {f"{name}.csv", f"{name}.tex", f"{name}.md"} <= files
    for name in ("figure2", "figure7"):
        assert {f"{name}.png", f"{name}.svg", f"{name}.pdf", f"{name}.txt"} <= files
    assert [one.artifact.name for one in made.written] == list(NAMES)
    assert not made.omitted


def test_everything_says_what_made_it(made: Reproduction) -> None:
    said = " ".join(made.provenance)
    assert "data set small" in said
    assert "pixel-forest" in said
    assert "a budget of 1 minutes" in said
    assert "jacobs2022" in said
    for path in (made.folder / "artifacts").glob("*.md"):
        assert all(line in path.read_text(encoding="utf-8") for line in made.provenance), path.name
    picture = (made.folder / "artifacts" / "figure2.svg").read_text(encoding="utf-8")
    assert "data set small" in re.sub(r"\s+", " ", picture)
    assert "<text" in picture
    caption = (made.folder / "artifacts" / "figure2.txt").read_text(encoding="utf-8")
    assert caption.startswith("Figure 2. Finding defects over the IoU threshold.\nfinding defects of any type: ")
    assert all(line in caption for line in made.provenance)


def test_numbers_of_a_table_are_those_of_the_study(made: Reproduction) -> None:
    result = load_results(made.folder / "results" / "label-sets.zarr")
    figures = headline(result)
    own = figures["find_f1_score"].values[
        (figures["train_labels"].values == "dataset1@1") & (figures["test_labels"].values == "dataset1@1")
    ]
    text = (made.folder / "artifacts" / "table7.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO("".join(line for line in text.splitlines(True) if line[0] != "#"))))
    (f1,) = (row for row in rows if row["statistic"].startswith("find") and row["source"] == "ours")
    assert float(f1[next(key for key in f1 if "dataset1" in key)]) == own[0]


def test_the_page_shows_all_of_it(made: Reproduction) -> None:
    page = (made.folder / "index.html").read_text(encoding="utf-8")
    for name in NAMES:
        assert f'id="{name}"' in page
    assert page.count("<img ") == 2
    assert all((made.folder / src).is_file() for src in re.findall(r'(?:src|href)="(artifacts/[^"]+)"', page))
    markdown = (made.folder / "index.md").read_text(encoding="utf-8")
    assert "## Table 7" in markdown
    assert "(artifacts/figure2.png)" in markdown


def test_a_second_run_trains_nothing(made: Reproduction, plan: Plan, data: StudyData, effort: Effort) -> None:
    before = {path.name: path.read_bytes() for path in (made.folder / "artifacts").iterdir()}
    told: list[StudyProgress] = []
    reproduce(NAMES, made.folder, plan=plan, data=data, effort=effort, report=lambda _, p: told.append(p))
    assert told
    assert all(progress.is_kept for progress in told)
    assert {path.name: path.read_bytes() for path in (made.folder / "artifacts").iterdir()} == before


def test_what_the_data_cannot_give_is_said(plan: Plan, data: StudyData, effort: Effort, tmp_path: Path) -> None:
    import attrs

    bare = attrs.evolve(plan, left_out=())
    made = reproduce(["table1", "table6"], tmp_path / "out", plan=bare, data=data, effort=effort)
    assert [one.artifact.name for one in made.written] == ["table1"]
    assert "no group of them can be left out" in made.omitted["table6"]
    assert "Not made" in (made.folder / "index.html").read_text(encoding="utf-8")
    with pytest.raises(StudyError, match="no group of them can be left out"):
        reproduce(["table6"], tmp_path / "out", plan=bare, data=data, effort=effort)


def test_a_folder_of_something_else_is_left_alone(plan: Plan, data: StudyData, effort: Effort, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="no reproduction wrote"):
        reproduce(["table1"], tmp_path, plan=plan, data=data, effort=effort)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("inside", ["", "below"])
def test_an_output_at_the_images_is_refused(
    inside: str, plan: Plan, data: StudyData, effort: Effort, tmp_path: Path
) -> None:
    frames = tmp_path / "data" / "frames"
    frames.mkdir(parents=True)
    images = {name: attrs.evolve(image, path=frames / f"{name}.png") for name, image in data.images.items()}
    there = attrs.evolve(data, images=images)
    with pytest.raises(OutputError, match=r"the output .* the input .*frames"):
        reproduce(["table1"], frames / inside, plan=plan, data=there, effort=effort)
    assert list(tmp_path.rglob("*.json")) == []


def test_tables_name_images_that_are_not_fully_read(
    plan: Plan, data: StudyData, effort: Effort, tmp_path: Path
) -> None:
    first = data.labels(plan.roles.first)
    name = first.images[0]
    partly = {**data.label_sets, first.key: attrs.evolve(first, refused={name: 2})}
    made = reproduce(["table1"], tmp_path, plan=plan, data=attrs.evolve(data, label_sets=partly), effort=effort)
    said = f"labels {first.key}: image {name} is not fully read, 2 regions were refused"
    assert said in made.provenance
    for end in ("csv", "md", "tex"):
        text = (made.folder / "artifacts" / f"table1.{end}").read_text("utf-8")
        assert "is not fully read, 2 regions were refused" in text, end


@pytest.mark.parametrize("name", ["artifacts/table1.csv", "index.md"])
def test_an_artifact_that_somebody_changed_is_left_alone(
    name: str, plan: Plan, data: StudyData, effort: Effort, tmp_path: Path
) -> None:
    made = reproduce(["table1"], tmp_path / "out", plan=plan, data=data, effort=effort)
    reproduce(["table1"], tmp_path / "out", plan=plan, data=data, effort=effort)
    file = made.folder / name
    ours = file.read_bytes()
    file.write_text("mine")
    with pytest.raises(OutputError, match="was changed since it was made; move it away"):
        reproduce(["table1"], tmp_path / "out", plan=plan, data=data, effort=effort)
    assert file.read_text() == "mine"
    file.unlink()
    reproduce(["table1"], tmp_path / "out", plan=plan, data=data, effort=effort)
    assert file.read_bytes() == ours


def test_what_somebody_changed_after_a_killed_run_becomes_a_backup(
    plan: Plan, data: StudyData, effort: Effort, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    done = subprocess.run([sys.executable, "-c", KILLED, str(out)], env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == -signal.SIGKILL
    whole, half = out / "artifacts" / "table1.csv", out / "artifacts" / "figure2.png"
    assert whole.is_file()
    whole_text = whole.read_bytes()
    whole.write_text("mine")
    with pytest.raises(OutputError, match=r"table1\.csv was changed since it was made"):
        reproduce(["table1"], out, plan=plan, data=data, effort=effort)
    whole.write_bytes(whole_text)
    half.write_text("mine, too")
    with pytest.warns(RenamedFileWarning, match=r"figure2\.png .*figure2\.kept-1\.png"):
        reproduce(["figure2"], out, plan=plan, data=data, effort=effort)
    assert half.with_name("figure2.kept-1.png").read_text() == "mine, too"
    assert half.read_bytes().startswith(b"\x89PNG")
    reproduce(["figure2"], out, plan=plan, data=data, effort=effort)
    assert not half.with_name("figure2.kept-2.png").exists()


@pytest.mark.parametrize("text", ['{"format": 1}', '{"files": {"../out": 3}}', '{"files": 3}', "[]"])
def test_a_list_of_artifacts_of_another_form_is_told_or_old(
    text: str, plan: Plan, data: StudyData, effort: Effort, tmp_path: Path
) -> None:
    (tmp_path / "reproduction.json").write_text(text)
    if "format" in text:
        assert reproduce(["table1"], tmp_path, plan=plan, data=data, effort=effort).written
    else:
        with pytest.raises(OutputError, match=r"reproduction\.json is damaged"):
            reproduce(["table1"], tmp_path, plan=plan, data=data, effort=effort)
