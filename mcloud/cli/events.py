"""``--events``: where the lines about a run go, and that there is a last one however it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import IO, Any

import typer
from pydantic import BaseModel

from mcloud.cli.out import tell
from mcloud.engine.event_lines import EventLines
from mcloud.errors import McloudError, UsageError

OUTPUT = "-"


class _Writer:
    """Writes lines, each at once. When that fails it says so and goes on without: a run is not stopped half way."""

    def __init__(self, file: IO[str], where: str) -> None:
        self._file: IO[str] | None = file
        self._where = where

    def __call__(self, line: BaseModel) -> None:
        if self._file is None:
            return
        try:
            self._file.write(line.model_dump_json() + "\n")
            self._file.flush()
        except OSError as error:
            self._file = None
            tell(f"events are not written any more to {self._where}: {error.strerror}")


@contextmanager
def event_lines(where: str | None, command: str, stack: Path, *, as_json: bool) -> Iterator[EventLines]:
    """The lines of one command.

    Args:
        where: a file, or - for the output, and then all that is for people goes where the errors go; None for nowhere.
        as_json: whether the output is already wanted for a document.

    Raises:
        UsageError: it cannot be written there.
    """
    if where == OUTPUT and as_json:
        raise UsageError("--json and --events - both want the output", hint="--events FILE")
    file = _opened(where)
    name = "the output" if where == OUTPUT else str(where)
    lines = EventLines(_Writer(file, name) if file is not None else None)
    lines.begun(command, str(stack))
    code = 1
    try:
        if where == OUTPUT:
            with redirect_stdout(sys.stderr):
                yield lines
        else:
            yield lines
        code = 0
    except typer.Exit as stop:
        code = stop.exit_code
        raise
    except McloudError as error:
        code = error.exit_code
        lines.message(str(error), "error")
        raise
    except Exception as error:
        lines.message(f"{type(error).__name__}: {error}", "error")
        raise
    finally:
        lines.summary(code)
        if file is not None and where != OUTPUT:
            with suppress(OSError):
                file.close()


def _opened(where: str | None) -> Any:
    if where is None:
        return None
    if where == OUTPUT:
        return sys.stdout
    try:
        return Path(where).open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"events cannot be written there: {error.strerror}", where=where) from error
