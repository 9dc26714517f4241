"""Secrets are references and never show; profiles say whose account a run uses."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.errors import NoKeyringError

from mcloud import secrets
from mcloud.adapter.operations import hushed
from mcloud.adapter.profile import (
    CloudProfile,
    Profile,
    current_name,
    load_profile,
    profiles_dir,
    save_profile,
)
from mcloud.cli import main
from mcloud.engine.provider.servicer import _answer
from mcloud.engine.provider.work import PartlyDone
from mcloud.errors import BlockedError, CloudError, ProfileError
from mcloud.secrets import SecretReader, SecretText, is_same_text, resolve

HUSH = "s3cr3t-value"


def told(error: pytest.ExceptionInfo[ProfileError]) -> str:
    text = str(error.value)
    assert HUSH not in text
    return text


def private(path: Path, text: str = HUSH, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_secret_does_not_show_itself() -> None:
    secret = SecretText(HUSH)
    assert secret.reveal() == HUSH
    assert HUSH not in f"{secret} {secret!r} {secret!s} {[secret]} {vars(Profile(clouds={}))}"
    assert not hasattr(secret, "__dict__")


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", HUSH)
    assert resolve("env:SOME_SECRET").reveal() == HUSH


@pytest.mark.parametrize("below", [True, False])
def test_from_a_file(tmp_path: Path, below: bool) -> None:
    path = private(tmp_path / "key", f"{HUSH}\n")
    found = resolve("file:key", base=tmp_path) if below else resolve(f"file:{path}")
    assert found.reveal() == HUSH


def test_from_the_home_folder() -> None:
    private(Path.home() / "key")
    assert resolve("file:~/key").reveal() == HUSH


def test_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = {("mcloud", "cloud"): HUSH}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: ring.get((service, name)))
    assert resolve("keyring:cloud").reveal() == HUSH
    with pytest.raises(ProfileError, match="the keyring has no entry 'other'\n  hint: keyring set mcloud other"):
        resolve("keyring:other")


def test_a_machine_without_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(service: str, name: str) -> None:
        raise NoKeyringError("no backend")

    monkeypatch.setattr(keyring, "get_password", fail)
    with pytest.raises(ProfileError, match="the keyring cannot be read: NoKeyringError") as caught:
        resolve("keyring:cloud")
    assert caught.value.hint == "set up a keyring, or use env:NAME or file:PATH"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "key", mode=mode)
    with pytest.raises(ProfileError) as caught:
        resolve(f"file:{path}")
    assert told(caught) == f"others may read the secret's file {path}\n  hint: chmod 600 {path}"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:NOT_THERE", "the environment variable NOT_THERE is not set"),
        ("env:EMPTY", "the environment variable EMPTY is not set"),
        ("file:/nowhere/key", "the secret's file /nowhere/key cannot be read: No such file or directory"),
        ("file:~nobody-of-that-name/key", "cannot be read"),
        ("env:", "not a reference to a secret"),
        ("file:", "not a reference to a secret"),
        ("keyring:", "not a reference to a secret"),
        (HUSH, "not a reference to a secret\n  hint: write env:NAME, keyring:NAME or file:PATH"),
        (f"vault:{HUSH}", "not a reference to a secret"),
    ],
)
def test_no_secret(reference: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(ProfileError) as caught:
        resolve(reference)
    assert says in told(caught)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    with pytest.raises(ProfileError, match="cannot be read: Is a directory"):
        resolve("file:folder", base=tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(ProfileError, match="is not text in UTF-8"):
        resolve(f"file:{path}")


def test_settings_and_secrets_of_a_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN", HUSH)
    monkeypatch.setenv("USUAL", "usual")
    part = CloudProfile(settings={"client_id": "me"}, secrets={"client_secret": "env:OWN"})
    assert part.setting("client_id", fallback_env="USUAL") == "me"
    assert part.setting("project", fallback_env="USUAL") == "usual"
    assert part.secret("client_secret", fallback_env="USUAL").reveal() == HUSH
    assert part.secret("token", fallback_env="USUAL").reveal() == "usual"
    assert "OWN" not in repr(part)


def test_a_setting_that_is_missing() -> None:
    with pytest.raises(ProfileError) as caught:
        CloudProfile().setting("client_id", fallback_env="SOME_ID")
    assert str(caught.value) == (
        "client_id is missing: it is neither in the profile nor in the environment variable SOME_ID\n"
        f"  hint: export SOME_ID=… or put it under settings in the profile ({profiles_dir()});"
        " without an account: mcloud emulator up CLOUD, then --profile emulator"
    )


@pytest.mark.parametrize(
    ("given", "variable", "name"), [("a", "b", "a"), (None, "b", "b"), (None, None, "default"), (None, "", "default")]
)
def test_which_profile(given: str | None, variable: str | None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if variable is not None:
        monkeypatch.setenv("MCLOUD_PROFILE", variable)
    assert current_name(given) == name


def test_profiles_are_saved_for_nobody_else_and_added_to() -> None:
    one: dict[str, Any] = {"settings": {"client_id": "me"}, "secrets": {"client_secret": "env:X"}}
    path = save_profile("work", {"c": one})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save_profile("work", {"d": {"endpoints": {"api": "http://127.0.0.1:1"}}})
    save_profile("work", {"c": {**one, "settings": {"client_id": "you"}}})
    profile = load_profile("work")
    assert sorted(profile.clouds) == ["c", "d"]
    assert profile.cloud("c").settings == {"client_id": "you"}
    assert profile.cloud("c").secrets == {"client_secret": "env:X"}
    assert profile.cloud("d").endpoints == {"api": "http://127.0.0.1:1"}
    assert profile.cloud("e") == CloudProfile()
    assert [item.name for item in profiles_dir().iterdir()] == ["work.yaml"]


def test_the_default_profile_may_be_missing() -> None:
    assert load_profile("default") == Profile()


def test_no_profile_of_that_name() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("wrk")
    assert str(caught.value) == f"there is no profile 'wrk'\n  hint: known: none (in {profiles_dir()})"
    save_profile("work", {})
    with pytest.raises(ProfileError, match=r"no profile 'wrk'\n  hint: did you mean 'work'\?"):
        load_profile("wrk")
    with pytest.raises(ProfileError, match=r"known: work \(in "):
        load_profile("zzz")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clouds: [", "the profile is not YAML"),
        ("clouds: {c: {setings: {}}}", "clouds.c.setings: Extra inputs are not permitted"),
        (f"clouds: {{c: {{secrets: {{a: [{HUSH}]}}}}}}", "clouds.c.secrets.a: Input should be a valid string"),
        ("- c", "Input should be a valid dictionary or instance of Profile"),
    ],
)
def test_a_profile_that_does_not_fit(text: str, says: str) -> None:
    profiles_dir().mkdir(parents=True)
    path = profiles_dir() / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load_profile("bad")
    assert told(caught).startswith(f"{path}: ")
    assert says in told(caught)


def test_a_profile_that_is_no_text() -> None:
    profiles_dir().mkdir(parents=True)
    (profiles_dir() / "bad.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match="the profile is not YAML"):
        load_profile("bad")
    (profiles_dir() / "folder.yaml").mkdir()
    with pytest.raises(ProfileError, match="the profile cannot be read: Is a directory"):
        load_profile("folder")


def test_an_empty_profile() -> None:
    profiles_dir().mkdir(parents=True)
    (profiles_dir() / "empty.yaml").write_text("# nothing yet\n")
    assert load_profile("empty") == Profile()


def test_a_digest_shows_a_change_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text(f"{HUSH}\n")
    file.chmod(0o600)
    reader = SecretReader(tmp_path, b"key")
    first = reader.digest("file:data")
    assert reader.reveal("file:data") == HUSH
    assert (len(first), HUSH in first, HUSH in repr(reader), "key'" in repr(reader)) == (64, False, False, False)
    assert SecretReader(tmp_path, b"other").digest("file:data") != first
    file.write_text("changed")
    assert reader.digest("file:data") != first


def test_a_digest_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="there is no key to keep a secret's digest with"):
        SecretReader(tmp_path).digest("env:NAME")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"secret": "env:A", "digest": "1"}, {"secret": "file:b", "digest": "1"}, True),
        ({"secret": "env:A", "digest": "1"}, {"secret": "env:A", "digest": "2"}, False),
        ({"secret": "env:A", "digest": ""}, {"secret": "env:A", "digest": ""}, False),
        ("text", {"secret": "env:A", "digest": "1"}, False),
        (None, None, False),
    ],
)
def test_the_value_behind_a_reference_counts(old: Any, new: Any, same: bool) -> None:
    assert is_same_text(old, new) is same


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_pieces", {})
    monkeypatch.setattr(secrets, "_remembered", set())


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("hunter2-and-more-of-it", "refused: hunter2-and-more-of-it!", "refused: (secret)!"),
        ("hunter2-and-more-of-it", "cut short: hunter2-and-more-of", "cut short: (secret)"),
        ("eight888", "it is eight888, eight88", "it is (secret), eight88"),
        ("short", "a short word", "a short word"),
        ('a b/c+d&e="f" of it', "?key=a%20b/c%2Bd%26e%3D%22f%22%20of%20it&x=1", "?key=(secret)&x=1"),
        ('a b/c+d&e="f" of it', '{"key": "a b/c+d&e=\\"f\\" of it"}', '{"key": "(secret)"}'),
        ("write: hunter2-and-more", "b64 d3JpdGU6IGh1bnRlcjItYW5kLW1vcmU= end", "b64 (secret) end"),
        ("-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\n-----END KEY-----", "no -----BEGIN KEY----- found", None),
        ("-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\n-----END KEY-----", r"\nMIIEvQIBADANBgkqh\n-", r"\n(secret)\n-"),
        ("", "nothing at all", "nothing at all"),
    ],
)
def test_what_was_read_is_known_again(secret: str, text: str, shown: str | None) -> None:
    assert secrets.without_secrets(text) == text
    secrets.remember(secret)
    assert secrets.without_secrets(text) == (text if shown is None else shown)


@pytest.mark.usefixtures("nothing_known")
def test_a_secret_that_was_read_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "hunter2-and-more")
    assert secrets.resolve("env:SOME_KEY").reveal() == "hunter2-and-more"
    assert secrets.without_secrets("it said hunter2-and-more") == "it said (secret)"


class Aborted(Exception):
    """What gRPC's context raises when a call is ended."""


class Call:
    """A call's context, as far as the provider uses it."""

    def __init__(self) -> None:
        self.ended: tuple[Any, str] | None = None
        self.trailing: list[tuple[str, bytes]] = []

    def abort(self, code: Any, details: str) -> None:
        self.ended = (code, details)
        raise Aborted

    def set_trailing_metadata(self, pairs: Any) -> None:
        self.trailing = list(pairs)


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CloudError("no hunter2-and-more", hint="ask"), "FAILED_PRECONDITION", "no (secret)\n  hint: ask"),
        (PartlyDone("id", {}, CloudError("no hunter2-and-more")), "UNKNOWN", "no (secret)"),
        (ValueError("hunter2-and-more"), "UNKNOWN", "ValueError in test_secrets_and_profiles.py:"),
    ],
)
def test_the_provider_s_answers_have_no_secret(error: Exception, code: str, said: str) -> None:
    secrets.remember("hunter2-and-more")

    def fail() -> None:
        raise error

    call: Any = Call()
    with pytest.raises(Aborted):
        _answer(call, fail)
    assert call.ended[0].name == code
    assert said in call.ended[1]
    assert b"hunter2" not in repr(call.trailing).encode() + call.ended[1].encode()


@pytest.mark.usefixtures("nothing_known")
def test_what_a_cloud_says_is_told_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    secrets.remember("hunter2-and-more")
    error = hushed(CloudError("no hunter2-and-more", vendor_text="hunter2-and-more"))
    assert (str(error), error.args, error.vendor_text) == ("no (secret)", ("no (secret)",), "(secret)")
    assert main._explained(CloudError("no hunter2-and-more")) == 1
    assert main._explained(ValueError("hunter2-and-more")) == 1
    because = CloudError("no")
    because.__cause__ = ValueError("hunter2-and-more")
    assert main._traced(BlockedError("hunter2-and-more")) == 3
    assert main._traced(because) == 1
    said = capsys.readouterr().err
    assert "error: no (secret)\n" in said
    assert "ValueError: (secret)" in said
    assert "direct cause" in said
    assert "hunter2" not in said
