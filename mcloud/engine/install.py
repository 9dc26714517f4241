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
from typing import TYPE_CHECKING

from mcloud.errors import EngineMissing
from mcloud.paths import cache_dir

if TYPE_CHECKING:
    import httpx

VERSION = "v3.259.0"
"""The engine and the SDK in the requirements are pinned to one version: the protocol between them is not documented."""
DOWNLOADS = "https://get.pulumi.com/releases/sdk"
LEAST_GO = (1, 26)
LDFLAGS = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SAY_EVERY = 10.0
"""Seconds between two lines about how far it is."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class EngineBinary:
    """An engine that can be run."""

    path: Path
    version: str
    origin: str


@dataclass(frozen=True)
class Product:
    """An executable that is taken from the official archive, or built.

    Attributes:
        name: its file's, in the archive's folder ``pulumi`` too.
        words: what it is called in messages.
        package: what is built.
        sources: the folder, below ``tools``, of the module that pins and checksums it; empty: ``tools`` itself.
        ldflags: the linker's, its version among them.
        keep: moves what was got to its place; refuses what does not run here.
    """

    name: str
    words: str
    package: str
    sources: str
    ldflags: str
    keep: Callable[[Path], None]


@dataclass(frozen=True)
class Place:
    """Where an engine was looked for, and what was there."""

    where: str
    found: EngineBinary | None
    remark: str


def cached_path() -> Path:
    """Where the engine is kept."""
    return cache_dir() / "engine" / VERSION / "pulumi"


def home() -> Path:
    """The engine's own folder, apart from that of a Pulumi that the person uses."""
    return cache_dir() / "engine" / "home"


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
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(home())},
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
        tell: hears a line for each step, and how far it is every ten seconds.

    Raises:
        EngineMissing: there is none and none can be got; the message tells every attempt.
    """
    found = find()
    if found is not None:
        return found
    remarks = [place.remark for place in places()]
    with installing(tell):
        found = find()
        if found is not None:
            return found
        failed = obtain(Product("pulumi", "the engine", PACKAGE, "", LDFLAGS, _keep), tell)
        if failed is None:
            return EngineBinary(cached_path(), VERSION, "cache")
        remarks += failed
    raise EngineMissing(
        f"there is no Pulumi engine {VERSION} and none could be got: " + "; ".join(remarks),
        hint=f"install Pulumi {VERSION}, or Go {LEAST_GO[0]}.{LEAST_GO[1]} with access to its module proxy,"
        " then: mcloud engine install",
    )


def obtain(product: Product, tell: Tell) -> list[str] | None:
    """Download it, else build it.

    Returns:
        What went wrong each time; None when it is in its place.
    """
    remarks = []
    for what, get in (("the official download", _download), ("the build", _build)):
        try:
            get(product, tell)
        except EngineMissing as error:
            remark = error.message
        except OSError as error:
            remark = f"{what} failed: {error.strerror or error}"
        else:
            return None
        tell(remark)
        remarks.append(remark)
    return remarks


@contextmanager
def installing(tell: Tell) -> Iterator[None]:
    """One installation at a time; the lock goes with the process that holds it."""
    folder = cached_path().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "install.lock").open("w")
    except OSError as error:
        raise EngineMissing(
            f"there is no Pulumi engine {VERSION}, and none can be kept in {folder}: {error.strerror}",
            hint="set MCLOUD_CACHE_DIR to a folder that can be written to",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another process is installing the engine; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(product: Product, tell: Tell) -> None:
    """The official archive, checked against the published digests."""
    import httpx

    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    if system is None or machine is None:
        raise EngineMissing(f"there is no official download for {platform.system()} {platform.machine()}")
    name = f"pulumi-{VERSION}-{system}-{machine}.tar.gz"
    tell(f"downloading {name}")
    with tempfile.TemporaryDirectory(dir=cached_path().parent) as folder:
        archive = Path(folder) / "archive.tar.gz"
        try:
            with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(60, connect=10)) as client:
                sums = client.get(f"{DOWNLOADS}/pulumi-{VERSION.removeprefix('v')}-checksums.txt")
                digests = {line.split()[-1]: line.split()[0] for line in _text(sums).splitlines() if line.strip()}
                digest = _fetch(client, f"{DOWNLOADS}/{name}", archive, tell)
        except httpx.HTTPStatusError as error:
            raise EngineMissing(f"the official download answers {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise EngineMissing(f"the official download cannot be reached ({type(error).__name__})") from error
        if digest != digests.get(name):
            raise EngineMissing(f"the digest of {name} is not the published one")
        _unpack(archive, name, product)


def _text(answer: httpx.Response) -> str:
    return answer.raise_for_status().text


def _fetch(client: httpx.Client, url: str, target: Path, tell: Tell) -> str:
    """Download to a file.

    Returns:
        The SHA-256 of what came.
    """
    digest, got, told = hashlib.sha256(), 0, time.monotonic()
    # The digest is of the file itself, so nothing on the way may pack it once more.
    with client.stream("GET", url, headers={"accept-encoding": "identity"}) as answer, target.open("wb") as file:
        total = int(answer.raise_for_status().headers.get("content-length", 0))
        for chunk in answer.iter_raw():
            file.write(chunk)
            digest.update(chunk)
            got += len(chunk)
            if time.monotonic() - told >= SAY_EVERY:
                told = time.monotonic()
                tell(f"downloading: {got // 10**6} of {total // 10**6} MB")
    return digest.hexdigest()


def _unpack(archive: Path, name: str, product: Product) -> None:
    unpacked, member = archive.with_name(product.name), f"pulumi/{product.name}"
    try:
        with tarfile.open(archive) as tar:
            content = tar.extractfile(member)
            if content is None:
                raise KeyError(member)
            with content, unpacked.open("wb") as file:
                shutil.copyfileobj(content, file)
    except (KeyError, tarfile.TarError) as error:
        raise EngineMissing(f"{name} holds no {member}") from error
    product.keep(unpacked)


def _keep(made: Path) -> None:
    """Move it to its place, at once, if it runs here and is what was asked for."""
    made.chmod(0o755)
    version = _version_of(made)
    if version != VERSION:
        raise EngineMissing(f"the engine that was got is {version or 'one that does not run here'}, not {VERSION}")
    made.replace(cached_path())


def _build(product: Product, tell: Tell) -> None:
    """Build from the pinned, checksummed module; the engine takes about eight minutes on two cores, once."""
    go = _suitable_go(product)
    with tempfile.TemporaryDirectory(dir=cached_path().parent) as folder:
        work = Path(folder)
        for name in ("go.mod", "go.sum"):
            (work / name).write_bytes(files("mcloud.engine").joinpath("tools", product.sources, name).read_bytes())
        started = time.monotonic()

        def fetching(lines: int) -> None:
            tell(f"fetching: {lines} modules, {time.monotonic() - started:.0f} s")

        def compiling(lines: int) -> None:
            tell(f"building {product.words}: {lines} of {total} packages, {time.monotonic() - started:.0f} s")

        tell(f"fetching {product.words}'s sources from the Go module proxy")
        total = len(_go([go, "list", "-deps", product.package], work, fetching).splitlines())
        tell(f"building {product.words}: {total} packages at most, some minutes")
        command = [go, "build", "-v", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", product.ldflags]
        _go([*command, "-o", product.name, product.package], work, compiling)
        product.keep(work / product.name)
        tell(f"built {product.words} in {time.monotonic() - started:.0f} s")


def _suitable_go(product: Product) -> str:
    """The Go that builds.

    Raises:
        EngineMissing: there is none, or it is too old.
    """
    least = f"{LEAST_GO[0]}.{LEAST_GO[1]}"
    go = shutil.which("go")
    if go is None:
        raise EngineMissing(f"Go is not installed, so {product.words} cannot be built (Go {least} is needed)")
    done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=_go_environment())  # noqa: S603
    number = re.match(r"go(\d+)\.(\d+)", done.stdout)
    if number is None or (int(number[1]), int(number[2])) < LEAST_GO:
        raise EngineMissing(
            f"Go {least} is needed to build {product.words}, {go} is {done.stdout.strip() or 'no Go that runs'}"
        )
    return go


def _go_environment() -> dict[str, str]:
    # The person's own workspace, flags and toolchain switching must not change what is built.
    ours = {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    return {**os.environ, **ours}


def _go(command: list[str], work: Path, say: Callable[[int], None]) -> str:
    """Run Go and tell how many lines it has said, every ten seconds; its output."""
    with (work / "output").open("w+") as output, (work / "remarks").open("w+") as remarks:
        process = subprocess.Popen(  # noqa: S603 - go, with our own arguments
            command, cwd=work, env=_go_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=remarks
        )
        try:
            while process.poll() is None:
                try:
                    process.wait(SAY_EVERY)
                except subprocess.TimeoutExpired:
                    say(len((work / "remarks").read_text(errors="replace").splitlines()))
        except BaseException:
            process.kill()
            process.wait()
            raise
    if process.returncode != 0:
        said = (work / "remarks").read_text(errors="replace").strip().splitlines() or ["no message"]
        raise EngineMissing(f"`go {command[1]}` failed: {said[-1]}")
    return (work / "output").read_text()
