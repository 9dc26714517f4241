"""Runs the engine's binary: its project, its environment, its events, and who owns Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mcloud.engine.events import Event, parse
from mcloud.engine.install import EngineBinary
from mcloud.engine.state import PROJECT, StateFolder
from mcloud.errors import EngineError
from mcloud.paths import cache_dir

PARALLEL = 32
LAST_LINES = 20


@dataclass
class RunResult:
    """How a run of the engine ended."""

    exit_code: int
    interrupted: bool
    last_lines: list[str] = field(default_factory=list)


class Engine:
    """The engine for one stack."""

    def __init__(self, binary: EngineBinary, state: StateFolder, stack: str, variables: Mapping[str, str]) -> None:
        self.binary = binary
        self.state = state
        self.stack = stack
        self._variables = dict(variables)

    def prepare(self) -> None:
        """Write the project file and make the stack in the state, if needed.

        Raises:
            EngineError: the engine refused.
        """
        self.state.prepare()
        document = {
            "name": PROJECT,
            "runtime": "client",
            "plugins": {"providers": [{"name": "mcloud", "path": sysconfig.get_path("scripts")}]},
        }
        (self.state.project / "Pulumi.yaml").write_text(json.dumps(document), encoding="utf-8")
        if not self.state.state_file(self.stack).exists():
            self._plain("stack", "init", self.stack)

    def run(self, operation: Sequence[str], runtime_port: int | None, on_event: Callable[[Event], None]) -> RunResult:
        """Run an operation (up, preview, refresh, destroy with its flags) and hear its events.

        The first Ctrl-C lets the engine finish what it has begun; the second ends it at once.
        """
        command = [str(self.binary.path), *operation, "--json", "--non-interactive", "--stack", self.stack]
        command += ["--parallel", str(PARALLEL), "--cwd", str(self.state.project)]
        if runtime_port is not None:
            command += [f"--client=127.0.0.1:{runtime_port}", "--exec-kind", "auto.inline"]
        result = RunResult(0, False)
        process = subprocess.Popen(  # noqa: S603 - the pinned engine
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        errors = threading.Thread(target=self._keep_errors, args=(process, result), daemon=True)
        errors.start()
        with _owning_interrupts(process, result):
            assert process.stdout is not None  # noqa: S101 - asked for above
            for line in process.stdout:
                event = parse(line)
                if event is not None:
                    on_event(event)
                elif not line.startswith("{"):
                    _keep(result, line)
            result.exit_code = process.wait()
        errors.join(5)
        process.stdout.close()
        return result

    def _keep_errors(self, process: subprocess.Popen[str], result: RunResult) -> None:
        assert process.stderr is not None  # noqa: S101 - asked for in run
        for line in process.stderr:
            _keep(result, line)
        process.stderr.close()

    def export(self) -> dict[str, Any]:
        """The state, secrets encrypted."""
        return dict(json.loads(self._plain("stack", "export", "--stack", self.stack)))

    def import_(self, document: Mapping[str, Any]) -> None:
        """Replace the state; this clears pending operations."""
        path = self.state.path / f"import-{os.getpid()}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            self._plain("stack", "import", "--stack", self.stack, "--file", str(path))
        finally:
            path.unlink(missing_ok=True)

    def _plain(self, *arguments: str) -> str:
        command = [str(self.binary.path), *arguments, "--non-interactive", "--cwd", str(self.state.project)]
        done = subprocess.run(  # noqa: S603 - the pinned engine
            command, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            text = (done.stderr or done.stdout).strip().splitlines()
            raise EngineError(f"the engine's {' '.join(arguments[:2])} failed: {text[0] if text else 'no message'}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return {
            **kept,
            "PULUMI_HOME": str(cache_dir() / "engine" / "home"),
            "PULUMI_BACKEND_URL": self.state.backend_url,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.state.passphrase_file),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PULUMI_PARALLEL_DIFF": "true",
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
            "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            **self._variables,
        }


def _keep(result: RunResult, line: str) -> None:
    if line.strip():
        result.last_lines = [*result.last_lines, line.rstrip()][-LAST_LINES:]


@contextmanager
def _owning_interrupts(process: subprocess.Popen[str], result: RunResult) -> Iterator[None]:
    """Ctrl-C reaches us alone, for the engine is in a session of its own; we pass it on."""

    def interrupted(number: int, frame: Any) -> None:
        if result.interrupted:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            result.interrupted = True
            process.send_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if process.poll() is None:
            process.kill()
            process.wait()
