"""The search for planted secrets finds one in each form that it may take, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.planted import CommandLines, files_below, forms_in, found_in, parts_of

SECRET = 'pl4nted/s3cret+of "one" &7f3a'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nshort\n-----END KEY-----\n"


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inside.txt", data)
    return file.getvalue()


def database(tmp_path: Path, value: bytes | str) -> bytes:
    path = tmp_path / "some.db"
    base = sqlite3.connect(path)
    base.execute('create table "odd ""name" (a, b)')
    base.execute('insert into "odd ""name" values (1, ?)', (value,))
    base.commit()
    base.close()
    return path.read_bytes()


RAW = SECRET.encode()
FORMS = {
    "raw": b"it is " + RAW + b", isn't it",
    "raw, wide": ("it is " + SECRET).encode("utf-16-le"),
    "escaped": json.dumps({"password": SECRET}).encode(),
    "escaped twice": json.dumps(json.dumps({"password": SECRET})).encode(),
    "url": b"https://example.com/?q=" + quote(SECRET, safe="").encode(),
    "url, slashes kept": quote(SECRET).encode(),
    "url, lower": re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")).encode(),
    "hex": b"0x" + RAW.hex().encode(),
    "HEX": RAW.hex().upper().encode(),
    "base64": base64.b64encode(RAW),
    "base64, one before": base64.b64encode(b"a" + RAW + b"b"),
    "base64, two before": base64.b64encode(b"aa" + RAW + b"bb"),
    "base64 for URLs": base64.urlsafe_b64encode(b"a~" + RAW),
    "gzip": gzip.compress(RAW),
    "gzip behind something": b"\x1f\x8bno stream" + gzip.compress(b"abc" + RAW) + b"tail",
    "a torn gzip": gzip.compress(RAW + bytes(range(256)) * 40)[:-30],
    "zlib": b"noise" + zlib.compress(b"x" * 100 + RAW, 9),
    "zlib, quick": zlib.compress(RAW, 1),
    "zip": zipped(RAW),
    "zip at the end": b"#!/bin/sh\n" + zipped(RAW),
    "base64 of a gzip": b'{"page": "' + base64.b64encode(gzip.compress(RAW)) + b'"}',
    "base64 in a gzip": gzip.compress(base64.b64encode(b"z" + RAW)),
    "hex of a zlib": zlib.compress(RAW).hex().encode(),
    "gzip in a zip in base64": base64.b64encode(zipped(gzip.compress(RAW))),
}


@pytest.mark.parametrize("name", FORMS)
def test_it_is_found(name: str) -> None:
    assert forms_in(SECRET, FORMS[name]), name
    assert not forms_in("another one, not there", FORMS[name])


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("length", range(12, 18))
def test_base64_is_found_wherever_it_begins_and_ends(shift: int, length: int) -> None:
    secret = "abcdefghijklmnopqrstuvwxyz"[:length]
    for after in (b"", b"\x00", b"zz", b"end"):
        data = base64.b64encode(b"\xff" * shift + secret.encode() + after)
        assert "base64" in forms_in(secret, data)


@pytest.mark.parametrize(
    "value",
    [SECRET, RAW, gzip.compress(RAW), base64.b64encode(RAW)],
    ids=["text", "bytes", "gzip", "base64"],  # a gzip has the time in it, and names must be the same in every process
)
def test_it_is_found_in_a_database(value: bytes | str, tmp_path: Path) -> None:
    assert any("sqlite" in form for form in forms_in(SECRET, database(tmp_path, value)))


def test_a_text_of_several_lines_is_found_by_any_of_them() -> None:
    (line,) = parts_of(KEY)
    assert forms_in(KEY, f"only this: {line}".encode()) == {"raw"}
    assert forms_in(KEY, json.dumps(KEY).encode())
    assert not forms_in(KEY, b"-----BEGIN KEY-----\nshort\n")
    with pytest.raises(ValueError, match="long enough"):
        parts_of("a\nb\n")


def test_files_are_searched_but_those_where_it_is_kept(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "kept").write_text(SECRET)
    (deep / "left.gz").write_bytes(gzip.compress(RAW))
    (deep / "base").write_bytes(database(tmp_path, SECRET))
    (tmp_path / "some.db").unlink()
    (deep / f"as-a-name-{quote(SECRET, safe='')}").write_text("nothing")
    found = found_in({"it": SECRET}, files_below(tmp_path, but=[tmp_path / "kept"]))
    assert {line.split(": it as ")[1] for line in found} >= {"raw in gzip", "url", "raw in sqlite"}
    assert {Path(line.split(": it as ")[0]).parent for line in found} == {deep}
    assert not any(SECRET in line for line in found)
    assert not list(files_below(tmp_path, since=4e9))


def test_command_lines_are_seen() -> None:
    script = "import sys; print('there', flush=True); sys.stdin.read()"
    with CommandLines() as lines:
        command = [sys.executable, "-c", script, SECRET]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            while not any(RAW in line for line in set(lines.seen)):
                time.sleep(0.02)
            child.communicate()
    assert found_in({"it": SECRET}, [("a command line", line) for line in lines.seen])
