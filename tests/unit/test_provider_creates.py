"""What the provider tells of a create, in every way that it may go; and how recovery uses it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mcloud.adapter.kind import Found, Kind, Observed, Poll
from mcloud.adapter.operations import Operations
from mcloud.engine.provider.work import PartlyDone, Work
from mcloud.engine.recovery import recover
from mcloud.errors import (
    BlockedError,
    CloudError,
    Conflict,
    ForeignAccount,
    InvalidRequest,
    McloudError,
    StateError,
    Temporary,
    Unreachable,
)
from mcloud.model.resources import KINDS
from mcloud.secrets import SecretReader

URN = "urn:pulumi:dev::mcloud::mcloud:compute:Server::web"
INPUTS = {"placement": "cloud/region", "name": "web-x"}
BEGUN, MADE, REFUSED = ("begun", "acc"), ("made", "acc", "cloud/region/i-1"), ("refused",)


class OneServer(Kind):
    """A cloud that answers a create in one way, and a look-up in another."""

    kind = "Server"

    def __init__(self, created: Any = "i-1", found: Any = None, phase: str = "ready", there: bool = True) -> None:
        self._created, self._found, self._phase, self._there = created, found or Found(), phase, there
        self.reads: list[str] = []

    def create(self, session: Any, inputs: Any, picks: Any) -> str:
        return str(answer(self._created))

    def find(self, session: Any, inputs: Any) -> Found:
        found: Found = answer(self._found)
        return found

    def read(self, session: Any, native_id: str) -> Any:
        self.reads.append(native_id)
        return {"id": native_id} if self._there else None

    def poll(self, session: Any, native_id: str, native: Any) -> Poll:
        return Poll(self._phase, self._phase)  # type: ignore[arg-type]

    def delete(self, session: Any, native_id: str) -> None: ...

    def translate(self, inputs: Any, picks: Any) -> dict[str, Any]:
        return {}

    def observe(self, at: Any, native: Any) -> Observed:
        return Observed({}, outputs={"seen": native["id"]})

    def list(self, session: Any) -> Any:
        return ()


def answer(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


class Heard:
    """What was told, in order; may refuse to write from some call on."""

    def __init__(self, refuses: str = "") -> None:
        self.said: list[tuple[str, ...]] = []
        self._refuses = refuses

    def _take(self, *words: str) -> None:
        if words[0] == self._refuses:
            raise StateError("no room")
        self.said.append(words)

    def begun(self, urn: str, account: str) -> None:
        assert urn == URN
        self._take("begun", account)

    def made(self, urn: str, account: str, resource_id: str) -> None:
        assert urn == URN
        self._take("made", account, resource_id)

    def refused(self, urn: str) -> None:
        assert urn == URN
        self._take("refused")


@pytest.fixture
def at_cloud(watch: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(kind: OneServer, heard: Heard) -> Any:
        monkeypatch.setattr(Work, "kind", lambda self, at: kind)
        session = SimpleNamespace(account="acc")
        operations = Operations(SimpleNamespace(explain=None), session, cancelled=watch)  # type: ignore[arg-type]

        def guarded(at: Any, account: str | None) -> Operations:
            if account not in (None, "acc"):
                raise ForeignAccount("another account")
            return operations

        return SimpleNamespace(
            creates=heard,
            secrets=SecretReader(),
            operations=lambda at: operations,
            guarded=guarded,
            listings=lambda at: SimpleNamespace(forget=lambda: None, read=lambda kind, id_, what: kind.read(None, id_)),
            may_delete=(),
        )

    return make


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        (OneServer(), None, [BEGUN, MADE]),
        (OneServer(phase="failed"), PartlyDone, [BEGUN, MADE]),
        (OneServer(InvalidRequest("no")), InvalidRequest, [BEGUN, REFUSED]),
        # Looked for, and surely not there.
        (OneServer(Temporary("502")), Temporary, [BEGUN, REFUSED]),
        (OneServer(Unreachable("lost"), Found("i-1", ("i-1",))), None, [BEGUN, MADE]),
        # Nobody knows: the next run must look.
        (OneServer(Unreachable("lost"), InvalidRequest("no list today")), InvalidRequest, [BEGUN]),
        (OneServer(Unreachable("lost"), Found(None, ("i-1", "i-2"))), Conflict, [BEGUN]),
    ],
)
def test_what_is_told(at_cloud: Any, kind: OneServer, error: type[McloudError] | None, said: list[Any]) -> None:
    heard = Heard()
    work = Work(at_cloud(kind, heard), KINDS["Server"], "web", urn=URN)
    if error is None:
        assert work.create(INPUTS)[0] == "cloud/region/i-1"
    else:
        with pytest.raises(error):
            work.create(INPUTS)
    assert heard.said == said


def test_what_was_made_and_is_not_ready_is_marked(at_cloud: Any) -> None:
    with pytest.raises(PartlyDone) as caught:
        Work(at_cloud(OneServer(phase="failed"), Heard()), KINDS["Server"], "web", urn=URN).create(INPUTS)
    assert caught.value.outputs["unfinished"] is True
    assert "mcloud up again" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("phase", "before", "after", "told"),
    [
        ("ready", {}, {}, None),
        ("pending", {}, {}, None),
        # The engine forgets that a create is not finished, unless each read tells it again.
        ("ready", {"unfinished": True}, {"unfinished": True}, "not finished"),
        ("pending", {"unfinished": True}, {"unfinished": True}, "not finished"),
        ("failed", {"unfinished": True}, {"unfinished": True, "failed": "failed"}, None),
        # It worked once: nobody but a person may throw it away.
        ("failed", {}, {}, "server web is failed"),
        # Which steps of an update were taken nobody knows, until the next one has ended.
        ("ready", {"halfway": True}, {"halfway": True}, "being changed"),
        ("failed", {"halfway": True}, {"halfway": True}, "server web is failed"),
    ],
)
def test_what_a_read_tells(
    at_cloud: Any, phase: str, before: dict[str, Any], after: dict[str, Any], told: str | None
) -> None:
    work = Work(at_cloud(OneServer(phase=phase), Heard()), KINDS["Server"], "web", urn=URN)
    known = {**INPUTS, "account": "acc", "resolved": {}, "seen": "i-1"}
    if told is None:
        found = work.read("cloud/region/i-1", INPUTS, known | before)
        assert found == (INPUTS, known | after)
    else:
        with pytest.raises(PartlyDone, match=told) as caught:
            work.read("cloud/region/i-1", INPUTS, known | before)
        assert (caught.value.inputs, caught.value.outputs) == (INPUTS, known | after)


def test_only_what_failed_before_it_was_ready_goes_unasked(at_cloud: Any) -> None:
    kind = OneServer(there=False)
    work = Work(at_cloud(kind, Heard()), KINDS["Server"], "web", urn=URN)
    with pytest.raises(BlockedError, match="holds data"):
        work.delete("cloud/region/i-1", INPUTS | {"account": "acc", "unfinished": True})
    work.delete("cloud/region/i-1", INPUTS | {"account": "acc", "unfinished": True, "failed": "ERROR"})
    assert kind.reads == ["i-1"]


def test_what_cannot_be_written_down_is_not_made(at_cloud: Any) -> None:
    kind = OneServer(AssertionError("the cloud was asked"))
    with pytest.raises(StateError, match="no room"):
        Work(at_cloud(kind, Heard("begun")), KINDS["Server"], "web", urn=URN).create(INPUTS)


def test_a_refusal_that_cannot_be_told_is_still_the_cloud_s(at_cloud: Any) -> None:
    context = at_cloud(OneServer(InvalidRequest("no")), Heard("refused"))
    with pytest.raises(CloudError, match="no"):
        Work(context, KINDS["Server"], "web", urn=URN).create(INPUTS)


class Kept:
    """A state with one create of unknown outcome."""

    def __init__(self, begun: dict[str, str]) -> None:
        self.operation = {
            "type": "creating",
            "resource": {"urn": URN, "type": "mcloud:compute:Server", "inputs": INPUTS},
        }
        self.begun = begun
        self.written: dict[str, Any] | None = None

    def pending_creates(self, stack: str) -> list[Any]:
        return [self.operation]

    def pending_updates(self, stack: str) -> list[Any]:
        return []

    def deployment(self, stack: str) -> dict[str, Any]:
        return {"pending_operations": [self.operation]}

    def begun_creates(self, stack: str) -> dict[str, Any]:
        return {URN: self.begun}

    def replace(self, stack: str, deployment: dict[str, Any]) -> bool:
        self.written = deployment
        return True


@pytest.mark.parametrize(
    ("begun", "kind", "native_id"),
    [
        ({"id": "cloud/region/i-7", "account": "acc"}, OneServer(found=AssertionError("looked for")), "i-7"),
        ({"account": "acc"}, OneServer(found=Found("i-1", ("i-1",))), "i-1"),
        ({}, OneServer(found=Found("i-1", ("i-1",))), "i-1"),
        ({}, OneServer(), None),
        ({"id": "cloud/region/i-7"}, OneServer(there=False), None),
    ],
)
def test_recovery(at_cloud: Any, begun: dict[str, str], kind: OneServer, native_id: str | None) -> None:
    state, said = Kept(begun), list[str]()
    engine: Any = SimpleNamespace(state=state, stack="dev")
    assert recover(engine, at_cloud(kind, Heard()), said.append) == (1 if native_id else 0)
    assert state.written is not None
    assert "pending_operations" not in state.written
    found = [item["id"] for item in state.written.get("resources") or ()]
    assert found == ([f"cloud/region/{native_id}"] if native_id else [])
    assert said[0].endswith("it is taken up again" if native_id else "was not made by the run that was cut off")


@pytest.mark.parametrize(
    ("begun", "error"), [({"account": "other"}, ForeignAccount), ({"id": "cloud/elsewhere/i-7"}, StateError)]
)
def test_recovery_on_another_account_or_place_is_refused(
    at_cloud: Any, begun: dict[str, str], error: type[McloudError]
) -> None:
    state = Kept(begun)
    with pytest.raises(error):
        recover(SimpleNamespace(state=state, stack="dev"), at_cloud(OneServer(), Heard()), print)  # type: ignore[arg-type]
    assert state.written is None


class Changing:
    """A state with an update that did not come to its end; the operation has no id."""

    def __init__(self, *there: dict[str, Any]) -> None:
        self._web = {"type": "mcloud:compute:Server", "urn": URN, "inputs": INPUTS}
        self._there = [{**self._web, "outputs": {"seen": 1}, **item} for item in there]
        self.written: dict[str, Any] = {}

    def pending_creates(self, stack: str) -> list[Any]:
        return []

    def pending_updates(self, stack: str) -> list[Any]:
        return [{"type": "updating", "resource": self._web}]

    def begun_creates(self, stack: str) -> dict[str, Any]:
        return {}

    def deployment(self, stack: str) -> dict[str, Any]:
        return {"resources": self._there, "pending_operations": self.pending_updates(stack)}

    def replace(self, stack: str, deployment: dict[str, Any]) -> bool:
        self.written = deployment
        return True


def test_an_update_that_was_cut_off_is_gone_on_with(at_cloud: Any) -> None:
    state = Changing({"id": "c/r/1"}, {"id": "c/r/2", "delete": True}, {"id": "c/r/3", "urn": f"{URN}2"})
    said = list[str]()
    engine: Any = SimpleNamespace(state=state, stack="dev")
    assert recover(engine, at_cloud(OneServer(), Heard()), said.append) == 0
    assert "pending_operations" not in state.written
    first, *others = state.written["resources"]
    assert (first["outputs"], len(first["initErrors"])) == ({"seen": 1, "halfway": True}, 1)
    assert [(item["outputs"], "initErrors" in item) for item in others] == [({"seen": 1}, False)] * 2
    assert said == ["server web: its last change did not come to its end; the next up goes on with it"]
