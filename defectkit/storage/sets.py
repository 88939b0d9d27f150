"""SealedSets: the label sets, or the prediction sets, of a store; each is written once and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from defectkit.errors import RecordError, SealedError, StorageError, UnknownSetError
from defectkit.storage import schema
from defectkit.storage.backend import SEAL, Backend, escape, unescape
from defectkit.storage.blocks import BlockReader, BlockWriter, Entry
from defectkit.storage.damage import damage


@attrs.frozen(kw_only=True)
class Seal:
    """What is known of a sealed set without reading it.

    Parameters
    ----------
    key : str
        ``name@version``.
    digest : str
        Of its content, see :meth:`defectkit.records.LabelSet.digest`.
    n_images, n_defects : int
    written_by : str
        The version of defectkit.
    about : mapping
        What its writer said of it.
    """

    key: str
    digest: str
    n_images: int
    n_defects: int
    written_by: str
    about: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class SealedSets:
    """The sets of one kind in a store.

    Parameters
    ----------
    backend : Backend
    kind : str
        ``labels`` or ``predictions``; also the group they are below.
    """

    backend: Backend
    kind: str

    def keys(self) -> tuple[str, ...]:
        """Return ``name@version`` of every sealed set."""
        with damage(self.backend.address):
            return tuple(sorted(unescape(node) for node in self.backend.names(self.kind)))

    def write(self, key: str, entries: Iterable[Entry], about: Mapping[str, Any]) -> Seal:
        """Write a set whole, and seal it; entries are taken one by one and not kept.

        Raises
        ------
        RecordError
            If the key is not ``name@version``.
        SealedError
            If the key is taken.
        """
        name, _, version = key.partition("@")
        if not name or not version or "@" in version or "/" in key:
            raise RecordError(f"{self.kind} {key!r}: a key is name@version without '/', for instance 'blob@1'")
        if key in self.keys():
            raise SealedError(
                f"{self.kind} {key!r} is in {self.backend.address} already and sealed; write a new version"
            )
        prefix = f"{self.kind}/{escape(key)}"
        with self.backend.stage(prefix) as folder:
            writer = BlockWriter(folder)
            for entry in entries:
                writer.add(entry)
            facts = writer.close()
            attributes = schema.description(self.kind, key=key, about=dict(about), **facts)
            (folder / SEAL).write_text(schema.group_metadata(attributes), encoding="utf-8")
            with self.backend.exclusive():
                self.backend.publish(folder, prefix)
        return _seal(attributes[schema.ATTRIBUTE])

    def open(self, key: str) -> tuple[Seal, BlockReader]:
        """Return what is known of a set, and a reader of it.

        Raises
        ------
        UnknownSetError
            If there is no such set.
        """
        import zarr

        if key not in self.keys():
            name = key.partition("@")[0]
            versions = [k for k in self.keys() if k.partition("@")[0] == name]
            advice = f"Name its version: {' or '.join(versions)}" if versions and "@" not in key else ""
            raise UnknownSetError.of(_SINGULAR[self.kind], key, self.keys(), advice=advice)
        path = f"{self.kind}/{escape(key)}"
        where = f"{self.backend.address}, {self.kind} {key!r}"
        with damage(where):
            group = zarr.open_group(self.backend.zarr_store(), path=path, mode="r", zarr_format=3)
            facts = schema.check(group.attrs.asdict(), self.kind, where=where)
            return _seal(facts), BlockReader(group, facts, where)

    def verify(self, key: str) -> str:
        """Read a set whole and return its digest.

        Raises
        ------
        StorageError
            If it is damaged, or is not what was sealed.
        """
        from defectkit.records.label_set import combined_digest

        seal, reader = self.open(key)
        digest = combined_digest({entry.image: entry.instances.digest() for entry in reader.entries()})
        if digest != seal.digest:
            raise StorageError(
                f"{self.backend.address}, {self.kind} {key!r} is damaged: "
                f"it was sealed with the digest {seal.digest}, but has {digest}. Restore it from a copy"
            )
        return digest


_SINGULAR = {"labels": "label set", "predictions": "set of predictions"}


def _seal(facts: Mapping[str, Any]) -> Seal:
    names = ("key", "digest", "n_images", "n_defects", "written_by", "about")
    return Seal(**{name: facts[name] for name in names})
