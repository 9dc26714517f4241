"""What is told after a run that did not come to its end: what is there, what is not, and what to type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.aftermath import MOST, after_destroy, after_up, aftermath
from mcloud.cli.options import Typed


def urn(name: str) -> str:
    return f"urn:pulumi:dev::mcloud::mcloud:compute:Server::{name}"


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(name), "id": f"one/east/{name}", **more}


def pending(name: str) -> dict[str, Any]:
    return {"resource": {"urn": urn(name)}, "type": "creating"}


WANTED = [urn(name) for name in ("a", "b", "c", "d", "e", "f")]
STATE = [item("a"), item("b", initErrors=["not yet"]), item("f"), {"urn": urn("c")}]
FOUND = aftermath(WANTED, STATE, [pending("d")], [urn("c"), urn("d"), urn("f")])


def test_everything_is_told_once() -> None:
    assert (FOUND.there, FOUND.unready, FOUND.unknown) == (("server a",), ("server b", "server f"), ("server d",))
    assert (FOUND.failed, FOUND.untouched) == (("server c",), ("server e",))


def test_after_up() -> None:
    assert after_up(FOUND, "mcloud up shop.yaml", "mcloud destroy shop.yaml") == [
        "there (1): server a",
        "made, but not ready; the next run goes on with it (2): server b, server f",
        "begun, outcome not known; the next run looks for it before it makes another (1): server d",
        "not there, for it failed (1): server c",
        "not begun (1): server e",
        "to go on, when the cause is gone (nothing is made twice):  mcloud up shop.yaml",
        "to take away what is there:  mcloud destroy shop.yaml",
    ]
    nothing = aftermath(WANTED[:1], [], [], [urn("a")])
    assert after_up(nothing, "mcloud up shop.yaml", "mcloud destroy shop.yaml") == [
        "not there, for it failed (1): server a",
        "to go on, when the cause is gone (nothing is made twice):  mcloud up shop.yaml",
    ]


def test_many_are_counted() -> None:
    many = aftermath([urn(f"web-{number}") for number in range(20)], [], [], [])
    assert after_up(many, "", "")[0].endswith(f"server web-15 and {20 - MOST} more")


def test_after_destroy() -> None:
    assert after_destroy(FOUND, "mcloud destroy shop.yaml") == [
        "still there (4): server a, server b, server d, server f",
        "to go on, when the cause is gone:  mcloud destroy shop.yaml",
    ]
    assert after_destroy(aftermath([], [], [], []), "x") == ["all of it is gone"]


@pytest.mark.parametrize(
    ("typed", "more", "command"),
    [
        (Typed(Path("shop.yaml")), {}, "mcloud up shop.yaml"),
        (Typed(Path("a b/shop.yaml")), {"rematch": True, "offline": False}, "mcloud up 'a b/shop.yaml' --rematch"),
        (
            Typed(Path("shop.yaml"), "prod", ["n=3", "text=a b"], [Path("x.yaml")], "team"),
            {"target": ["server/web", "db"]},
            "mcloud up shop.yaml --env prod --set n=3 --set 'text=a b' --overlay x.yaml --profile team"
            " --target server/web --target db",
        ),
    ],
)
def test_what_to_type_is_what_was_typed(typed: Typed, more: dict[str, Any], command: str) -> None:
    assert typed.command("up", **more) == command
