"""The engine's HTTP backend protocol, and the provider's few calls beside it; nothing else here knows either.

Which routes there are and what their bodies hold was read from the engine's own client (pkg/backend/httpstate/client
and sdk/go/common/apitype of Pulumi 3.259.0, on 2026-11-26). It is no public interface: the engine is pinned, and the
contract tests run the real binary against this module.
"""

from __future__ import annotations

import gzip
import json
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mcloud.engine.stateserver.commit import GroupCommit
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.replay import VERSION, VERSION_WITH_FEATURES
from mcloud.engine.stateserver.stacks import Stacks, View
from mcloud.engine.stateserver.store import Fenced, StoreFull
from mcloud.errors import McloudError, StateLocked

ORGANISATION = "organization"
JOURNAL_VERSION = 1
TOKEN_SECONDS = 300
HAS_RESOURCES = "Bad Request: Stack still contains resources."
"""The engine knows this refusal by its very words."""


class StateProtocol:
    """Answers one run's engine and provider.

    Args:
        stacks: where the state is.
        token: what both must show.
    """

    def __init__(self, stacks: Stacks, token: str) -> None:
        self.stacks = stacks
        self.engines: list[Process] = []
        self._token = token
        self._lock = threading.Lock()
        self._dry: set[str] = set()
        self._held: set[tuple[str, str]] = set()
        self._journals: dict[tuple[str, str], GroupCommit] = {}

    def app(self) -> ASGIApp:
        """The application."""
        stack = "/api/stacks/{org}/{project}/{stack}"
        update = stack + "/{kind}/{update}"
        routes = [
            _route("/api/user", self.user),
            _route("/api/user/organizations/default", self.default_organisation),
            _route("/api/user/stacks", self.list),
            _route("/api/capabilities", self.capabilities),
            _route("/api/stacks/{org}/{project}", self.project, "HEAD"),
            _route("/api/stacks/{org}/{project}", self.create, "POST"),
            _route(stack, self.get),
            _route(stack, self.remove, "DELETE"),
            _route(stack + "/export", self.export),
            _route(stack + "/export/{version:int}", self.export),
            _route(stack + "/import", self.import_, "POST"),
            _route(stack + "/tags", self.nothing, "PATCH"),
            _route(stack + "/updates", self.history),
            _route(stack + "/{kind:str}", self.plan_update, "POST"),
            _route(update, self.start, "POST"),
            _route(update, self.status),
            _route(update + "/renew_lease", self.renew, "POST"),
            _route(update + "/journalentries", self.journal, "PATCH"),
            _route(update + "/events/batch", self.nothing, "POST"),
            _route(update + "/complete", self.complete, "POST"),
            _route("/mcloud/engine", self.engine, "POST"),
            _route("/mcloud/stacks/{stack}/creates", self.record_create, "POST"),
        ]
        return Starlette(routes=routes, middleware=[Middleware(_OnlyWith, token=self._token)])

    def user(self, call: Call) -> Any:
        """Who is signed in."""
        return {"id": "mcloud", "githubLogin": ORGANISATION, "name": "mcloud", "email": "", "organizations": []}

    def default_organisation(self, call: Call) -> Any:
        """Whose stacks are meant when nobody says."""
        return {"gitHubLogin": ORGANISATION}

    def capabilities(self, call: Call) -> Any:
        """What the server can do beyond the least."""
        deployments = {"capability": "deployment-schema-version", "version": 1, "configuration": {"version": 4}}
        return {"capabilities": [deployments]}

    def list(self, call: Call) -> Any:
        """All stacks."""
        project = call.query.get("project", "")
        rows = [
            {"id": name, "orgName": ORGANISATION, "projectName": project, "stackName": name}
            for name in self.stacks.names()
        ]
        return {"stacks": rows}

    def project(self, call: Call) -> Any:
        """Whether there is such a project; here any is."""
        return {}

    def create(self, call: Call) -> Any:
        """Make a stack."""
        state = call.body.get("state") or {}
        name = call.body["stackName"]
        if self.stacks.exists(name):
            raise _Refused(409, f"there is a stack {name!r} already")
        self.stacks.create(name, state.get("deployment"))
        return {}

    def get(self, call: Call) -> Any:
        """What is known of a stack."""
        view = self._view(call)
        lease = self.stacks.lease(call.stack)
        return {
            "id": call.stack,
            "orgName": call.path["org"],
            "projectName": call.path["project"],
            "stackName": call.stack,
            "version": view.version,
            "activeUpdate": lease.update if lease else "",
            "tags": {},
        }

    def remove(self, call: Call) -> Any:
        """Forget a stack."""
        if self._view(call).deployment.get("resources") and call.query.get("force") != "true":
            raise _Refused(400, HAS_RESOURCES)
        self.stacks.delete(call.stack)
        return {}

    def export(self, call: Call) -> Any:
        """The state, the last or a former one."""
        version = call.path.get("version")
        view = self._view(call) if version is None else self.stacks.former(call.stack, int(version))
        found = {"version": VERSION_WITH_FEATURES if view.features else VERSION, "deployment": view.deployment}
        return {**found, "features": view.features} if view.features else found

    def import_(self, call: Call) -> Any:
        """Replace the state."""
        if call.body.get("version") not in (VERSION, VERSION_WITH_FEATURES):
            raise _Refused(400, f"a deployment of version {call.body.get('version')} is not known")
        self._view(call)
        self.stacks.write(call.stack, call.body["deployment"], "import", call.body.get("features") or ())
        return {"updateId": str(uuid.uuid4())}

    def history(self, call: Call) -> Any:
        """Former runs, the newest first."""
        rows = [
            {
                "version": view.version,
                "kind": view.update["kind"],
                "result": view.update["result"],
                "startTime": int(view.update["startTime"]),
                "endTime": int(view.update["endTime"]),
                "message": "",
                "environment": {},
                "config": {},
                "resourceCount": len(view.deployment.get("resources") or ()),
            }
            for view in self.stacks.history(call.stack)
        ]
        size, page = int(call.query.get("pageSize", 0)), int(call.query.get("page", 1))
        return {"updates": rows[(page - 1) * size : page * size] if size else rows}

    def plan_update(self, call: Call) -> Any:
        """Announce an update, a preview, a refresh or a destroy."""
        if call.path["kind"] not in ("update", "preview", "refresh", "destroy"):
            raise _Refused(404, "there is no such thing")
        self._view(call)
        update = str(uuid.uuid4())
        if call.path["kind"] == "preview" or (call.body.get("options") or {}).get("dryRun"):
            with self._lock:
                self._dry.add(update)
        return {"updateID": update, "requiredPolicies": [], "messages": []}

    def start(self, call: Call) -> Any:
        """Begin what was announced; only previews go beside another run."""
        update = call.path["update"]
        if update in self._dry:
            version = self._view(call).version
        else:
            if call.body.get("journalVersion") != JOURNAL_VERSION:
                raise _Refused(400, "an engine that writes no journal is not supported")
            version = self.stacks.start(call.stack, update, call.path["kind"])
            with self._lock:
                self._held.add((call.stack, update))
        return {"version": version, "journalVersion": JOURNAL_VERSION, **self._lease_token()}

    def _lease_token(self) -> dict[str, Any]:
        return {"token": self._token, "tokenExpiration": TOKEN_SECONDS}

    def status(self, call: Call) -> Any:
        """Where an update stands."""
        lease = self.stacks.lease(call.stack)
        running = lease is not None and lease.update == call.path["update"]
        return {"status": "running" if running else "succeeded", "events": []}

    def renew(self, call: Call) -> Any:
        """Go on holding the stack."""
        if call.path["update"] not in self._dry:
            self.stacks.renew(call.stack, call.path["update"])
        return self._lease_token()

    def journal(self, call: Call) -> Any:
        """What the engine has done; acknowledged when it is on the disk."""
        entries = call.body.get("entries") or []
        if entries:
            self._journal(call.stack, call.path["update"]).add([{"entry": entry} for entry in entries])
        return {}

    def _journal(self, stack: str, update: str) -> GroupCommit:
        with self._lock:
            found = self._journals.get((stack, update))
            if found is None:
                found = GroupCommit(lambda lines: self.stacks.append(stack, update, lines))
                self._journals[stack, update] = found
            return found

    def complete(self, call: Call) -> Any:
        """The end of an update."""
        update = call.path["update"]
        if update not in self._dry:
            self.stacks.complete(call.stack, update, call.body.get("status", "failed"))
            with self._lock:
                self._held.discard((call.stack, update))
                self._journals.pop((call.stack, update), None)
        return {}

    def nothing(self, call: Call) -> Any:
        """Heard and not kept."""
        return {}

    def engine(self, call: Call) -> Any:
        """Which process the engine is: it must not go on when mcloud is gone."""
        process = Process.of("engine", int(call.body["pid"]))
        self.engines.append(process)
        owner = self.stacks.owner
        owner.processes = [one for one in owner.processes if one.role != "engine"] + [process]
        with self._lock:
            held = list(self._held)
        for stack, update in held:
            self.stacks.renew(stack, update)
        return {}

    def record_create(self, call: Call) -> Any:
        """What the provider is about to make, has made, or could surely not make."""
        update = self._update_under_way(call.stack)
        creates = [
            {"create": {key: str(one[key]) for key in ("urn", "phase", "id", "account") if key in one}}
            for one in call.body["creates"]
        ]
        self._journal(call.stack, update).add(creates)
        return {}

    def _update_under_way(self, stack: str) -> str:
        """The update that holds the stack. Whether it still does, the store says when something is added.

        Raises:
            StateLocked: none of this run's does.
        """
        with self._lock:
            found = next((update for held, update in self._held if held == stack), None)
        if found is not None:
            return found
        # A server that follows one that was killed has heard of no start.
        lease = self.stacks.lease(stack)
        if lease is None or lease.run != self.stacks.owner.run or not lease.update:
            raise StateLocked(f"this run does not hold the stack {stack!r}")
        with self._lock:
            self._held.add((stack, lease.update))
        return lease.update

    def _view(self, call: Call) -> View:
        view = self.stacks.find(call.stack)
        if view is None:
            raise _Refused(404, f"there is no stack {call.stack!r}")
        return view


class Call:
    """One request, read and taken apart."""

    def __init__(self, request: Request, body: bytes) -> None:
        self.path: Mapping[str, Any] = request.path_params
        self.query: Mapping[str, str] = request.query_params
        self._raw = body
        self._packed = request.headers.get("content-encoding") == "gzip"

    @cached_property
    def body(self) -> dict[str, Any]:
        """What was sent, understood only where somebody asks: what the engine tells of its events nobody keeps."""
        data = gzip.decompress(self._raw) if self._packed else self._raw
        return json.loads(data) if data else {}

    @property
    def stack(self) -> str:
        """The stack that it is about."""
        return str(self.path["stack"])


class _Refused(Exception):
    """An answer that is no success, in the protocol's own form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _route(path: str, function: Callable[[Call], Any], method: str = "GET") -> Route:
    async def answer(request: Request) -> Response:
        body = await request.body()
        return await _in_thread(lambda: _answered(request, body, function))

    return Route(path, answer, methods=[method], name=f"{method} {path}")


async def _in_thread(work: Callable[[], Response]) -> Response:
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(work)


def _answered(request: Request, body: bytes, function: Callable[[Call], Any]) -> Response:
    try:
        return JSONResponse(function(Call(request, body)))
    except _Refused as error:
        return _error(error.status, str(error))
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        return _error(400, f"the request cannot be understood ({type(error).__name__}: {error})")
    except StateLocked as error:
        # By 403 the engine knows that its lease is lost; by 409, at the start, that somebody else works on the stack.
        starting = request.method == "POST" and "/renew_lease" not in request.url.path
        return _error(409 if starting else 403, _line(error))
    except Fenced as error:
        return _error(403, _line(error))
    except StoreFull as error:
        return _error(507, _line(error))
    except McloudError as error:
        return _error(500, _line(error))


def _line(error: McloudError) -> str:
    """All of it in one line, for the engine shows one."""
    where = f" ({error.where})" if error.where else ""
    return f"{error.message}{where}" + (f"; {error.hint}" if error.hint else "")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"code": status, "message": message}, status_code=status)


class _OnlyWith:
    """Lets nobody in who does not show the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._accepted = [f"{kind} {token}".encode() for kind in ("token", "update-token")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = dict(scope["headers"]).get(b"authorization", b"")
            if not any([secrets.compare_digest(shown, one) for one in self._accepted]):
                await _error(401, "the token is missing or wrong")(scope, receive, send)
                return
        await self._app(scope, receive, send)
