"""The face of the engine: each step is what a person's ``up``, ``drift`` and ``destroy`` do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from mcloud.adapter.conformance.face import Refused, require
from mcloud.adapter.conformance.ground import Ground
from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.engine.deploy import Deployment, Outcome
from mcloud.engine.file_state import FileState
from mcloud.errors import McloudError
from mcloud.model.graph import Graph, Node
from mcloud.model.resources import BY_TOKEN

STACK = "conform"
STOP_SECONDS = 20.0
"""From Ctrl-C until the engine has ended and written its state; the adapter's own second is the other face's matter."""


class EngineFace:
    """A stack that holds the subject and what it needs."""

    name: ClassVar[str] = "engine"
    repeats: ClassVar[bool] = True

    def __init__(self, target: Target, folder: Path, ground: Ground) -> None:
        self.target = target
        self.state = FileState(folder / "state")
        self._ground = ground
        self._needs: list[Node] = []
        self._nodes: dict[str, Node] = {}

    def prepare(self, subject: Subject) -> None:
        *needed, _ = self.target.closure(subject.kind)
        self._needs = [self._node(need, {}) for need in needed]
        if self._needs:
            self._up()

    def _node(self, subject: Subject, changes: Mapping[str, Any]) -> Node:
        def one(value: Any) -> Any:
            if isinstance(value, str) and value.startswith("@"):
                return f"{value}/{self.target.subject(value[1:]).name}"
            return [one(item) for item in value] if isinstance(value, list) else value

        inputs = {"placement": self.target.placement, **subject.inputs, **changes}
        return Node(subject.kind, subject.name, {key: one(value) for key, value in inputs.items()}, (subject.name,))

    def _deployment(self) -> Deployment:
        graph = Graph(STACK, (*self._needs, *self._nodes.values()))
        return Deployment(graph, self.state)

    def _up(self) -> Outcome:
        try:
            deployment = self._deployment()
            deployment.sign_in()
            deployment.recover()
            outcome = deployment.up(lambda progress, event: None)
        except McloudError as error:
            raise Refused(error.code, str(error)) from error
        if outcome.failed:
            raise Refused(None, "; ".join(event.text for event in outcome.progress.messages))
        return outcome

    def _id(self, subject: Subject) -> str:
        for resource in self.state.resources(STACK):
            is_it = resource["urn"].endswith(f"::{subject.name}") and BY_TOKEN[resource["type"]].kind == subject.kind
            if is_it and not resource.get("delete"):
                return str(resource["id"])
        raise Refused(None, f"{subject.name} is not in the state")

    def create(
        self, subject: Subject, changes: Mapping[str, Any] | None = None, *, deadline: float | None = None
    ) -> str:
        self._nodes[subject.name] = self._node(subject, changes or {})
        try:
            self._up()
        except Refused:
            if subject.twin:
                del self._nodes[subject.name]
            raise
        return self._id(subject)

    def stopped(self, subject: Subject) -> None:
        self._nodes[subject.name] = self._node(subject, {})
        before, asked = self._ground.objects(), 0.0

        def press() -> None:
            nonlocal asked
            end = time.monotonic() + 60
            while self._ground.objects() == before and time.monotonic() < end:
                time.sleep(0.02)
            asked = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=press)
        deployment = self._deployment()
        deployment.sign_in()
        deployment.recover()
        thread.start()
        deployment.up(lambda progress, event: None)
        thread.join()
        took = time.monotonic() - asked
        require(took < STOP_SECONDS, f"{subject.kind}: the run took {took:.0f} s to stop")

    def there(self, subject: Subject, made: str) -> bool:
        """Not there: not in the state, or drift says that it is gone."""
        if made not in {str(item.get("id")) for item in self.state.resources(STACK)}:
            return False
        outcome = self._deployment().drift(lambda progress, event: None)
        name = f"::{subject.name}"
        return not any(event.urn.endswith(name) and event.op == "delete" for event in outcome.progress.changes)

    def update(self, subject: Subject, made: str, changes: Mapping[str, Any]) -> str:
        self._nodes[subject.name] = self._node(subject, changes)
        self._up()
        return self._id(subject)

    def delete(self, subject: Subject, made: str) -> None:
        self._nodes = {name: node for name, node in self._nodes.items() if name not in (subject.name, _twin(subject))}
        self._up()


def _twin(subject: Subject) -> str:
    return replace(subject, twin=True).name
