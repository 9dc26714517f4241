"""schema: JSON Schema of what is read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from mcloud.cli import out
from mcloud.cli.options import make_app

GROUP = False
app = make_app("JSON Schema of what is read and written.")


class Of(StrEnum):
    """What a schema is of."""

    stack = "stack"
    comparison = "comparison"
    plan = "plan"
    events = "events"


@app.command()
def schema(of: Annotated[Of, typer.Argument(help="stack files, or what --json or --events print.")] = Of.stack) -> None:
    """Print the JSON Schema of stack files (for editors: # yaml-language-server: $schema=FILE), of what compare --json
    and migrate plan --json print, or of a line of --events."""
    out.print_json(_SCHEMAS[of]())


def _stack() -> dict[str, Any]:
    from mcloud.model.schema import stack_schema

    return stack_schema()


def _comparison() -> dict[str, Any]:
    from mcloud.match.verdict import Comparison
    from mcloud.model.schema import answer_schema

    return answer_schema(Comparison, "mcloud comparison, version 1")


def _plan() -> dict[str, Any]:
    from mcloud.migrate.values import MigrationPlan
    from mcloud.model.schema import answer_schema

    return answer_schema(MigrationPlan, "mcloud migration plan, version 1")


def _events() -> dict[str, Any]:
    from mcloud.engine.event_lines import event_schema

    return event_schema()


_SCHEMAS: Mapping[Of, Callable[[], dict[str, Any]]] = {
    Of.stack: _stack,
    Of.comparison: _comparison,
    Of.plan: _plan,
    Of.events: _events,
}
