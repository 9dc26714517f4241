"""What a cloud's emulator must provide to the kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from mcloud.emulator.clock import Agenda
from mcloud.emulator.http import Answer, Route
from mcloud.emulator.objects import ObjectStorage
from mcloud.emulator.signature import S3Call
from mcloud.emulator.wire import WireFront
from mcloud.errors import EmulatorError


class CloudEmulator(Protocol):
    """One running emulated cloud: its routes and what it holds."""

    agenda: Agenda

    def routes(self) -> list[Route]:
        """Everything that it answers."""

    def unknown_route(self, method: str, path: str) -> Answer:
        """The vendor's answer to a path that it does not have."""

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        """Every object that it holds for the account, by kind; what it came with is not in it."""

    def times(self) -> dict[str, float]:
        """How long each state lasts, in the cloud's seconds."""

    def tune(self, setting: str, values: Mapping[str, Any]) -> None:
        """Change a setting while it runs: ``stock``, ``quota``, ``balance`` where the cloud is prepaid,
        ``expire-tokens``, ``reset``.

        Raises:
            EmulatorError: no such setting.
        """


@runtime_checkable
class WireCloud(CloudEmulator, WireFront[S3Call], Protocol):
    """A cloud that takes whole requests as they come, S3's too; its routes are not asked for.

    Its own calls are made one at a time, and it settles its agenda before each.
    """


@dataclass(frozen=True)
class ObjectAccess:
    """Where a running emulator's object storage is, and the one key that it accepts."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class EmulatorSpec:
    """How to make and use an emulator.

    Attributes:
        cloud: name of the cloud.
        make: builds one, with the client id and secret that it accepts and its clock's factor.
        env: base URL, client id, secret -> variables for the vendor's own clients.
        profile: base URL -> the part of a profile that leads here, without secrets.
        objects: its object storage, where it has one.
    """

    cloud: str
    make: Callable[[str, str, Agenda], CloudEmulator]
    env: Callable[[str, str, str], Mapping[str, str]]
    profile: Callable[[str, str], Mapping[str, Any]]
    objects: ObjectStorage | None = None

    def whole_env(self, url: str, client_id: str, secret: str, objects: ObjectAccess | None) -> dict[str, str]:
        """Variables for all of the vendor's clients, those of object storage included."""
        found = dict(self.env(url, client_id, secret))
        if self.objects is not None and objects is not None:
            found |= self.objects.env(objects.url, objects.access_key, objects.secret_key)
        return found

    def whole_profile(self, url: str, client_id: str, objects_url: str | None) -> dict[str, Any]:
        """The part of a profile that leads here, object storage included, without secrets."""
        found = dict(self.profile(url, client_id))
        if self.objects is not None and objects_url is not None:
            found["endpoints"] = {**found.get("endpoints", {}), **self.objects.endpoints(objects_url)}
        return found


def load(cloud: str) -> EmulatorSpec:
    """The spec of an installed cloud's emulator.

    Raises:
        EmulatorError: the cloud is not installed or has no emulator.
    """
    points = {point.name: point for point in entry_points(group="mcloud.adapters")}
    if cloud not in points:
        raise EmulatorError(f"no adapter is installed for the cloud {cloud!r}", hint=f"installed: {', '.join(points)}")
    spec = points[cloud].load().emulator()
    if not isinstance(spec, EmulatorSpec):
        raise EmulatorError(f"the adapter for {cloud!r} brings no emulator")
    return spec
