"""The gRPC face of the provider: the engine's calls to ``check``, ``diff`` and ``work`` and back.

A direct servicer on threads: a partial create keeps its id, unknown values and secrets pass, Cancel is seen at once.
"""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from mcloud import __version__
from mcloud.engine.codec import contains_unknown, decode, encode
from mcloud.engine.provider.check import Request, check
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import difference
from mcloud.engine.provider.schema import provider_schema
from mcloud.engine.provider.work import PartlyDone, Work
from mcloud.engine.wire import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2
from mcloud.errors import McloudError
from mcloud.model.base import Placement
from mcloud.model.resources import BY_TOKEN, KindType
from mcloud.secrets import without_secrets

_UPDATE = provider_pb2.PropertyDiff.UPDATE
_UPDATE_REPLACE = provider_pb2.PropertyDiff.UPDATE_REPLACE


def type_of(urn: str) -> KindType:
    """The kind that a URN is of.

    Raises:
        McloudError: not one of ours.
    """
    token = urn.split("::")[2].split("$")[-1]
    found = BY_TOKEN.get(token)
    if found is None:
        raise McloudError(f"{token} is no resource type of mcloud", hint=f"known: {', '.join(sorted(BY_TOKEN))}")
    return found


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one engine."""

    def __init__(self, make_context: Callable[[], Context]) -> None:
        self._make_context = make_context
        self._context: Context | None = None
        self._lock = threading.Lock()
        self._engine: engine_pb2_grpc.EngineStub | None = None

    @property
    def context(self) -> Context:
        """Made on first use, so that the schema can be asked for without a profile; one for all threads."""
        with self._lock:
            if self._context is None:
                self._context = self._make_context()
            return self._context

    def attach_engine(self, address: str) -> None:
        """Where to send what a person should see while waiting."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def _work(self, urn: str) -> Work:
        def tell(state: str) -> None:
            if self._engine is not None:
                self._engine.Log(
                    engine_pb2.LogRequest(
                        severity=engine_pb2.INFO, message=without_secrets(state), urn=urn, ephemeral=True
                    )
                )

        return Work(self.context, type_of(urn), urn.rsplit("::", 1)[1], tell, urn)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2_info(__version__)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(provider_schema(__version__)))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.attach_engine(request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        # Sent at every ordinary end too; only those who wait take notice.
        self.context.cancelled.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answer(context, lambda: self._check(request))

    def _check(self, request: Any) -> Any:
        news = decode(request.news)
        work = self._work(request.urn)
        placement = news.get("placement")
        if not isinstance(placement, str):
            reason = "is missing; write cloud/region or cloud/region/zone"
            if contains_unknown(placement):
                reason = "must be known before anything is created"
            return _failures(request.news, [("placement", reason)])
        try:
            at = Placement.parse(placement)
            kind, catalog = work.kind(at), self.context.catalog(at)
        except McloudError as error:
            return _failures(request.news, [("placement", str(error))])
        olds = decode(request.olds) if request.HasField("olds") and request.olds.fields else None
        checked = check(
            Request(
                work.type,
                work.name,
                news,
                olds,
                request.randomSeed,
                self.context.state_id,
                self.context.rematch,
                self.context.secrets,
            ),
            kind,
            catalog,
        )
        if checked.failures:
            return _failures(request.news, [(failure.prop, failure.reason) for failure in checked.failures])
        return provider_pb2.CheckResponse(inputs=encode(checked.inputs))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answer(context, lambda: self._diff(request))

    def _diff(self, request: Any) -> Any:
        news, olds, old_inputs = decode(request.news), decode(request.olds), decode(request.old_inputs)
        work = self._work(request.urn)
        placement = news["placement"]
        kind = work.kind(Placement.parse(placement if isinstance(placement, str) else olds["placement"]))
        found = difference(work.type, kind, olds, old_inputs, news)
        kinds = {name: _UPDATE_REPLACE if name in found.replaces else _UPDATE for name in found.changed}
        changes = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=changes,
            replaces=list(found.replaces),
            diffs=sorted({name.split(".")[0] for name in found.changed}),
            detailedDiff={name: provider_pb2.PropertyDiff(kind=kind_) for name, kind_ in kinds.items()},
            hasDetailedDiff=True,
            deleteBeforeReplace=found.delete_first and bool(found.replaces),
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answer(context, lambda: self._create(request))

    def _create(self, request: Any) -> Any:
        inputs, work = decode(request.properties), self._work(request.urn)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(work.planned(inputs)))
        resource_id, outputs = work.create(inputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(outputs))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answer(context, lambda: self._read(request))

    def _read(self, request: Any) -> Any:
        work = self._work(request.urn)
        found = work.read(request.id, decode(request.inputs), decode(request.properties))
        if found is None:
            return provider_pb2.ReadResponse()
        inputs, outputs = found
        return provider_pb2.ReadResponse(id=request.id, inputs=encode(inputs), properties=encode(outputs))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answer(context, lambda: self._update(request))

    def _update(self, request: Any) -> Any:
        olds, news, work = decode(request.olds), decode(request.news), self._work(request.urn)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(olds | news))
        return provider_pb2.UpdateResponse(properties=encode(work.update(request.id, olds, news)))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        def delete() -> Any:
            self._work(request.urn).delete(request.id, decode(request.properties))
            return empty_pb2.Empty()

        return _answer(context, delete)


def provider_pb2_info(version: str) -> Any:
    """The plugin's version, as the engine asks for it."""
    from mcloud.engine.wire import plugin_pb2

    return plugin_pb2.PluginInfo(version=version)


def _failures(news: Any, found: list[tuple[str, str]]) -> Any:
    failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in found]
    return provider_pb2.CheckResponse(inputs=news, failures=failures)


def _answer(context: grpc.ServicerContext, function: Callable[[], Any]) -> Any:
    """Run it; our errors become a clean refusal, a half-made resource keeps its id."""
    try:
        return function()
    except PartlyDone as error:
        _abort_partly(context, error)
    except McloudError as error:
        # A clean failure: the engine takes it that nothing was made.
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, without_secrets(str(error)))
    except Exception as error:
        # A defect of ours. gRPC would print it, and the engine would put that into its log and its messages.
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} in {place.filename.rsplit('/', 1)[-1]}:{place.lineno}: {error}"
        context.abort(grpc.StatusCode.UNKNOWN, f"something went wrong inside mcloud ({without_secrets(said)})")


def _abort_partly(context: grpc.ServicerContext, error: PartlyDone) -> NoReturn:
    said = without_secrets(str(error))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=encode(error.outputs),
        inputs=None if error.inputs is None else encode(error.inputs),
        reasons=[said],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=said)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, said)
    raise AssertionError("abort raises")
