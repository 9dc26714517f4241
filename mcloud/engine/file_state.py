"""The engine's plain file backend: the whole state is written anew for every resource, a lock file guards it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mcloud.engine.state import BACKEND, PROJECT, StateFolder
from mcloud.engine.stateserver.processes import Process
from mcloud.errors import StateError, StateLocked


class FileState(StateFolder):
    """States in files that the engine writes itself."""

    @property
    def backend_url(self) -> str:
        """The engine's URL of the state."""
        return f"file://{self.path / 'state'}"

    def connect(self) -> dict[str, str]:
        # The engine decodes the URL's path: a folder a%20b, sent as it is, would be the folder "a b".
        # Without skip it writes a file of attributes beside each state, not atomically: killed in between, it leaves
        # an empty one and can read the state no more ("failed to load checkpoint: EOF").
        return {
            "PULUMI_BACKEND_URL": f"{quote(self.backend_url, safe=':/')}?metadata=skip",
            "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }

    def prepare(self) -> None:
        super().prepare()
        (self.path / "state").mkdir(exist_ok=True, mode=0o700)

    def state_file(self, stack: str) -> Path:
        """The engine's file for a stack."""
        return self.path / "state" / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"

    def names(self) -> list[str]:
        return sorted(file.stem for file in self.state_file("x").parent.glob("*.json"))

    def exists(self, stack: str) -> bool:
        if not self.state_file(stack).exists() and (self.path / "stacks" / stack / "state.json").exists():
            raise StateError(
                f"the state of the stack {stack!r} is kept by the state server, not by the file backend",
                hint=f"{BACKEND}=server; mcloud state export prints a state",
            )
        return self.state_file(stack).exists()

    def deployment(self, stack: str) -> dict[str, Any]:
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
        removed = []
        for path in self.lock_files(stack):
            try:
                lock = json.loads(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, ValueError):
                continue
            pid, host = int(lock.get("pid", 0)), str(lock.get("hostname", ""))
            if host == socket.gethostname() and not Process("engine", pid, 0).is_alive():
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
