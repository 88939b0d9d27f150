"""Transfer: one file from the mirror or the network, continued where an earlier attempt ended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs

from defectkit.datasets.file_list import RemoteFile
from defectkit.datasets.places import Mirror
from defectkit.datasets.progress import Progress, silent
from defectkit.errors import FetchError
from defectkit.files.decoding import max_text_bytes

if TYPE_CHECKING:
    import requests

ATTEMPTS = 4
"""How often a transfer that breaks off is continued in one call."""

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
_PIECE = 2**14
"""What is lost when a connection breaks or the process is killed is less than this."""


@attrs.define(kw_only=True)
class Network:
    """The network as it was found in one call: a host that does not answer once is not asked again.

    Parameters
    ----------
    unreachable : dict of str to str
        The reason, by host.
    """

    unreachable: dict[str, str] = attrs.field(factory=dict)

    def get(self, address: str, *, start: int = 0) -> requests.Response:
        """Return the answer of an address, its content still to be read, from byte ``start`` on if the host can.

        Raises
        ------
        FetchError
            If the host cannot be reached, or says that there is no such file.
        """
        import requests

        host = urlsplit(address).netloc
        if host in self.unreachable:
            raise FetchError(self.unreachable[host])
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            answer = requests.get(address, headers=headers, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
        except (requests.ConnectionError, requests.Timeout) as error:
            self.unreachable[host] = f"{host} cannot be reached ({type(error).__name__})"
            raise FetchError(self.unreachable[host]) from error
        except requests.RequestException as error:
            raise FetchError(f"{address}: {error}") from error
        if not answer.ok and answer.status_code != requests.codes.requested_range_not_satisfiable:
            raise FetchError(f"{address} answers {answer.status_code} {answer.reason}")
        return answer

    def text(self, address: str) -> str:
        """Return the text of an address, in UTF-8.

        Raises
        ------
        FetchError
            As :meth:`get`; also if the answer breaks off, is no such text, or is larger than a text file may be.
        """
        import requests

        limit, content = max_text_bytes(), bytearray()
        try:
            with self.get(address) as answer:
                for piece in answer.iter_content(_PIECE):
                    content += piece
                    if len(content) > limit:
                        raise FetchError(f"{address} answers with more than {limit} bytes")
            return content.decode("utf-8-sig")
        except requests.RequestException as error:
            raise FetchError(f"{address} broke off after {len(content)} bytes") from error
        except UnicodeDecodeError as error:
            raise FetchError(f"{address} does not answer with text in UTF-8") from error


@attrs.frozen(kw_only=True)
class Transfer:
    """The transfer of a file: from the mirror, or else from its address; the file is written only when its hash holds.

    Parameters
    ----------
    file : RemoteFile
    partial : pathlib.Path
        Where what has arrived so far is kept, also between calls.
    folder : str
        The folder of the source in a mirror.
    mirror : Mirror, optional
    network : Network
    progress : Progress
    """

    file: RemoteFile
    partial: Path
    folder: str
    mirror: Mirror | None = None
    network: Network = attrs.field(factory=Network)
    progress: Progress = silent

    def write(self, target: Path) -> None:
        """Write the file to ``target``; its hash is computed once.

        Raises
        ------
        FetchError
            If no place gives it; the message has the reason for each.
        """
        reasons = []
        for place in self._places():
            try:
                if isinstance(place, Path):
                    self._copy(place)
                else:
                    self._download(place)
            except FetchError as error:
                reasons.append(str(error))
                continue
            self.partial.replace(target)
            return
        raise FetchError("; ".join(reasons))

    def _places(self) -> Iterator[str | Path]:
        if self.mirror is not None:
            yield self.mirror.locate(self.folder, self.file.path)
        yield self.file.address

    def _copy(self, place: Path) -> None:
        if not place.is_file():
            raise FetchError(f"it is not in the mirror {'' if self.mirror is None else self.mirror.place}")
        if place.stat().st_size != self.file.size:
            self._check(place, str(place))
        shutil.copyfile(place, self.partial)
        try:
            self._check(self.partial, str(place))
        except FetchError:
            self.partial.unlink()
            raise

    def _download(self, address: str) -> None:
        for _ in range(ATTEMPTS):
            start = self._start()
            if start < self.file.size or not self.partial.exists():
                self._receive(address, start)
            if self._start() < self.file.size or not self.partial.exists():
                continue
            try:
                return self._check(self.partial, address)
            except FetchError:
                self.partial.unlink()
                if start == 0:
                    raise
        raise FetchError(f"{address} broke off after {self._start()} of {self.file.size} bytes, {ATTEMPTS} times")

    def _start(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _receive(self, address: str, start: int) -> None:
        """Write what comes to the partial file, until it ends, breaks off, or is more than there should be."""
        import requests

        with self.network.get(address, start=start) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                self.partial.unlink(missing_ok=True)
                return
            goes_on = answer.status_code == requests.codes.partial_content and answer.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {start}-")
            done = start if goes_on else 0
            with self.partial.open("ab" if goes_on else "wb", buffering=0) as out, suppress(requests.RequestException):
                for piece in answer.iter_content(_PIECE):
                    out.write(piece)
                    done += len(piece)
                    self.progress(self.file.path, done, self.file.size)
                    if done > self.file.size:
                        return

    def _check(self, path: Path, place: str) -> None:
        size = path.stat().st_size
        found = hash_of(path, self.file.hash)
        if found != self.file.hash or size != self.file.size:
            raise FetchError(
                f"{place} is not the file of the catalogue: it has {size} bytes and {found}, "
                f"not {self.file.size} and {self.file.hash}"
            )


def hash_of(path: Path, like: str) -> str:
    """Return the hash of a file, by the algorithm of the hash ``like``: ``sha256:...`` or ``md5:...``."""
    import hashlib

    algorithm = like.partition(":")[0]
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
