"""Finds the engine, or gets it: PATH, the user's cache, the official download, a build from the Go module proxy."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mcloud.errors import EngineMissing
from mcloud.paths import cache_dir

VERSION = "v3.259.0"
"""The engine and the SDK in the requirements are pinned to one version: the protocol between them is not documented."""
DOWNLOADS = "https://get.pulumi.com/releases/sdk"
LEAST_GO = (1, 26)
LDFLAGS = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class EngineBinary:
    """An engine that can be run."""

    path: Path
    version: str
    origin: str


@dataclass(frozen=True)
class Place:
    """Where an engine was looked for, and what was there."""

    where: str
    found: EngineBinary | None
    remark: str


def cached_path() -> Path:
    """Where the engine is kept."""
    return cache_dir() / "engine" / VERSION / "pulumi"


def places() -> list[Place]:
    """All places that are looked at without getting anything, in order."""
    on_path = shutil.which("pulumi")
    found = [_look("PATH", Path(on_path))] if on_path else [Place("PATH", None, "no pulumi there")]
    cached = cached_path()
    found.append(_look("cache", cached) if cached.exists() else Place("cache", None, f"nothing at {cached}"))
    return found


def _look(origin: str, path: Path) -> Place:
    version = _version_of(path)
    if version is None:
        return Place(origin, None, f"{path} does not answer to `version`")
    if version != VERSION:
        return Place(origin, None, f"{path} is {version}, {VERSION} is needed")
    return Place(origin, EngineBinary(path, version, origin), f"{path} is {version}")


def _version_of(path: Path) -> str | None:
    # The cache holds what we put there, atomically and by version: its name is enough and saves a start.
    if path == cached_path() and os.access(path, os.X_OK):
        return VERSION
    try:
        done = subprocess.run(  # noqa: S603 - asked for its version only
            [str(path), "version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v\d+\.\d+\.\d+\S*", done.stdout)
    return found[0] if done.returncode == 0 and found else None


def find() -> EngineBinary | None:
    """The first engine that suits, without getting one."""
    return next((place.found for place in places() if place.found), None)


def ensure(tell: Tell) -> EngineBinary:
    """Find it, or get it.

    Args:
        tell: hears a line for each step.

    Raises:
        EngineMissing: there is none and none can be got; the message tells every attempt.
    """
    found = find()
    if found is not None:
        return found
    remarks = [place.remark for place in places()]
    with _installing(tell):
        found = find()
        if found is not None:
            return found
        for get in (_download, _build):
            try:
                get(tell)
            except EngineMissing as error:
                tell(error.message)
                remarks.append(error.message)
                continue
            return EngineBinary(cached_path(), VERSION, "cache")
    raise EngineMissing(
        f"there is no Pulumi engine {VERSION} and none could be got: " + "; ".join(remarks),
        hint=f"install Pulumi {VERSION}, or Go {LEAST_GO[0]}.{LEAST_GO[1]} with access to its module proxy,"
        " then: mcloud engine install",
    )


@contextmanager
def _installing(tell: Tell) -> Iterator[None]:
    """One installation at a time."""
    folder = cached_path().parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another process is installing the engine; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(tell: Tell) -> None:
    """The official archive, checked against the published digests."""
    import httpx

    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    if system is None or machine is None:
        raise EngineMissing(f"there is no official download for {platform.system()} {platform.machine()}")
    name = f"pulumi-{VERSION}-{system}-{machine}.tar.gz"
    tell(f"downloading {name}")
    try:
        with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(60, connect=10)) as client:
            sums = client.get(f"{DOWNLOADS}/pulumi-{VERSION.removeprefix('v')}-checksums.txt").raise_for_status().text
            archive = client.get(f"{DOWNLOADS}/{name}").raise_for_status().content
    except httpx.HTTPError as error:
        raise EngineMissing(f"the official download cannot be reached ({type(error).__name__})") from error
    wanted = {line.split()[-1]: line.split()[0] for line in sums.splitlines() if line.strip()}
    if hashlib.sha256(archive).hexdigest() != wanted.get(name):
        raise EngineMissing(f"the digest of {name} is not the published one")
    with tempfile.TemporaryDirectory(dir=cached_path().parent) as folder:
        kept = Path(folder) / "archive.tar.gz"
        kept.write_bytes(archive)
        with tarfile.open(kept) as tar:
            member = tar.extractfile("pulumi/pulumi")
            if member is None:
                raise EngineMissing(f"{name} holds no pulumi/pulumi")
            _place(member.read(), Path(folder) / "pulumi")


def _place(content: bytes, temporary: Path) -> None:
    temporary.write_bytes(content)
    temporary.chmod(0o755)
    temporary.replace(cached_path())


def _build(tell: Tell) -> None:
    """Build from the pinned, checksummed module; about eight minutes on two cores, once."""
    go = shutil.which("go")
    if go is None:
        raise EngineMissing(
            f"Go is not installed, so the engine cannot be built (Go {LEAST_GO[0]}.{LEAST_GO[1]} is needed)"
        )
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    number = re.match(r"go(\d+)\.(\d+)", version.strip())
    if number is None or (int(number[1]), int(number[2])) < LEAST_GO:
        raise EngineMissing(f"Go {LEAST_GO[0]}.{LEAST_GO[1]} is needed to build the engine, here is {version.strip()}")
    environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    with tempfile.TemporaryDirectory(dir=cached_path().parent) as folder:
        work = Path(folder)
        for name in ("go.mod", "go.sum"):
            (work / name).write_bytes(files("mcloud.engine").joinpath("tools", name).read_bytes())
        tell("fetching the engine's sources from the Go module proxy")
        listed = _go([go, "list", "-deps", PACKAGE], work, environment)
        total = len(listed.splitlines())
        _compile(go, work, environment, total, tell)
        (work / "pulumi").replace(cached_path())


def _go(command: list[str], work: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise EngineMissing(f"`go {command[1]}` failed: {last[0]}")
    return done.stdout


def _compile(go: str, work: Path, environment: dict[str, str], total: int, tell: Tell) -> None:
    command = [go, "build", "-v", "-p", str(os.cpu_count() or 2), "-trimpath", "-tags", "osusergo,grpcnotrace"]
    command += ["-ldflags", LDFLAGS, "-o", "pulumi", PACKAGE]
    started = told = time.monotonic()
    built, last = 0, ""
    with subprocess.Popen(  # noqa: S603 - go, with our own arguments
        command, cwd=work, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None  # noqa: S101 - asked for above
        for line in process.stderr:
            built, last = built + 1, line.strip()
            if time.monotonic() - told >= 10:
                told = time.monotonic()
                tell(f"building the engine: {built} of {total} packages, {told - started:.0f} s")
    if process.returncode != 0:
        raise EngineMissing(f"building the engine failed: {last}")
    tell(f"built the engine in {time.monotonic() - started:.0f} s")
