"""What a command and all that it starts use: seconds by the clock and of the processors, and memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.1
PAGE, TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
ROLES = {"pulumi-resource-mcloud": "provider", "mcloud.engine.stateserver.serve": "state server"}
"""A part of the command line -> what that process is."""


@dataclass
class Used:
    """What a command and its descendants used.

    Attributes:
        seconds: by the clock.
        memory: bytes at the worst moment, by role: resident, so a page that several share counts for each. Looked at
            ten times a second, so a peak that lasts less may be missed.
        processor: seconds by role, as of the last look at each process.
    """

    seconds: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    @property
    def peak(self) -> int:
        """Bytes of all together at the worst moment."""
        return sum(self.memory.values())

    @property
    def busy(self) -> float:
        """Seconds of the processors, of all together; what a process did since the last look at it is missing."""
        return sum(self.processor.values())


def measured(
    command: Sequence[str], folder: Path, env: Mapping[str, str], codes: Collection[int] = (0,)
) -> tuple[Used, str]:
    """Run it to its end.

    Args:
        codes: the exit codes that are no failure.

    Returns:
        What it used, and its standard output.

    Raises:
        SystemExit: it failed; with the end of what it said.
    """
    used, over = Used(), threading.Event()
    with (folder / "stdout").open("w+") as said, (folder / "stderr").open("w+") as complained:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=complained)
        watch = threading.Thread(target=_watch, args=(process.pid, used, over), daemon=True)
        watch.start()
        code = process.wait()
        used.seconds = time.monotonic() - started
        over.set()
        watch.join()
        said.seek(0)
        complained.seek(0)
        text = said.read()
        if code not in codes:
            raise SystemExit(f"{' '.join(command[:2])} ended with {code}\n{text[-1500:]}{complained.read()[-1500:]}")
    return used, text


def _watch(root: int, used: Used, over: threading.Event) -> None:
    roles: dict[int, str] = {}
    ticks: dict[int, int] = {}
    while not over.wait(INTERVAL):
        memory: dict[str, int] = {}
        for pid, (spent, resident) in _family(root).items():
            if roles.get(pid) in (None, "?"):
                roles[pid] = _role(pid, root)
            ticks[pid] = max(spent, ticks.get(pid, 0))
            memory[roles[pid]] = memory.get(roles[pid], 0) + resident
        if sum(memory.values()) > used.peak:
            used.memory = memory
    for pid, spent in ticks.items():
        used.processor[roles[pid]] = used.processor.get(roles[pid], 0.0) + spent / TICK


def _family(root: int) -> dict[int, tuple[int, int]]:
    """The process and its descendants: pid -> (ticks of the processors, bytes in memory)."""
    parents, values = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            # The name in parentheses may hold anything; what follows is proc(5)'s from the third field on.
            fields = Path("/proc", name, "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        values[int(name)] = (int(fields[11]) + int(fields[12]), int(fields[21]) * PAGE)
    family, new = set(), {root}
    while new:
        family |= new
        new = {pid for pid, parent in parents.items() if parent in new} - family
    return {pid: values[pid] for pid in family if pid in values}


def _role(pid: int, root: int) -> str:
    if pid == root:
        return "command"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "?"
    for part, role in ROLES.items():
        if any(part in word for word in words[:4]):
            return role
    program = Path(words[0]).name
    if program == "pulumi":
        return "engine"
    return program if program and not program.startswith("python") else "?"
