"""Looks for planted secrets: as they are, and in every form that they may take on their way into a file or a line."""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, quote_plus

DEEP = 4
"""So many wrappings are taken off: base64 of a gzip in a zip in a table."""
LEAST_LINE = 20
"""Lines of a longer text (a key, user data) that are shorter than this are said elsewhere too."""
_PACKED = re.compile(rb"\x1f\x8b\x08|[\x08\x18\x28\x38\x48\x58\x68\x78][\x01\x5e\x9c\xda]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
_SQLITE = b"SQLite format 3\0"
_ZIP = b"PK\x03\x04"


def parts_of(secret: str) -> list[str]:
    """What is looked for: the secret, or the lines of one that has several."""
    lines = [line.strip() for line in secret.splitlines() if line.strip()]
    if len(lines) < 2:
        return [secret.strip()]
    found = [line for line in lines if len(line) >= LEAST_LINE and not line.startswith("-----")]
    if not found:
        raise ValueError("no line of it is long enough to be looked for")
    return found


@lru_cache(maxsize=4096)
def _forms(part: str) -> tuple[tuple[str, bytes], ...]:
    raw = part.encode()
    escaped = json.dumps(part)[1:-1]
    found = {
        "raw": {raw, part.encode("utf-16-le"), part.encode("utf-16-be")},
        "escaped": {escaped.encode(), json.dumps(escaped)[1:-1].encode()},
        "url": {quote(part, safe="").encode(), quote(part).encode(), quote_plus(part).encode()},
        "hex": {raw.hex().encode(), raw.hex().upper().encode()},
        "base64": set(),
    }
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + raw)
        # The first and the last characters depend on what stands beside it.
        core = packed[(0, 2, 3)[shift] : len(packed) - (0, 3, 2)[(shift + len(raw)) % 3]]
        found["base64"] |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    found["url"] |= {re.sub(rb"%..", lambda code: code[0].lower(), form) for form in found["url"]}
    return tuple((name, form) for name, forms in found.items() for form in forms if name == "raw" or form != raw)


def forms_in(secret: str, data: bytes) -> set[str]:
    """In which forms a secret stands in the data; wrappings of any depth are taken off."""
    return {line.split(": it as ", 1)[1] for line in found_in({"it": secret}, [("", data)])}


def unwrapped(data: bytes, depth: int = DEEP) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The data, and all that is packed in it: how it was packed, innermost first, and what it is."""
    yield (), data
    if depth == 0:
        return
    for name, inner in _inside(data):
        for where, text in unwrapped(inner, depth - 1):
            yield (*where, name), text


def _inside(data: bytes) -> Iterator[tuple[str, bytes]]:
    for match in _PACKED.finditer(data):
        if (inner := _inflated(data[match.start() :])) is not None:
            yield "gzip", inner
    if _ZIP in data:
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield "zip", packed.read(name)
    if data.startswith(_SQLITE):
        yield "sqlite", _dumped(data)
    for match in _BASE64.finditer(data):
        text = match[0].replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        decoded = base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + b"=" * (-len(text) % 4))
        # What is plain in it is found by the forms of base64; what is packed in it is not.
        if _PACKED.match(decoded) or decoded.startswith((_ZIP, _SQLITE)):
            yield "base64", decoded
    for match in _HEX.finditer(data):
        decoded = bytes.fromhex(match[0].decode())
        if _PACKED.match(decoded):
            yield "hex", decoded


def _inflated(data: bytes) -> bytes | None:
    """What a stream that begins here holds, as far as it goes; None where none does."""
    stream = zlib.decompressobj(47)  # with a header of gzip or of zlib
    try:
        found = stream.decompress(data)
    except zlib.error:
        found = b""
        stream = zlib.decompressobj(47)
        with suppress(zlib.error):  # a torn or damaged one: what comes before that
            for index in range(0, min(len(data), 1 << 20), 64):
                found += stream.decompress(data[index : index + 64])
    return found or None


def _dumped(data: bytes) -> bytes:
    """All tables of a database, and its pages as they are: what was deleted may still be on them."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "db"
        path.write_bytes(data)
        with closing(sqlite3.connect(path)) as base:
            base.text_factory = bytes
            names = [row[0].decode() for row in base.execute("select name from sqlite_master where type = 'table'")]
            cells = [
                cell if isinstance(cell, bytes) else str(cell).encode()
                for name in names
                for row in base.execute('select * from "{}"'.format(name.replace('"', '""')))  # noqa: S608 - its own
                for cell in row
            ]
    return b"\n".join(cells)


def found_in(secrets: Mapping[str, str], texts: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where any of the secrets stands: ``path: name as base64 in gzip``. Nothing of the secret itself is told."""
    found = []
    for path, data in texts:
        for where, text in unwrapped(data):
            for name, secret in secrets.items():
                forms = {form for part in parts_of(secret) for form, value in _forms(part) if value in text}
                found += [f"{path}: {name} as {' in '.join((form, *where))}" for form in sorted(forms)]
    return found


def files_below(*folders: Path, but: Iterable[Path] = (), since: float = 0.0) -> Iterator[tuple[str, bytes]]:
    """Every file with its name and what it holds; a name may be a secret's place too.

    Args:
        but: what is left out: the places where the secrets are kept.
        since: only what was written after that (seconds of the epoch).
    """
    left_out = {path.absolute() for path in but}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.absolute() not in left_out and path.stat().st_mtime >= since:
                yield str(path), str(path).encode()
                yield str(path), path.read_bytes()


class CommandLines:
    """All command lines on this machine while it is open, as far as they are seen."""

    every = 0.05

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._looks = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._looks.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._looks.join()

    def _look(self) -> None:
        while not self._over.wait(self.every):
            for place in Path("/proc").iterdir():
                if place.name.isdigit():
                    with suppress(OSError):
                        self.seen.add((place / "cmdline").read_bytes())
