from __future__ import annotations

from pathlib import Path

import pytest

from defectkit.errors import WorkersError

pytest.importorskip("distributed", reason="needs the extra dask")

from defectkit.parallel.clusters import KINDS, JobCluster, job_workers, local_workers, workers_at

SLURM = """
kind = "slurm"
jobs = 4

[options]
cores = 16
memory = "64GB"
queue = "normal"
walltime = "02:00:00"
account = "loops"
job_script_prologue = ["module load python"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "cluster.toml"
    path.write_text(text)
    return path


def test_the_job_script_of_slurm_asks_for_what_the_file_says(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra dask")
    with JobCluster.read(written(tmp_path, SLURM)).start() as cluster:
        script = cluster.job_script()
    for line in (
        "#SBATCH -p normal",
        "#SBATCH -A loops",
        "#SBATCH --cpus-per-task=16",
        "#SBATCH --mem=60G",
        "#SBATCH -t 02:00:00",
        "module load python",
    ):
        assert line in script.splitlines()
    assert "--nthreads 1" in script
    assert "--nworkers 16" in script


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_a_class_for_each_batch_system(kind: str) -> None:
    jobqueue = pytest.importorskip("dask_jobqueue", reason="needs the extra dask")
    assert hasattr(jobqueue, KINDS[kind])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = 'cray'", "kind is 'cray'; it is one of htcondor, lsf"),
        ("jobs = 2", "kind is None"),
        ("kind = 'slurm'\njobs = 0", "jobs is 0; give a whole number, 1 or more"),
        ("kind = 'slurm'\ncores = 3", "'cores' means nothing; a cluster has kind, jobs and a table options"),
        ("kind = 'slurm'\noptions = 3", "options is 3; give a table"),
        ("kind = ", "cluster.toml: "),
    ],
)
def test_a_file_that_says_no_cluster_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WorkersError, match=said):
        JobCluster.read(written(tmp_path, text))


def test_options_that_the_batch_system_lacks_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra dask")
    file = written(tmp_path, "kind = 'slurm'\n[options]\ncores = 1\nmemory = '1GB'\nqueu = 'x'")
    with pytest.raises(WorkersError, match=r"a slurm cluster refuses its options: .*queu"), job_workers(file):
        pass


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkersError, match=r"none\.toml"):
        JobCluster.read(tmp_path / "none.toml")


def test_an_address_where_no_scheduler_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("defectkit.parallel.clusters.SECONDS_TO_CONNECT", 0.5)
    with (
        pytest.raises(WorkersError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"),
        workers_at("tcp://127.0.0.1:1"),
    ):
        pass


def test_no_process_at_all_is_refused() -> None:
    with pytest.raises(WorkersError, match="workers is 0"), local_workers(0):
        pass
