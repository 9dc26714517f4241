"""Runs the engine's binary: its project, its environment, its events, and who owns Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mcloud.engine.events import Event, parse
from mcloud.engine.install import EngineBinary, home
from mcloud.engine.state import PROJECT, StateFolder
from mcloud.errors import EngineError

PARALLEL = 256
"""So many resources are under way at once. Most of them only wait for the cloud; how many call it, its limiter says."""
LAST_LINES = 20
SIGNED_IN = "Logging in using access token from"
"""The engine says so each time, and it is of no use to anybody."""
PROVIDER = "pulumi-resource-mcloud"
NO_LOGS = "In the place of the engine's folder of logs, which it fills with every input of every run.\n"
GARBAGE = {"GOGC": "400", "GOMEMLIMIT": "640MiB"}
"""How the engine's Go collects what it needs no more: seldom while it is small. By its own defaults that is a fifth of
its work. Beyond the limit it collects as often as it must; the limit refuses nothing."""


@dataclass
class RunResult:
    """How a run of the engine ended.

    Attributes:
        exit_code: the engine's; negative when a signal ended it.
        interrupted: the person asked to stop.
        last_lines: what it said outside of its events, the last lines of it.
    """

    exit_code: int
    interrupted: bool
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    @property
    def failure(self) -> str:
        """What the engine said last, or where it said that this is the error."""
        errors = [line.removeprefix("error: ") for line in self.last_lines if line.startswith("error: ")]
        ended = f"it was ended by {signal.Signals(-self.exit_code).name}" if self.exit_code < 0 else "no message"
        return (errors or list(self.last_lines) or [ended])[-1]


class Engine:
    """The engine for one stack."""

    def __init__(self, binary: EngineBinary, state: StateFolder, stack: str, variables: Mapping[str, str]) -> None:
        self.binary = binary
        self.state = state
        self.stack = stack
        self._variables = variables

    def prepare(self) -> None:
        """Write the project file and make the stack in the state, if needed.

        Raises:
            EngineError: the engine refused, or our provider's executable is nowhere.
        """
        self.state.prepare()
        _without_logs(home())
        plugins = {"providers": [{"name": "mcloud", "path": str(provider_folder())}]}
        _write_once(
            self.state.project / "Pulumi.yaml", json.dumps({"name": PROJECT, "runtime": "client", "plugins": plugins})
        )
        self.state.take_over(self.stack)
        file = self.state.project / f"Pulumi.{self.stack}.yaml"
        new = not self.state.exists(self.stack)
        made = new and self.state.create(self.stack)
        settings = self.state.project_stack(self.stack)
        # What is left of a former stack of that name goes with another state.
        if settings is not None and (made or not file.exists()):
            _write_once(file, settings)
        if new and not made:
            self._plain("stack", "init", self.stack, "--secrets-provider", "passphrase")

    def run(self, operation: Sequence[str], runtime_port: int | None, on_event: Callable[[Event], None]) -> RunResult:
        """Run an operation (up, preview, refresh, destroy with its flags) and hear its events.

        The first Ctrl-C lets the engine finish what it has begun; the second ends it at once. An error of
        ``on_event`` stops it like the first Ctrl-C and is raised when the engine has ended.
        """
        command = [str(self.binary.path), *operation, "--json", "--non-interactive", "--stack", self.stack]
        command += ["--parallel", str(PARALLEL), "--cwd", str(self.state.project)]
        if runtime_port is not None:
            command += [f"--client=127.0.0.1:{runtime_port}", "--exec-kind", "auto.inline"]
        result = RunResult(0, False)
        with _Interrupts(result) as interrupts, self._connected() as variables:
            process = subprocess.Popen(  # noqa: S603 - the pinned engine
                command,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            try:
                self.state.engine_started(process.pid)
                interrupts.pass_on_to(process)
                _listen(process, result, on_event, interrupts.ask_to_stop)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        return result

    def export(self) -> dict[str, Any]:
        """The state, secrets encrypted."""
        return dict(json.loads(self._plain("stack", "export", "--stack", self.stack)))

    def import_(self, document: Mapping[str, Any]) -> None:
        """Replace the state; this clears pending operations."""
        self._plain("stack", "import", "--stack", self.stack, stdin=json.dumps(document))

    def _plain(self, *arguments: str, stdin: str = "") -> str:
        command = [str(self.binary.path), *arguments, "--non-interactive", "--cwd", str(self.state.project)]
        with self._connected() as variables:
            done = subprocess.run(  # noqa: S603 - the pinned engine
                command, env=variables, input=stdin, capture_output=True, text=True, check=False
            )
        if done.returncode != 0:
            said = [line for line in (done.stderr or done.stdout).splitlines() if _matters(line)]
            text = said[0].strip().removeprefix("error: ") if said else "no message"
            raise EngineError(f"the engine's {' '.join(arguments[:2])} failed: {text}")
        return done.stdout

    @contextmanager
    def _connected(self) -> Iterator[dict[str, str]]:
        """The engine's environment while the state can be reached."""
        with self.state.connected(self.stack) as backend:
            yield self._environment(backend)

    def _environment(self, backend: Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return {
            **kept,
            "PULUMI_HOME": str(home()),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.state.passphrase_file),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PULUMI_PARALLEL_DIFF": "true",
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
            # Milliseconds. The server is near: who waits for 50 of them, the default, gains nothing by it.
            "PULUMI_JOURNALING_BATCH_PERIOD": "30",
            **{name: value for name, value in GARBAGE.items() if name not in kept},
            **backend,
            **self._variables,
        }


def provider_folder() -> Path:
    """Where our provider's executable is: beside this Python, in the person's own scripts, or on PATH.

    Raises:
        EngineError: it is nowhere.
    """
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    for folder in (Path(sysconfig.get_path("scripts", scheme)) for scheme in schemes):
        if (folder / PROVIDER).exists():
            return folder
    on_path = shutil.which(PROVIDER)
    if on_path is None:
        raise EngineError(
            f"{PROVIDER}, a part of mcloud, is not where Python's scripts are",
            hint="install mcloud with pip, and put pip's folder of scripts on PATH",
        )
    return Path(on_path).absolute().parent


def _without_logs(folder: Path) -> None:
    """See that the engine keeps no log of its own.

    It has no switch for it, but goes on where it cannot make its folder (pulumi v3.259.0, pkg/logging/encrypted.go,
    StartLogging, read 2026-11-26). The log holds every value as it is, in a file that is encrypted later, and writing
    it is a fifth of the engine's work.
    """
    logs = folder / "logs"
    if logs.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    # A run of a former version may be writing into it: what cannot be done now is done by the next run.
    with suppress(OSError):
        if logs.is_dir():
            shutil.rmtree(logs)
        logs.write_text(NO_LOGS, encoding="utf-8")


def _write_once(path: Path, content: str) -> None:
    """Write what is not there yet, at once: another run of the engine may be reading the file."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(path)


def _listen(
    process: subprocess.Popen[str], result: RunResult, on_event: Callable[[Event], None], stop: Callable[[], None]
) -> None:
    """Hear the engine out."""
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - asked for in run
    errors = threading.Thread(target=_keep, args=(process.stderr, result), daemon=True)
    errors.start()
    failure: Exception | None = None
    with process.stdout:
        for line in process.stdout:
            event = parse(line)
            if event is None and not line.startswith("{"):
                _keep([line], result)
            if event is None or failure is not None:
                continue
            try:
                on_event(event)
            except Exception as error:
                # Whatever went wrong on our side: what the engine has begun must end and get into the state.
                failure = error
                stop()
    result.exit_code = process.wait()
    errors.join()
    process.stderr.close()
    if failure is not None:
        raise failure


def _keep(lines: Iterable[str], result: RunResult) -> None:
    result.last_lines.extend(line.rstrip() for line in lines if _matters(line))


def _matters(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(SIGNED_IN)


class _Interrupts:
    """Ctrl-C reaches us alone, for the engine is in a session of its own; we pass it on.

    So do a polite kill and the end of the terminal. What the person has chosen to ignore (nohup) stays ignored.
    """

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, result: RunResult) -> None:
        self._result = result
        self._process: subprocess.Popen[str] | None = None
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        # Only the main thread may set handlers; elsewhere signals are somebody else's.
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in self.signals if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._interrupted) for number in heard}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pass_on_to(self, process: subprocess.Popen[str]) -> None:
        """From now on; what was pressed before is made up for."""
        self._process = process
        if self._result.interrupted:
            self.ask_to_stop()

    def ask_to_stop(self) -> None:
        """Let the engine finish what it has begun. Only once: asked again, it ends without writing its state."""
        if self._process is not None and not self._asked:
            self._asked = True
            self._process.send_signal(signal.SIGINT)

    def _interrupted(self, number: int, frame: object) -> None:
        again, self._result.interrupted = self._result.interrupted, True
        if not again:
            self.ask_to_stop()
        elif self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
