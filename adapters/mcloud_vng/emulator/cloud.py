"""The emulated cloud: sign-in, routes, regions. Handlers by theme are in the modules beside this one."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from mcloud.emulator.clock import Agenda
from mcloud.emulator.http import Answer, Call, Refusal, Route
from mcloud.errors import EmulatorError
from mcloud_vng.emulator import (
    address,
    balancer,
    catalog,
    certificate,
    interface,
    l7policy,
    listener,
    network,
    placement,
    pool,
    route,
    security,
    server,
    snapshot,
    volume,
)
from mcloud_vng.emulator.world import World, refuse, state_times

LIFETIME = 7200  # seconds; the vendor's API landing page
T = TypeVar("T")
RegionHandler = Callable[[World, Call], Answer]
VSERVER = (
    *catalog.ROUTES,
    *network.ROUTES,
    *security.ROUTES,
    *placement.ROUTES,
    *server.ROUTES,
    *interface.ROUTES,
    *route.ROUTES,
    *volume.ROUTES,
    *snapshot.ROUTES,
    *address.ROUTES,
)
VLB = (*balancer.ROUTES, *listener.ROUTES, *pool.ROUTES, *l7policy.ROUTES, *certificate.ROUTES)
GATEWAYS = {"/vserver/vserver-gateway": VSERVER, "/vserver/vlb-gateway": VLB}


class VngCloud:
    """Both regions behind one address."""

    def __init__(self, client_id: str, client_secret: str, agenda: Agenda) -> None:
        self.agenda = agenda
        self._client = (client_id, client_secret)
        self._tokens: dict[str, float] = {}
        self.worlds = {region: World(region, agenda, client_id) for region in ("hcm-3", "han-1")}

    def routes(self) -> list[Route]:
        """Sign-in, and each region's gateways; those without a region are hcm-3's."""
        found = [
            Route("POST", "/accounts-api/v2/auth/token", self._token_v2),
            Route("POST", "/accounts-api/v1/auth/token", self._token_v1),
        ]
        for prefix, world in (("", "hcm-3"), ("/hcm-3", "hcm-3"), ("/han-1", "han-1")):
            for gateway, handlers in GATEWAYS.items():
                for method, path, handler in handlers:
                    bound = self._bound(self.worlds[world], handler)
                    found.append(Route(method, f"{prefix}{gateway}{path}", bound))
        return found

    def _bound(self, world: World, handler: RegionHandler) -> Callable[[Call], Answer]:
        def handle(call: Call) -> Answer:
            self._check_token(call)
            project = call.params.get("p")
            if project is not None and project != world.project:
                raise refuse(403, f"project {project} is not belong to user {world.user}", "Forbidden")
            return handler(world, call)

        return handle

    def unknown_route(self, method: str, path: str) -> Answer:
        """The gateway answers what it does not know, a wrong case included, with 403 (MCP-LIVE)."""
        return Answer(403, [{"code": "IAM_PERMISSION_DENIED", "message": "IAM denied action"}])

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        """Both regions' objects by kind."""
        found: dict[str, list[dict[str, Any]]] = {}
        for world in self.worlds.values():
            for kind, items in world.inventory().items():
                found.setdefault(kind, []).extend(items)
        return found

    def times(self) -> dict[str, float]:
        """State -> the vendor's seconds."""
        return state_times()

    def tune(self, setting: str, values: Mapping[str, Any]) -> None:
        """Change what is offered.

        ``stock``: {"flavor": name, "remaining": n, "zone"?}; ``quota``: {"name", "limit"}; ``expire-tokens``;
        ``reset``.
        """
        if setting == "expire-tokens":
            self._tokens.clear()
        elif setting == "reset":
            self.agenda.clear()
            for world in self.worlds.values():
                world.reset()
        elif setting == "quota":
            self._quota(_given(values, "name", str), _given(values, "limit", int))
        elif setting == "stock":
            self._stock(_given(values, "flavor", str), values.get("zone"), _given(values, "remaining", int))
        else:
            raise EmulatorError(f"no setting {setting!r}", hint="stock, quota, expire-tokens, reset")

    def _quota(self, name: str, limit: int) -> None:
        for world in self.worlds.values():
            if name not in world.quotas:
                raise EmulatorError(f"no quota {name!r} here", hint=", ".join(world.quotas))
            world.quotas[name] = limit

    def _stock(self, flavor: str, zone: object, remaining: int) -> None:
        rows = [
            row
            for world in self.worlds.values()
            for row in world.flavors.values()
            if row["name"] == flavor and zone in (None, row["zone"])
        ]
        if not rows:
            raise EmulatorError(f"no flavor {flavor!r} is sold here")
        for row in rows:
            row["remaining"] = str(remaining)

    def _token_v2(self, call: Call) -> Answer:
        """Three official bodies reach this; Basic counts, then the form's or JSON's own fields."""
        self._sign_in(call)
        return Answer(200, {"access_token": self._issue(), "token_type": "bearer", "expires_in": LIFETIME})

    def _token_v1(self, call: Call) -> Answer:
        self._sign_in(call)
        return Answer(200, {"accessToken": self._issue(), "expiresIn": LIFETIME})

    def _issue(self) -> str:
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self.agenda.clock.now() + LIFETIME
        return token

    def _sign_in(self, call: Call) -> None:
        given = _basic(call.headers.get("authorization", "")) or _from_body(call.body)
        if given != self._client:
            message = "Client authentication failed"
            raise Refusal(401, {"errors": [{"code": "AUTHENTICATION_FAILED", "message": message}]})

    def _check_token(self, call: Call) -> None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self._tokens.get(token, -1.0) < self.agenda.clock.now():
            raise Refusal(401, {"errors": [{"code": "AUTHENTICATION_FAILED", "message": "Unauthorized"}]})


def _given(values: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A value of a setting.

    Raises:
        EmulatorError: it is missing, or of another type.
    """
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise EmulatorError(f"{name!r} must be given, as {'a number' if kind is int else 'a text'}")
    return value


def _basic(header: str) -> tuple[str, str] | None:
    """Id and secret of a Basic header; the Terraform provider's library URL-escapes them first."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(name), unquote(secret)


def _from_body(body: Any) -> tuple[str, str] | None:
    if not isinstance(body, Mapping):
        return None
    lowered = {str(key).lower().replace("_", ""): value for key, value in body.items()}
    if "clientid" not in lowered:
        return None
    return str(lowered["clientid"]), str(lowered.get("clientsecret", ""))
