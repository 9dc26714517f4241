"""The face of libcloud's standard calls: what somebody sees who uses the driver and nothing else of ours.

The driver repeats nothing by itself: after an error its user looks into the list, as this face does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from mcloud.adapter import registry
from mcloud.adapter.conformance.face import NotConforming, Refused, require
from mcloud.adapter.conformance.subject import Standard, Subject, Target
from mcloud.emulator.server import Running
from mcloud.errors import McloudError

SECONDS = 20.0
PENDING = ("pending", "creating", "unknown")


class _Calls(Protocol):
    """The standard calls for one kind."""

    def prepare(self) -> None: ...

    def create(self, name: str) -> Any: ...

    def all(self) -> list[Any]: ...

    def delete(self, item: Any) -> None: ...


class _Nodes:
    def __init__(self, driver: Any, standard: Standard) -> None:
        self.driver = driver
        self._make = standard.node

    def prepare(self) -> None:
        self._arguments = self._make(self.driver, "conform")

    def create(self, name: str) -> Any:
        return self.driver.create_node(name, **self._arguments)

    def all(self) -> list[Any]:
        return list(self.driver.list_nodes())

    def delete(self, item: Any) -> None:
        self.driver.destroy_node(item)


class _Volumes:
    def __init__(self, driver: Any, standard: Standard) -> None:
        self.driver = driver
        self._make = standard.volume

    def prepare(self) -> None:
        self._arguments = self._make(self.driver, "conform")

    def create(self, name: str) -> Any:
        return self.driver.create_volume(name=name, **self._arguments)

    def all(self) -> list[Any]:
        return list(self.driver.list_volumes())

    def delete(self, item: Any) -> None:
        self.driver.destroy_volume(item)


class _Keys:
    def __init__(self, driver: Any, subject: Subject) -> None:
        self.driver = driver
        self._text = subject.inputs["publicKey"]

    def prepare(self) -> None:
        """A key needs nothing."""

    def create(self, name: str) -> Any:
        return self.driver.import_key_pair_from_string(name, self._text)

    def all(self) -> list[Any]:
        return list(self.driver.list_key_pairs())

    def delete(self, item: Any) -> None:
        self.driver.delete_key_pair(item)


def standard_kinds(target: Target) -> list[str]:
    """The kinds that the cloud's standard driver has calls for."""
    return [] if target.standard is None else ["KeyPair", "Server", "Volume"]


class StandardFace:
    """One kind through the standard calls."""

    name: ClassVar[str] = "libcloud"
    repeats: ClassVar[bool] = False

    def __init__(self, target: Target, running: Running, kind: str) -> None:
        require(target.standard is not None, "the target has no standard driver")
        assert target.standard is not None  # noqa: S101 - require raised otherwise
        self.target = target
        self._standard = target.standard
        self._driver = target.standard.connect(running.url, running.client_id, running.client_secret)
        self._adapter = registry.get(target.placement.split("/")[0])
        makers: dict[str, Callable[[], _Calls]] = {
            "Server": lambda: _Nodes(self._driver, self._standard),
            "Volume": lambda: _Volumes(self._driver, self._standard),
            "KeyPair": lambda: _Keys(self._driver, target.subject("KeyPair")),
        }
        self.calls = makers[kind]()

    def prepare(self, subject: Subject) -> None:
        self.calls.prepare()

    def create(
        self, subject: Subject, changes: Mapping[str, Any] | None = None, *, deadline: float | None = None
    ) -> str:
        name = (changes or {}).get("name", subject.name)
        before = {_id(item) for item in self.calls.all()}
        try:
            made = _id(self.calls.create(name))
        except Exception as error:  # whatever the driver raises, the adapter's table sorts it
            explained = self._explained(error)
            new = [_id(item) for item in self.calls.all() if item.name == name and _id(item) not in before]
            require(len(new) < 2, f"one create made {len(new)}")
            for found in new:
                self._ready(found)
            raise Refused(explained.code, str(explained), new[0] if new else None) from error
        self._ready(made)
        return made

    def _explained(self, error: Exception) -> McloudError:
        return error if isinstance(error, McloudError) else self._adapter.explain(error, "do it")

    def _ready(self, made: str) -> None:
        _until(lambda: _state(self._find(made)) not in PENDING, f"{made} stays pending")

    def _find(self, made: str) -> Any:
        return next((item for item in self.calls.all() if _id(item) == made), None)

    def stopped(self, subject: Subject) -> None:
        raise NotConforming("the standard driver does not wait")

    def there(self, subject: Subject, made: str) -> bool:
        return self._find(made) is not None

    def update(self, subject: Subject, made: str, changes: Mapping[str, Any]) -> str:
        raise NotConforming("the standard calls change nothing")

    def delete(self, subject: Subject, made: str) -> None:
        item = self._find(made)
        if item is None:
            return
        try:
            self.calls.delete(item)
        except Exception as error:  # as above
            explained = self._explained(error)
            if explained.code != "in_use":  # it is on its way out already
                raise Refused(explained.code, str(explained), made) from error
        _until(lambda: self._find(made) is None, f"{made} was deleted and stays in the list")


def _id(item: Any) -> str:
    """Keys are known by name."""
    return str(getattr(item, "id", None) or item.name)


def _state(item: Any) -> str:
    return str(getattr(item, "state", None) or "there")


def _until(fact: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + SECONDS
    while not fact():
        require(time.monotonic() < end, otherwise)
        time.sleep(0.01)
