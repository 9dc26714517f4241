"""Finding and getting the engine: fake binaries on PATH, a download from the loopback, a fake Go."""

from __future__ import annotations

import hashlib
import io
import platform
import re
import socket
import tarfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcloud.engine import install
from mcloud.errors import EngineMissing

SUITS = install.VERSION
ARCHIVE = f"pulumi-{SUITS}-linux-x64.tar.gz"
MAKES = f"printf '#!/bin/sh\\necho {SUITS}\\n' > pulumi"
SUMS = f"pulumi-{SUITS.removeprefix('v')}-checksums.txt"
NOTHING = {"PATH": "no pulumi there", "cache": "nothing at "}


@dataclass
class Machine:
    """A machine with nothing on it but what the test puts there."""

    bin: Path
    cache: Path
    said: list[str] = field(default_factory=list)

    def script(self, name: str, body: str) -> Path:
        """A program on PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def go(self, *, version: str = "go1.26.3", listing: str = "echo fmt; echo main", build: str = "") -> None:
        """A Go that writes down how it was called and makes an engine that answers with its version."""
        self.script(
            "go",
            f"""case $1 in
env) echo {version};;
list) echo "go: downloading x" >&2; {listing};;
build) echo "$GOTOOLCHAIN $CGO_ENABLED $GOFLAGS $GOWORK $@" >> {self.bin}/calls
  {build or MAKES};;
esac""",
        )

    def kept(self) -> list[str]:
        """What is in the cache's folder of the engine."""
        return sorted(path.name for path in install.cached_path().parent.iterdir())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "bin", tmp_path / "cache")
    made.bin.mkdir()
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("MCLOUD_CACHE_DIR", str(made.cache))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(install, "DOWNLOADS", f"http://127.0.0.1:{closed.getsockname()[1]}")
    return made


@pytest.fixture
def published(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """What the official download serves: name -> content."""
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.lstrip("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(install, "DOWNLOADS", f"http://127.0.0.1:{server.server_address[1]}")
        yield files
        server.shutdown()
        thread.join()


def archive(member: str = "pulumi/pulumi", version: str = SUITS) -> bytes:
    """The official archive with a fake engine in it."""
    content = f"#!/bin/sh\necho {version}\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def digest_line(content: bytes, name: str = ARCHIVE) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


@pytest.mark.parametrize(
    ("answers", "remark", "suits"),
    [
        (f"echo {SUITS}", f"is {SUITS}", True),
        ("echo v3.258.0", f"is v3.258.0, {SUITS} is needed", False),
        (f"echo {SUITS}-alpha.1", f"is {SUITS}-alpha.1, {SUITS} is needed", False),
        ("echo hello", "does not answer to `version`", False),
        (f"echo {SUITS}; exit 1", "does not answer to `version`", False),
    ],
)
def test_an_engine_on_path(machine: Machine, answers: str, remark: str, suits: bool) -> None:
    path = machine.script("pulumi", answers)
    place = install.places()[0]
    assert (place.where, place.remark) == ("PATH", f"{path} {remark}")
    assert install.find() == (install.EngineBinary(path, SUITS, "PATH") if suits else None)


def test_nothing_anywhere(machine: Machine) -> None:
    assert [place.where for place in install.places()] == list(NOTHING)
    assert all(place.remark.startswith(NOTHING[place.where]) for place in install.places())
    assert install.find() is None
    assert not machine.cache.exists()


def test_the_cache_is_used_when_path_has_another_version(machine: Machine) -> None:
    machine.script("pulumi", "echo v1.0.0")
    cached = install.cached_path()
    cached.parent.mkdir(parents=True)
    cached.write_text("never started here")
    assert install.find() is None
    cached.chmod(0o755)
    assert install.ensure(machine.said.append) == install.EngineBinary(cached, SUITS, "cache")
    assert machine.said == []


def test_the_cache_is_the_person_s(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert install.cached_path() == machine.cache / "engine" / SUITS / "pulumi"
    monkeypatch.delenv("MCLOUD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert install.cached_path() == tmp_path / "xdg" / "mcloud" / "engine" / SUITS / "pulumi"


def test_the_official_download(machine: Machine, published: dict[str, bytes]) -> None:
    content = archive()
    published.update({ARCHIVE: content, SUMS: digest_line(b"other", "other.zip") + b"\n" + digest_line(content)})
    assert install.ensure(machine.said.append) == install.EngineBinary(install.cached_path(), SUITS, "cache")
    assert install.find() is not None
    assert machine.said == [f"downloading {ARCHIVE}"]
    assert machine.kept() == ["install.lock", "pulumi"]


@pytest.mark.parametrize(
    ("sums", "content", "says"),
    [
        (digest_line(b"something else"), archive(), f"the digest of {ARCHIVE} is not the published one"),
        (digest_line(archive(), "another.tar.gz"), archive(), f"the digest of {ARCHIVE} is not the published one"),
        (b"", archive(), f"the digest of {ARCHIVE} is not the published one"),
        (None, archive(), "the official download answers 404"),
        (digest_line(b""), None, "the official download answers 404"),
        (digest_line(b"no archive"), b"no archive", f"{ARCHIVE} holds no pulumi/pulumi"),
        ("right", archive("pulumi/README"), f"{ARCHIVE} holds no pulumi/pulumi"),
        ("right", archive(version="v3.1.0"), f"the engine that was got is v3.1.0, not {SUITS}"),
        ("right", archive(version="hello"), "the engine that was got is one that does not run here"),
    ],
    # An archive's digest holds the second it was packed in: two workers would name the same test differently.
    ids=[
        "another digest",
        "another name",
        "no sums",
        "sums 404",
        "archive 404",
        "no archive",
        "no engine in it",
        "another version",
        "does not run",
    ],
)
def test_a_download_that_is_not_taken(
    machine: Machine, published: dict[str, bytes], sums: bytes | str | None, content: bytes | None, says: str
) -> None:
    if content is not None:
        published[ARCHIVE] = content
    if sums is not None:
        published[SUMS] = digest_line(content or b"") if isinstance(sums, str) else sums
    with pytest.raises(EngineMissing) as caught:
        install.ensure(machine.said.append)
    assert says in caught.value.message
    assert any(line.startswith(says) for line in machine.said)
    assert machine.kept() == ["install.lock"]


@pytest.mark.parametrize(
    ("system", "processor", "name"),
    [
        ("Linux", "x86_64", "linux-x64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Darwin", "x86_64", "darwin-x64"),
    ],
)
def test_the_archive_of_the_platform(
    machine: Machine,
    published: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    processor: str,
    name: str,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    content, file = archive(), f"pulumi-{SUITS}-{name}.tar.gz"
    published.update({file: content, SUMS: digest_line(content, file)})
    assert install.ensure(machine.said.append).path == install.cached_path()
    assert machine.said == [f"downloading {file}"]


def test_a_platform_without_a_download_is_built_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    machine.go()
    assert install.ensure(machine.said.append).version == SUITS
    assert machine.said[0] == "there is no official download for Linux riscv64"


def test_without_a_download_it_is_built(machine: Machine) -> None:
    machine.go()
    assert install.ensure(machine.said.append) == install.EngineBinary(install.cached_path(), SUITS, "cache")
    assert machine.said[:4] == [
        f"downloading {ARCHIVE}",
        "the official download cannot be reached (ConnectError)",
        "fetching the engine's sources from the Go module proxy",
        "building the engine: 2 packages at most, some minutes",
    ]
    assert re.fullmatch(r"built the engine in \d+ s", machine.said[4])
    assert machine.kept() == ["install.lock", "pulumi"]
    [call] = (machine.bin / "calls").read_text().splitlines()
    assert call.startswith("local 0 -mod=readonly off build -v -trimpath -tags osusergo,grpcnotrace -ldflags -s -w -X ")
    assert f"version.Version={SUITS} -o pulumi {install.PACKAGE}" in call


def test_the_build_uses_the_pinned_sums(machine: Machine) -> None:
    tools = Path(install.__file__).parent / "tools"
    machine.go(listing=f'while read -r line; do echo "$line"; done < go.sum > {machine.bin}/sums; echo main')
    install.ensure(machine.said.append)
    assert (machine.bin / "sums").read_text() == (tools / "go.sum").read_text()


def test_how_far_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "SAY_EVERY", 0.05)
    compiled = f"echo fmt >&2; echo main >&2; /bin/sleep 0.3; {MAKES}"
    machine.go(listing="/bin/sleep 0.3; echo fmt; echo io; echo main", build=compiled)
    install.ensure(machine.said.append)
    assert any(re.fullmatch(r"fetching: 1 modules, \d+ s", line) for line in machine.said)
    assert any(re.fullmatch(r"building the engine: 2 of 3 packages, \d+ s", line) for line in machine.said)


@pytest.mark.parametrize(
    ("go", "says"),
    [
        (None, "Go is not installed, so the engine cannot be built (Go 1.26 is needed)"),
        ({"version": "go1.25.9"}, "Go 1.26 is needed to build the engine, {go} is go1.25.9"),
        ({"version": "devel"}, "Go 1.26 is needed to build the engine, {go} is devel"),
        ({"version": "''"}, "Go 1.26 is needed to build the engine, {go} is no Go that runs"),
        ({"listing": "echo 'go: no network' >&2; exit 1"}, "`go list` failed: go: no network"),
        ({"listing": "exit 1"}, "`go list` failed: go: downloading x"),
        ({"build": "echo main >&2; echo out of memory >&2; exit 2"}, "`go build` failed: out of memory"),
        ({"build": "exit 2"}, "`go build` failed: no message"),
        ({"build": "printf '#!/bin/sh\\necho v3.2.1\\n' > pulumi"}, f"the engine that was got is v3.2.1, not {SUITS}"),
        ({"build": "exit 0"}, "the build failed: No such file or directory"),
    ],
)
def test_a_build_that_fails(machine: Machine, go: dict[str, str] | None, says: str) -> None:
    if go is not None:
        machine.go(**go)
    with pytest.raises(EngineMissing) as caught:
        install.ensure(machine.said.append)
    error = caught.value
    assert error.message.startswith(f"there is no Pulumi engine {SUITS} and none could be got: no pulumi there; ")
    assert error.message.endswith(says.format(go=machine.bin / "go"))
    assert "the official download cannot be reached" in error.message
    assert error.hint == (
        f"install Pulumi {SUITS}, or Go 1.26 with access to its module proxy, then: mcloud engine install"
    )
    assert machine.kept() == ["install.lock"]


def test_a_go_that_cannot_be_started(machine: Machine) -> None:
    go = machine.bin / "go"
    go.write_bytes(b"\x7fELF of another machine")
    go.chmod(0o755)
    with pytest.raises(EngineMissing, match="the build failed: Exec format error"):
        install.ensure(machine.said.append)


def test_a_cache_that_cannot_be_written(machine: Machine) -> None:
    machine.cache.write_text("a file where the folder should be")
    with pytest.raises(EngineMissing, match="none can be kept in") as caught:
        install.ensure(machine.said.append)
    assert caught.value.hint == "set MCLOUD_CACHE_DIR to a folder that can be written to"


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


def test_two_installations_at_once_build_once(machine: Machine) -> None:
    go_on, building = machine.bin / "go-on", machine.bin / "building"
    machine.go(build=f": > {building}; while [ ! -e {go_on} ]; do /bin/sleep 0.01; done; {MAKES}")
    found: list[install.EngineBinary] = []
    said: list[list[str]] = [[], []]
    threads = [threading.Thread(target=lambda own=own: found.append(install.ensure(own.append))) for own in said]
    threads[0].start()
    wait_for(building.exists)
    threads[1].start()
    wait_for(lambda: said[1])
    go_on.touch()
    for thread in threads:
        thread.join(20)
    assert [binary.path for binary in found] == [install.cached_path()] * 2
    assert said[1] == ["another process is installing the engine; waiting for it"]
    assert len((machine.bin / "calls").read_text().splitlines()) == 1


def test_a_build_that_is_stopped_leaves_no_go_behind(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "SAY_EVERY", 0.02)
    # exec: the sleeping program has the number that the shell wrote down.
    machine.go(build=f"echo $$ > {machine.bin}/pid; exec /bin/sleep 60")

    def tell(line: str) -> None:
        if line.startswith("building the engine: 0 of") and (machine.bin / "pid").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install.ensure(tell)
    assert not Path(f"/proc/{(machine.bin / 'pid').read_text().strip()}").exists()
    assert machine.kept() == ["install.lock"]


def test_one_version_is_pinned_everywhere(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    needed = project["project"]["optional-dependencies"]["engine"]
    assert [item for item in needed if item.startswith("pulumi")] == [f"pulumi=={SUITS.removeprefix('v')}"]
    module = (Path(install.__file__).parent / "tools" / "go.mod").read_text(encoding="utf-8")
    for name in ("pkg", "sdk"):
        assert re.findall(rf"^\s+github\.com/pulumi/pulumi/{name}/v3 (\S+)", module, re.MULTILINE) == [SUITS]
    assert re.findall(r"^tool (\S+)$", module, re.MULTILINE) == [install.PACKAGE]
    least = re.findall(r"^go (\d+)\.(\d+)", module, re.MULTILINE)
    assert [(int(major), int(minor)) for major, minor in least] == [install.LEAST_GO]
