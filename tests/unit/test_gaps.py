"""Which gaps stop a run."""

from __future__ import annotations

import pytest

from mcloud.adapter.gaps import Gap, stopping
from mcloud.model.stack import Acceptance

LOSSY = Gap("labels", "servers.web", "lossy", "no labels", "do without")
BLOCKING = Gap("size", "servers.db", "blocking", "no such size", "another one")
DONE = Gap("peer", "security_groups.web", "substituted", "no groups", "blocks")


def accept(gap: str, resource: str | None = None) -> Acceptance:
    return Acceptance(gap=gap, reason="it is fine", resource=resource)


@pytest.mark.parametrize(
    ("gaps", "accepted", "stop"),
    [
        ([], [], []),
        ([DONE], [], []),
        ([BLOCKING, LOSSY, DONE], [], [LOSSY, BLOCKING]),
        ([LOSSY], [accept("labels")], []),
        ([LOSSY], [accept("labels", "servers.web")], []),
        ([LOSSY], [accept("labels", "servers.db")], [LOSSY]),
        ([LOSSY], [accept("size")], [LOSSY]),
        ([BLOCKING], [accept("size"), accept("size", "servers.db")], [BLOCKING]),
    ],
)
def test_stopping(gaps: list[Gap], accepted: list[Acceptance], stop: list[Gap]) -> None:
    assert stopping(gaps, accepted) == stop
    assert stopping(reversed(gaps), reversed(accepted)) == stop


def test_as_json() -> None:
    assert LOSSY.as_dict() == {
        "code": "labels",
        "resource": "servers.web",
        "class": "lossy",
        "reason": "no labels",
        "alternative": "do without",
    }
