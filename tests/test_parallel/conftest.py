from __future__ import annotations

from collections.abc import Iterator

import pytest

from defectkit.parallel import Executor


@pytest.fixture(scope="package")
def cluster() -> Iterator[Executor]:
    pytest.importorskip("distributed", reason="needs the extra dask")
    from defectkit.parallel.clusters import local_workers

    with local_workers(2) as executor:
        yield executor


@pytest.fixture
def two_processes(cluster: Executor) -> Executor:
    """Processes of a cluster that the tests of this folder share, two unless a test has killed one."""
    cluster.client.wait_for_workers(1)  # type: ignore[attr-defined]  # it is a DaskExecutor
    return cluster
