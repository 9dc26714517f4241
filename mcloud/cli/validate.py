"""validate: findings, what would be chosen, and gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import typer

from mcloud.adapter import registry
from mcloud.adapter.gaps import Gap, stopping
from mcloud.catalog.cache import load_price_book
from mcloud.catalog.overlay import overlay as merge
from mcloud.catalog.types import Catalog
from mcloud.cli import out
from mcloud.cli.options import AsJson, Env, Overlays, Sets, StackFile, make_app
from mcloud.errors import BlockedError, MatchError, McloudError
from mcloud.load import Loaded, load_stack
from mcloud.match.plan import Planned, plan
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, build_graph
from mcloud.validate import Finding, validate

GROUP = False
app = make_app("Check a stack.")


def check_stack(loaded: Loaded) -> tuple[Finding, ...]:
    """The findings of the neutral rules."""
    return validate(loaded.stack)


def shipped_catalogs() -> Callable[[Placement], Catalog]:
    """The catalogs that come with the adapters, with the user's prices; no account is asked."""

    @cache
    def of_cloud(cloud: str) -> Catalog:
        return merge(registry.get(cloud).catalog(), None, load_price_book(cloud))

    return lambda placement: of_cloud(placement.cloud)


def show_picks(
    graph: Graph, loaded: Loaded, catalog_of: Callable[[Placement], Catalog], *, quiet: bool
) -> list[Planned]:
    """Show gaps and remarks, and refuse what cannot be done; what was chosen for each node.

    Raises:
        BlockedError: gaps that stop the run.
        McloudError: nothing fits.
    """
    planned = plan(graph, catalog_of)
    problem = next((item for item in planned if item.problem is not None), None)
    if problem is not None and problem.problem is not None:
        problem.problem.where = loaded.locate(problem.node.path)
        raise problem.problem
    gaps = sorted({gap for item in planned for gap in item.gaps})
    stops = stopping(gaps, loaded.stack.accept)
    if stops:
        lines = [_gap_line(gap) for gap in stops]
        raise BlockedError(
            "the cloud cannot do this as written:\n  " + "\n  ".join(lines),
            hint="change the stack, or accept a lossy gap: accept: [{gap: CODE, reason: …}]",
        )
    if not quiet:
        for line in _gap_lines(gaps):
            out.tell(f"note: {line}")
        for reason in dict.fromkeys(reason for item in planned for reason in item.reasons):
            out.tell(f"note: {reason}")
    return planned


def _gap_lines(gaps: list[Gap]) -> list[str]:
    """One line for what is the same of several resources."""
    alike: dict[tuple[str, ...], list[Gap]] = {}
    for gap in gaps:
        alike.setdefault((gap.code, gap.klass, gap.reason, gap.alternative), []).append(gap)
    found = []
    for same in alike.values():
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        found.append(_gap_line(replace(same[0], resource=same[0].resource + more)))
    return found


def _gap_line(gap: Gap) -> str:
    return f"{gap.resource}: {gap.reason}; {gap.alternative} [{gap.code}, {gap.klass}]"


@app.command("validate")
def validate_command(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """Check a stack with the shipped catalogs: findings, what would be chosen, what a cloud lacks.

    Exit code 3 when a finding or a gap blocks.
    """
    loaded = load_stack(stack, env, sets, overlay)
    findings = check_stack(loaded)
    planned: list[Planned] = []
    if not any(item.severity == "block" for item in findings):
        planned = plan(build_graph(loaded.stack, loaded.read_text), shipped_catalogs())
    # Whether a flavor is sold out only the account's own list tells; here it must exist.
    problems = [item for item in planned if item.problem is not None]
    gaps = sorted({gap for item in planned for gap in item.gaps})
    stops = stopping(gaps, loaded.stack.accept)
    if as_json:
        out.print_json(_document(loaded, findings, planned, gaps))
    else:
        _print(loaded, findings, planned, gaps)
    if any(item.problem is not None and not isinstance(item.problem, MatchError) for item in problems):
        raise typer.Exit(1)
    if stops or problems or any(item.severity == "block" for item in findings):
        raise typer.Exit(3)


def _print(loaded: Loaded, findings: tuple[Finding, ...], planned: list[Planned], gaps: list[Gap]) -> None:
    for finding in findings:
        hint = f"\n  hint: {finding.hint}" if finding.hint else ""
        typer.echo(f"{finding.severity}: {loaded.locate(finding.path)}: {finding.message}{hint}")
    for line in _gap_lines(gaps):
        typer.echo(f"gap: {line}")
    for item in planned:
        if item.problem is not None:
            typer.echo(f"block: {loaded.locate(item.node.path)}: {_text(item.problem)}")
        elif item.node.kind == "Server":
            typer.echo(
                f"server {item.node.name}: {item.picks['flavor']}, {item.picks['image']} in {item.picks['zone']}"
            )
    blocked = sum(1 for finding in findings if finding.severity == "block")
    typer.echo(
        f"{loaded.stack.name}: {len(planned)} resources, {len(findings)} findings ({blocked} block), {len(gaps)} gaps"
    )


def _text(problem: McloudError) -> str:
    return f"{problem.message}\n  hint: {problem.hint}" if problem.hint else problem.message


def _document(loaded: Loaded, findings: tuple[Finding, ...], planned: list[Planned], gaps: list[Gap]) -> dict[str, Any]:
    return {
        "stack": loaded.stack.name,
        "findings": [finding.as_dict(loaded.locate(finding.path)) for finding in findings],
        "gaps": [gap.as_dict() for gap in gaps],
        "resources": [
            {
                "kind": item.node.kind,
                "name": item.node.name,
                "placement": str(item.placement),
                "picks": dict(item.picks),
                "problem": item.problem.message if item.problem else None,
                "hint": item.problem.hint if item.problem else None,
            }
            for item in planned
        ],
    }
