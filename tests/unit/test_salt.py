"""A new state's salt is one that the engine would have made, and the state has it from its beginning."""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mcloud.engine import salt
from mcloud.engine.install import EngineBinary
from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.process import Engine
from mcloud.errors import EngineError


def opened(text: str, passphrase: bytes) -> bytes:
    """The word in it, as the engine reads it."""
    first, seed, second, nonce, sealed = text.split(":")
    assert (first, second) == ("v1", "v1")
    key = hashlib.pbkdf2_hmac("sha256", passphrase, b64decode(seed), salt.ROUNDS, 32)
    assert (len(b64decode(seed)), len(b64decode(nonce))) == (8, 12)
    return AESGCM(key).decrypt(b64decode(nonce), b64decode(sealed), None)


def test_the_engine_s_own() -> None:
    # Made by pulumi v3.259.0 with this passphrase, 2026-11-26.
    theirs = "v1:OYuwvZ0Qy7E=:v1:JZhXnOw09fJc4LAz:XeLWVsAOAmKzJXIBTMV+6UW/JWxxsg=="
    assert opened(theirs, b"for this test") == salt.WORD
    assert salt.ROUNDS == 1_000_000


def test_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salt, "ROUNDS", 10)
    made = salt.new_salt(b"a passphrase\n")
    assert made is not None
    assert opened(made, b"a passphrase") == b"pulumi"
    with pytest.raises(InvalidTag):
        opened(made, b"another")
    again = salt.new_salt(b"a passphrase\n")
    assert again is not None
    assert not {*made.split(":")} & {*again.split(":")} - {"v1"}


def engine_of(folder: Path, called: Path) -> Engine:
    binary = folder / "pulumi"
    binary.write_text(f'#!/bin/sh\necho "$@" >> {called}\nexit 1\n')
    binary.chmod(0o755)
    return Engine(EngineBinary(binary, "v0", "here"), JournaledState(folder / ".mcloud"), "dev", {})


def test_a_new_stack_needs_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salt, "ROUNDS", 10)
    monkeypatch.setenv("MCLOUD_CACHE_DIR", str(tmp_path / "cache"))
    engine = engine_of(tmp_path, tmp_path / "called")
    engine.state.prepare()
    settings = engine.state.project / "Pulumi.dev.yaml"
    settings.write_text("encryptionsalt: of a stack that was called so before")
    engine.prepare()
    made = json.loads(settings.read_text())["encryptionsalt"]
    assert opened(made, engine.state.passphrase_file.read_bytes()) == b"pulumi"
    provider = {"type": "passphrase", "state": {"salt": made}}
    assert engine.state.deployment("dev")["secrets_providers"] == provider
    assert engine.state.resources("dev") == []
    engine.prepare()
    assert engine.state.create("dev")
    assert engine.state.deployment("dev")["secrets_providers"] == provider
    assert not (tmp_path / "called").exists()


def test_without_a_library_for_it_the_engine_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLOUD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(EngineError, match="stack init"):
        engine_of(tmp_path, tmp_path / "called").prepare()
    assert (tmp_path / "called").read_text().startswith("stack init dev --secrets-provider passphrase")
