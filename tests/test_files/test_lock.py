from __future__ import annotations

import errno
import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import pytest

from defectkit.errors import LockWarning, OutputError
from defectkit.files import locked
from defectkit.files.lock import is_locked

HOLDER = """
import sys, time
from pathlib import Path
from defectkit.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_by_one_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    assert not is_locked(path)
    with locked(path):
        assert is_locked(path)
        with pytest.raises(OutputError, match="has been held"), locked(path, timeout_s=0):
            pytest.fail("two holders")
        with pytest.raises(OutputError, match="come back later"), locked(path, timeout_s=0, busy="come back later"):
            pytest.fail("two holders")
    assert not path.exists()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    assert is_locked(path)
    process.kill()
    process.communicate()
    assert not is_locked(path)
    with locked(path, timeout_s=0):
        pass
    assert not path.exists()


def test_those_who_wait_come_one_after_the_other(tmp_path: Path) -> None:
    inside: list[str] = []

    def work() -> None:
        with locked(tmp_path / "lock"):
            inside.append("in")
            time.sleep(0.02)
            inside.append("out")

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == ["in", "out"] * 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_a_file_system_without_locks_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def refuse(self: object, **kwargs: object) -> None:
        raise OSError(getattr(errno, code), "no locks")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.warns(LockWarning, match="only one run at a time"), locked(tmp_path / "lock"):
        pass
    assert not is_locked(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*file/lock"), locked(tmp_path / "file" / "lock"):
        pytest.fail("no lock")
