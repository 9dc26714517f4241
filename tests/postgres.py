"""A PostgreSQL server of the tests' own: Debian's binaries, a folder that goes away, a socket and no port."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PLACES = "/usr/lib/postgresql/*/bin"
SECONDS = 120.0
USER, PASSWORD = "lan", "hush-hush-4711"


def binaries() -> Path | None:
    """Where the newest server's programs are; None without one."""
    found = sorted(path for path in Path("/").glob(PLACES.lstrip("/")) if (path / "initdb").exists())
    if found:
        return found[-1]
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


def _end_with_us() -> None:
    """In the new process: end at once when the tests' process is gone, however it ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class Database:
    """A server with one database ``states``, whose users show a password."""

    def __init__(self) -> None:
        programs = binaries()
        assert programs is not None
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="mcloud-postgres-", dir="/tmp"))
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            # It refuses to run as root.
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        secret = self.folder / "secret"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        self._call("initdb", "-D", "data", "-U", USER, "--pwfile", "secret", "-A", "scram-sha-256", "-E", "UTF8", "-N")
        secret.unlink()
        self.start()
        self._call("createdb", "-h", str(self.folder), "-U", USER, "states", PGPASSWORD=PASSWORD)

    def _call(self, program: str, *words: str, **variables: str) -> None:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.folder), **variables}
        subprocess.run(
            [self._programs / program, *words],
            cwd=self.folder, check=True, capture_output=True, env=environment, **self._as,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ("-D", "data", "-k", str(self.folder), "-c", "listen_addresses=", "-c", "max_wal_size=64MB")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *words],
                cwd=self.folder, stdout=log, stderr=log, preexec_fn=_end_with_us, **self._as,
            )
        end = time.monotonic() + SECONDS
        while True:
            try:
                self._call("pg_isready", "-h", str(self.folder))
            except subprocess.CalledProcessError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def crash(self) -> None:
        """End it at once, with nothing written that was not on the disk, and every connection torn."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it and remove its folder."""
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None

    def address(self, schema: str = "mcloud") -> str:
        """The address of a store; the password is in PGPASSWORD, or a reference is added."""
        return f"postgresql://{USER}@/states?host={self.folder}&schema={schema}"
