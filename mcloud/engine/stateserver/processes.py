"""Which processes a run is made of, and whether they are still there."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process, told from a later one with the same number by when it was started (kernel ticks; 0 is unknown)."""

    role: str
    pid: int
    started: int

    @classmethod
    def of(cls, role: str, pid: int) -> Process:
        """The process with this number now."""
        fields = _stat(pid)
        return cls(role, pid, int(fields[19]) if fields else 0)

    def is_alive(self) -> bool:
        """Whether it runs on this machine. One that has ended and was not waited for yet does not."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        fields = _stat(self.pid)
        if not fields:
            return True
        return fields[0] not in ("Z", "X") and (self.started == 0 or int(fields[19]) == self.started)

    def end(self, patience: float = 5.0) -> bool:
        """Kill it and wait until it is gone; True when it is."""
        if not self.is_alive():
            return True
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return not self.is_alive()
        try:
            # Looked at once more, for the number could have passed to another process before it was held.
            if self.is_alive():
                with suppress(ProcessLookupError, PermissionError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], patience)
        finally:
            os.close(handle)
        return not self.is_alive()


def wait_until_gone(processes: list[Process], patience: float) -> bool:
    """Wait for processes that are about to end; False when some stay."""
    end = time.monotonic() + patience
    while any(process.is_alive() for process in processes):
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
