"""Mutators: from a good file to one that is not, the same one for the same random numbers."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
from typing import Any

ODD_NUMBERS = (
    0, -1, 1, 2, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 10**400,
    0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
ODD_TEXTS = (
    "",
    " ",
    "\n",
    "\x00",
    "a\nb",
    "\x1b[2J\x1b]0;x\x07",
    "../../x",
    "/abs/x",
    "C:\\x",
    "..",
    "a" * 300,
    "a" * 70_000,
    "\ud800",
    "\u202e",
    "=1+1",
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=x>",
    "${oc.env:HOME}",
    "{{7*7}}",
    "%s%n",
    "$x^2$",
    "NaN",
    "Infinity",
    "1e999",
    "1 nm**9**9**9",
    "0x10",
    "five",
    "1_000",
    "\u0661\u0662",
    "-",
    "1 nm",
    "0 nm",
    "-1 nm",
    "nm",
    "1 parsec",
    "os.system",
    "torch.nn.parallel.distributed.os.system",
    "builtins.eval",
    "!!python/object/apply:os.system [x]",
    "con",
    "a/b",
    "all",
    "background",
    "image",
    "*",
    "@",
    "x@1@2",
)
ODD_PIECES = ("[" * 3000, "{a=" * 1500, "\x00", "\r", "true", "[]", "{}", "1979-13-99", "\ufeff", "\n" * 5)
ODD_KEYS = ("_target_", "__class__", "__proto__", "", "a.b", "names", "type", "x" * 500)


def odd_value(rng: random.Random) -> Any:
    """Return a value of some kind that stands where another was expected."""
    kind = rng.randrange(8)
    if kind < 2:
        return rng.choice(ODD_NUMBERS)
    if kind < 4:
        return rng.choice(ODD_TEXTS)
    if kind == 4:
        return rng.choice((None, True, False, [], {}, [[]], [{}], {"a": 1}, [None], [[[]]]))
    if kind == 5:
        return [odd_value(rng) for _ in range(rng.randrange(4))]
    if kind == 6:
        return {rng.choice(ODD_KEYS): odd_value(rng) for _ in range(rng.randrange(3))}
    return nested(rng.choice((70, 900, 5000)), rng)


def nested(depth: int, rng: random.Random) -> Any:
    """Return lists or mappings within each other."""
    value: Any = 1
    as_list = rng.random() < 0.5
    for _ in range(depth):
        value = [value] if as_list else {"a": value}
    return value


def places_of(tree: Any) -> list[tuple[Any, Any]]:
    """Return every place of a tree as (container, key)."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], dict | list):
                waiting.append(node[key])
    return found


def of_json(content: bytes, rng: random.Random) -> bytes:
    """Change values, keys or the shape of a JSON text; sometimes its characters."""
    try:
        tree = json.loads(content)
    except ValueError:
        return of_text(content, rng)
    if rng.random() < 0.15:
        return of_text(content, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = places_of(tree)
        if not places or rng.random() < 0.02:
            tree = odd_value(rng)
            break
        if rng.random() < 0.5:  # the shallow ones are few and matter most
            places = places[: max(8, len(places) // 20)]
        node, key = rng.choice(places)
        change = rng.randrange(9)
        if change < 5:
            node[key] = odd_value(rng)
        elif change == 5:
            del node[key]
        elif change == 6 and isinstance(node, dict):
            node[rng.choice(ODD_KEYS)] = odd_value(rng)
        elif change == 7 and isinstance(node, list):
            node.insert(key, node[key])
        elif isinstance(node[key], int | float) and not isinstance(node[key], bool):
            factor = rng.choice((-1, 0, 10, 1e3, 1e9, 0.5))
            huge = isinstance(node[key], int) and abs(node[key]) > 1e200
            node[key] = node[key] * (int(factor) if huge else factor)
        else:
            other, at = rng.choice(places)
            node[key] = other[at] if not isinstance(other[at], dict | list) else odd_value(rng)
    try:
        return _json_bytes(tree)
    except (RecursionError, ValueError):
        return content.replace(b":", b":" + b"[" * 5000, 1)


def _json_bytes(tree: Any) -> bytes:
    text = json.dumps(tree)
    return text.encode("utf-8", "surrogatepass")


def of_text(content: bytes, rng: random.Random) -> bytes:
    """Change numbers, words and lines of a text."""
    text = content.decode("utf-8", "replace")
    for _ in range(rng.choice((1, 1, 2, 4))):
        tokens = list(re.finditer(r"-?\d+(?:\.\d+)?(?:e-?\d+)?|\"[^\"\n]*\"|[A-Za-z_]\w*|[\[\]{}=,:;\n]", text))
        if not tokens:
            return of_bytes(content, rng)
        token = rng.choice(tokens)
        change = rng.randrange(8)
        if change < 3:
            new = str(rng.choice(ODD_NUMBERS))
        elif change < 5:
            new = json.dumps(rng.choice(ODD_TEXTS))
        elif change == 5:
            new = ""
        elif change == 6:
            new = token[0] * rng.choice((2, 50))
        else:
            new = rng.choice(
                ("[" * 3000, "{a=" * 1500, "\x00", "\r", "true", "[]", "{}", "1979-13-99", "\ufeff", "\n" * 5)
            )
        text = text[: token.start()] + new + text[token.end() :]
    return text.encode("utf-8", "surrogatepass")


def of_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat and overwrite bytes."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not data:
            return bytes(rng.randrange(256) for _ in range(rng.randrange(64)))
        at = rng.randrange(len(data)) if rng.random() < 0.6 else rng.randrange(min(len(data), 64))
        change = rng.randrange(7)
        if change < 2:
            data[at] ^= 1 << rng.randrange(8)
        elif change == 2:
            data[at : at + 4] = struct.pack(rng.choice(("<I", ">I")), rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65536)))
        elif change == 3:
            del data[at:]
        elif change == 4:
            del data[at : at + rng.randrange(1, 64)]
        elif change == 5:
            data[at:at] = data[at : at + rng.randrange(1, 64)]
        else:
            data[at : at + 8] = bytes(rng.randrange(256) for _ in range(8))
    return bytes(data)


def of_zip(content: bytes, rng: random.Random) -> bytes:
    """Change the members of a zip file: what they hold, how they are packed, what they are called; or a bomb."""
    if rng.random() < 0.25:
        return of_bytes(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    chosen = rng.choice(list(members)) if members else "x"
    change = rng.randrange(6)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, inner in members.items():
            how = zipfile.ZIP_STORED
            if name == chosen:
                how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
                if change == 0:
                    continue
                if change == 1:
                    inner = b"\x00" * (1 << 26)
                    how = zipfile.ZIP_DEFLATED
                elif change == 2:
                    name = rng.choice(("../../x", "/abs/x", "a\\b", name.upper(), "x" * 300))
                else:
                    inner = of_json(inner, rng) if name.endswith(".json") else of_npy(inner, rng)
            archive.writestr(name, inner, how)
    return buffer.getvalue()


def of_npy(content: bytes, rng: random.Random) -> bytes:
    """Change the head of a NumPy file: its shape, its type; or its bytes."""
    if content[:6] != b"\x93NUMPY" or rng.random() < 0.4:
        return of_bytes(content, rng)
    size = struct.unpack("<H", content[8:10])[0]
    head = content[10 : 10 + size].decode("latin1")
    new = rng.choice(
        (
            re.sub(r"\(.*?\)", f"({rng.choice(ODD_NUMBERS[:16])}, )", head),
            re.sub(r"\(.*?\)", "(99999999, 99999999)", head),
            re.sub(r"'descr': '[^']*'", f"'descr': '{rng.choice(('|O', '<f8', '<U99', '|V0', '<c16', 'x'))}'", head),
            re.sub(r"'shape'", "'__class__'", head),
            "{" * 200,
        )
    ).rstrip()
    new = (new + " " * 63)[: max(len(new), size)]
    return content[:8] + struct.pack("<H", len(new)) + new.encode("latin1") + content[10 + size :]


def of_tiff(content: bytes, rng: random.Random) -> bytes:
    """Change entries of the directories of a TIFF file: tag, type, count, value or where the next one lies."""
    if rng.random() < 0.4 or len(content) < 16:
        return of_bytes(content, rng)
    order = "<" if content[:2] == b"II" else ">"
    data = bytearray(content)
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    if at + 2 > len(data):
        return of_bytes(content, rng)
    (n,) = struct.unpack_from(f"{order}H", data, at)
    for _ in range(rng.choice((1, 1, 2, 3))):
        entry = at + 2 + 12 * rng.randrange(max(1, min(n, 64)))
        if entry + 16 > len(data):
            break
        what = rng.randrange(5)
        if what == 0:
            struct.pack_into(f"{order}H", data, entry, rng.choice((256, 257, 258, 259, 262, 273, 277, 278, 279, 339)))
        elif what == 1:
            struct.pack_into(f"{order}H", data, entry + 2, rng.choice((1, 2, 3, 4, 5, 11, 12, 13, 16, 99)))
        elif what == 2:
            struct.pack_into(f"{order}I", data, entry + 4, rng.choice((0, 1, 2, 1000, 2**31, 2**32 - 1)))
        elif what == 3:
            value = rng.choice((0, 1, 2, 3, 5, 8, 16, 32773, 50000, 2**16, 2**31, 2**32 - 1, at))
            struct.pack_into(f"{order}I", data, entry + 8, value)
        else:
            struct.pack_into(f"{order}I", data, min(at + 2 + 12 * n, len(data) - 4), rng.choice((at, 8, 2**32 - 1)))
    return bytes(data)
