"""Our own look at the cloud: it says that all is as recorded only where the engine's refresh would change nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mcloud.adapter.kind import Found, Kind, Observed, Poll
from mcloud.adapter.operations import Operations
from mcloud.engine.look import is_as_recorded
from mcloud.engine.provider.work import Work
from mcloud.errors import ForeignAccount, Unauthorised

URN = "urn:pulumi:dev::mcloud::mcloud:network:Network::main"
INPUTS = {"placement": "cloud/region", "name": "main-x", "cidr": "10.0.0.0/16", "resolved": {}}
OUTPUTS = {**INPUTS, "account": "acc", "zones": ["a", "b"], "size": 2}
NETWORK = {"urn": URN, "type": "mcloud:network:Network", "id": "cloud/region/n-1", "inputs": INPUTS, "outputs": OUTPUTS}
FRAME = [{"urn": "s", "type": "pulumi:pulumi:Stack"}, {"urn": "p", "type": "pulumi:providers:mcloud", "id": "1"}]
THERE = {"name": "main-x", "cidr": "10.0.0.0/16"}


class Networks(Kind):
    """What the cloud shows."""

    kind = "Network"

    def __init__(self, shown: Any, phase: str = "ready") -> None:
        self._shown, self._phase = shown, phase

    def read(self, session: Any, native_id: str) -> Any:
        if isinstance(self._shown, Exception):
            raise self._shown
        return self._shown

    def poll(self, session: Any, native_id: str, native: Any) -> Poll:
        return Poll(self._phase, self._phase)  # type: ignore[arg-type]

    def observe(self, at: Any, native: Any) -> Observed:
        return Observed(dict(native), outputs={"zones": ("a", "b"), "size": 2.0, "unset": None})

    def translate(self, inputs: Any, picks: Any) -> dict[str, Any]:
        return {}

    def create(self, session: Any, inputs: Any, picks: Any) -> str:
        raise NotImplementedError

    def delete(self, session: Any, native_id: str) -> None:
        raise NotImplementedError

    def find(self, session: Any, inputs: Any) -> Found:
        raise NotImplementedError

    def list(self, session: Any) -> Any:
        return ()


def same(monkeypatch: pytest.MonkeyPatch, kind: Kind, deployment: Any) -> bool:
    monkeypatch.setattr(Work, "kind", lambda self, at: kind)
    adapter: Any = SimpleNamespace(explain=lambda error, doing: error)
    operations = Operations(adapter, SimpleNamespace(account="acc"))

    def guarded(at: Any, account: str | None) -> Operations:
        if account != "acc":
            raise ForeignAccount("another account")
        return operations

    listings = SimpleNamespace(
        forget=lambda: None, read=lambda kind, native_id, what: operations.read(kind, native_id, what)
    )
    context: Any = SimpleNamespace(guarded=guarded, listings=lambda at: listings)
    return is_as_recorded(context, deployment)


@pytest.mark.parametrize("deployment", [{}, {"resources": FRAME}, {"resources": [*FRAME, NETWORK]}])
def test_all_as_recorded(monkeypatch: pytest.MonkeyPatch, deployment: Any) -> None:
    assert same(monkeypatch, Networks(THERE), deployment)


@pytest.mark.parametrize(
    "kind",
    [
        Networks({**THERE, "name": "renamed"}),
        Networks(None),
        Networks(THERE, "gone"),
        Networks(Unauthorised("not today")),
        Networks(KeyError("of an adapter")),
    ],
    ids=["differs", "gone", "going", "refused", "broken"],
)
def test_whatever_else_the_cloud_shows(monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    assert not same(monkeypatch, kind, {"resources": [*FRAME, NETWORK]})


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"type": "other:thing:Thing"},
        {"inputs": {}},
        {"initErrors": ["not ready"]},
        {"delete": True},
        {"pendingReplacement": True},
        {"outputs": {**OUTPUTS, "account": "theirs"}},
        {"outputs": {**OUTPUTS, "name": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}}},
        {"outputs": {**OUTPUTS, "more": "than the cloud shows"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_else_the_state_says(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    assert not same(monkeypatch, Networks(THERE), {"resources": [*FRAME, {**NETWORK, **change}]})


def test_what_a_run_that_was_cut_off_left(monkeypatch: pytest.MonkeyPatch) -> None:
    pending = [{"type": "updating", "resource": NETWORK}]
    assert not same(monkeypatch, Networks(THERE), {"resources": [NETWORK], "pending_operations": pending})
