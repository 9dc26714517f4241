"""The folder that a stack's state lives in: the plain file backend, the state's random id, the passphrase, the lock.

.mcloud/
  state-id          chosen once; part of every physical name
  passphrase        mode 600; encrypts secrets in the state
  digest-key        mode 600; keys the digests of secrets' values in the state
  state/            the engine's file backend
  project/          the engine's project file
  catalogs/         live catalogs of the last run
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcloud.adapter.naming import new_state_id
from mcloud.errors import StateError, StateLocked

PROJECT = "mcloud"
BACKEND_VARIABLES = ("MCLOUD_BACKEND_URL", "PULUMI_BACKEND_URL")


@dataclass(frozen=True)
class StateFolder:
    """The state of the stacks of one folder."""

    path: Path

    @classmethod
    def beside(cls, stack_file: Path) -> StateFolder:
        """The state folder beside a stack file.

        Raises:
            StateError: a backend is asked for that is not safe yet.
        """
        for variable in BACKEND_VARIABLES:
            url = os.environ.get(variable)
            if url and not url.startswith("file://"):
                raise StateError(
                    f"{variable} asks for the state to be at {url.split(':', 1)[0]}://…, which is not supported yet",
                    hint=f"only local state is safe in this version; unset {variable}",
                )
            if url:
                return cls(Path(url.removeprefix("file://")).expanduser().absolute())
        return cls((stack_file.parent / ".mcloud").absolute())

    @property
    def backend_url(self) -> str:
        """The engine's URL of the state."""
        return f"file://{self.path / 'state'}"

    @property
    def project(self) -> Path:
        """The engine's project folder."""
        return self.path / "project"

    @property
    def catalogs(self) -> Path:
        """Live catalogs of the run."""
        return self.path / "catalogs"

    def prepare(self) -> None:
        """Make the folders and what is chosen once."""
        for folder in (self.path, self.path / "state", self.project, self.catalogs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        self._once("state-id", new_state_id)
        self._once("passphrase", lambda: secrets.token_urlsafe(32))
        self._once("digest-key", lambda: secrets.token_urlsafe(32))

    def twin(self, path: Path) -> StateFolder:
        """Another folder with the same id and passphrase, for a look at what would be."""
        other = StateFolder(path)
        for name in ("state-id", "passphrase"):
            text = (self.path / name).read_text(encoding="utf-8")
            other._once(name, lambda text=text: text)
        other.prepare()
        return other

    def _once(self, name: str, make: Any) -> str:
        path = self.path / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="utf-8").strip()
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        return path.read_text(encoding="utf-8").strip()

    @property
    def state_id(self) -> str:
        """The state's random id."""
        return self._once("state-id", new_state_id)

    @property
    def passphrase_file(self) -> Path:
        """The file that holds the passphrase."""
        return self.path / "passphrase"

    @property
    def digest_key_file(self) -> Path:
        """The file that holds the key of secrets' digests."""
        return self.path / "digest-key"

    def state_file(self, stack: str) -> Path:
        """The engine's file for a stack."""
        return self.path / "state" / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """Our resources in the state, without starting the engine.

        Raises:
            StateError: the file is damaged.
        """
        return [item for item in self.deployment(stack).get("resources") or () if item["type"].startswith("mcloud:")]

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs.

        Raises:
            StateError: the file is damaged.
        """
        for resource in self.deployment(stack).get("resources") or ():
            if resource["type"] == "pulumi:pulumi:Stack":
                return dict(resource.get("outputs") or {})
        return {}

    def pending_creates(self, stack: str) -> list[dict[str, Any]]:
        """Creates that began and whose outcome the state lacks."""
        found = self.deployment(stack).get("pending_operations") or ()
        return [item for item in found if item.get("type") == "creating"]

    def deployment(self, stack: str) -> dict[str, Any]:
        """The deployment part of the state; empty when there is none.

        Raises:
            StateError: the file is damaged.
        """
        path = self.state_file(stack)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StateError(
                "the state file is damaged", where=str(path), hint=f"an older one is {path}.bak"
            ) from error
        return dict(document.get("checkpoint", {}).get("latest") or {})

    def lock_files(self, stack: str) -> list[Path]:
        """The engine's locks on a stack."""
        folder = self.path / "state" / ".pulumi" / "locks" / "organization" / PROJECT / stack
        return sorted(folder.glob("*.json")) if folder.exists() else []

    def break_stale_locks(self, stack: str) -> list[str]:
        """Remove the locks of processes that are gone from this machine.

        Returns:
            What was removed, for telling.

        Raises:
            StateLocked: somebody alive, or somebody elsewhere, holds it.
        """
        removed = []
        for path in self.lock_files(stack):
            try:
                lock = json.loads(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, ValueError):
                continue
            pid, host = int(lock.get("pid", 0)), str(lock.get("hostname", ""))
            if host == socket.gethostname() and not _is_alive(pid):
                path.unlink(missing_ok=True)
                removed.append(f"the lock of process {pid}, which is gone")
                continue
            raise StateLocked(
                f"another run holds the stack {stack!r}: process {pid} of {lock.get('username')} on {host}"
                f" since {lock.get('timestamp')}",
                hint="wait until it has ended; if it is surely dead, remove the lock file",
                where=str(path),
            )
        return removed


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A process that has ended and was not waited for yet is no holder.
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] != "Z"
