"""Create, read, update and delete as the engine asks for them, in neutral words; the gRPC face is in ``servicer``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mcloud.adapter.kind import Kind, Observed
from mcloud.adapter.operations import Operations, Unfinished
from mcloud.engine.codec import UNKNOWN
from mcloud.engine.provider.check import is_secret
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import FAILED, HALFWAY, UNFINISHED, outputs_of
from mcloud.errors import BlockedError, CloudError, FailedState, McloudError, PlacementError, StateError
from mcloud.model.base import Placement, split_id
from mcloud.model.resource_references import map_references
from mcloud.model.resources import KindType, holds_data_as

Tell = Callable[[str], None]


class PartlyDone(McloudError):
    """The resource exists and is not what was asked for yet; the next run goes on with it.

    Attributes:
        resource_id: the engine's id.
        outputs: what is known of it.
        inputs: what was asked for, where it was read and not made.
    """

    code = "partly_done"
    exit_code = 4

    def __init__(
        self,
        resource_id: str,
        outputs: dict[str, Any],
        cause: McloudError,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(cause.message, hint=cause.hint, where=cause.where)
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs


@dataclass(frozen=True)
class Work:
    """One resource's operations."""

    context: Context
    type: KindType
    name: str
    tell: Tell = lambda state: None
    urn: str = ""

    @property
    def what(self) -> str:
        """The resource, for messages."""
        return f"{self.type.word} {self.name}"

    def kind(self, at: Placement) -> Kind:
        """The adapter's kind.

        Raises:
            PlacementError: the cloud's adapter does not do this kind.
        """
        from mcloud.adapter import registry

        adapter = registry.get(at.cloud)
        found = adapter.kinds.get(self.type.kind)
        if found is None:
            raise PlacementError(
                f"the adapter for {adapter.title} does no {self.type.word} yet",
                hint=f"it does: {', '.join(sorted(adapter.kinds)) or 'nothing'}",
                where=self.what,
            )
        return found

    def planned(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs of a create that is only previewed."""
        return dict(inputs) | {name: UNKNOWN for name in (*self.type.outputs, "account")}

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create.

        Returns:
            The engine's id and the outputs.

        Raises:
            CloudError: nothing was made, unless its ``outcome_known`` is False: then the next run looks for it.
            PartlyDone: it was made and is not ready.
            StateError: what is made could not be written down; where nothing was yet, nothing was made.
        """
        at = Placement.parse(inputs["placement"])
        kind = self.kind(at)
        operations = self.context.operations(at)
        native_inputs = self.revealed(self.native(inputs, at))
        picks = inputs.get("resolved") or {}
        self._picks_are_known(picks)
        self.context.listings(at).forget()
        creates, account = self.context.creates, operations.session.account
        creates.begun(self.urn, account)
        try:
            native_id, native = operations.create(
                kind,
                native_inputs,
                picks,
                self.what,
                self.tell,
                accepted=lambda native_id: creates.made(self.urn, account, at.id_of(native_id)),
            )
        except CloudError as error:
            if error.outcome_known:
                # Not told, it is looked for by the next run, which finds nothing.
                with suppress(StateError):
                    creates.refused(self.urn)
            raise
        except Unfinished as error:
            known = outputs_of(inputs, Observed({}), account) | {UNFINISHED: True}
            raise PartlyDone(at.id_of(error.native_id), known, error) from error
        return at.id_of(native_id), self.outputs(operations, kind, at, inputs, native)

    def read(
        self, resource_id: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Read; without inputs it is an import.

        Returns:
            Inputs and outputs, None when it is gone.

        Raises:
            ForeignAccount: the state is another account's.
            PartlyDone: it was never ready, an update of it was cut off, or it has failed since: the next update must
                go on with it, or say so. The engine forgets what was not finished when a read does not tell it again.
        """
        at, native_id = split_id(resource_id)
        kind = self.kind(at)
        operations = self.context.guarded(at, outputs.get("account"))
        native = self.context.listings(at).read(kind, native_id, self.what)
        if native is None:
            return None
        poll = kind.poll(operations.session, native_id, native)
        if poll.phase == "gone":
            return None
        if not inputs:
            observed = kind.observe(at, native)
            inputs = {"placement": str(at), **observed.inputs, "resolved": observed.picks}
        found = self.outputs(operations, kind, at, inputs, native)
        if outputs.get(UNFINISHED):
            if poll.phase == "failed":
                return dict(inputs), found | {UNFINISHED: True, FAILED: poll.state}
            cause = McloudError(f"{self.what} was made and not finished; the next up goes on with it", where=self.what)
            raise PartlyDone(resource_id, found | {UNFINISHED: True}, cause, inputs)
        found |= {HALFWAY: True} if outputs.get(HALFWAY) else {}
        if poll.phase == "failed":
            raise PartlyDone(resource_id, found, FailedState(f"{self.what} is {poll.state}", where=self.what), inputs)
        if outputs.get(HALFWAY):
            cause = McloudError(f"{self.what} was being changed; the next up goes on with it", where=self.what)
            raise PartlyDone(resource_id, found, cause, inputs)
        return dict(inputs), found

    def update(self, resource_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Take the steps from what is there to what is asked for; also goes on with a half-made resource.

        Raises:
            CloudError: refused or failed.
        """
        at, native_id = split_id(resource_id)
        kind = self.kind(at)
        operations = self.context.guarded(at, olds.get("account"))
        picks = news.get("resolved") or {}
        self._picks_are_known(picks)
        self.context.listings(at).forget()
        wanted = self.revealed(self.native(news, at))
        try:
            native = operations.finish(kind, native_id, self.native(olds, at), wanted, picks, self.what, self.tell)
        except FailedState as error:
            # What was never ready is made anew by the next run; what worked once only a person may throw away.
            again = f"mcloud destroy STACK_FILE --target {self.type.word}/{self.name}, then up, makes another one"
            error.hint = error.hint or f"ask the cloud's support what is wrong with it, or: {again}"
            raise
        return self.outputs(operations, kind, at, news, native)

    def delete(self, resource_id: str, olds: Mapping[str, Any]) -> None:
        """Delete and wait until it is gone.

        Raises:
            BlockedError: it holds data and nobody has named it.
        """
        named = self.context.may_delete
        address = f"{self.type.kind}/{self.name}"
        holds = holds_data_as(self.type.kind, olds) and not olds.get(FAILED)
        if named is not None and address not in named and holds:
            raise BlockedError(
                f"{self.what} holds data and was not deleted",
                hint="mcloud preview shows why it would be; name it, or put it back",
                where=resource_id,
            )
        at, native_id = split_id(resource_id)
        operations = self.context.guarded(at, olds.get("account"))
        self.context.listings(at).forget()
        operations.delete(self.kind(at), native_id, self.what, self.tell)

    def native(self, inputs: Mapping[str, Any], at: Placement) -> dict[str, Any]:
        """References as the cloud's own ids.

        Raises:
            PlacementError: a reference to another home.
        """
        return map_references(self.type.inputs, inputs, lambda value, name: self._native_reference(value, at, name))

    def revealed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with the texts that are kept elsewhere, for the call and for nothing else.

        Raises:
            ProfileError: one cannot be read.
        """
        secrets = self.context.secrets
        return {key: secrets.reveal(value["secret"]) if is_secret(value) else value for key, value in inputs.items()}

    def _native_reference(self, value: str, at: Placement, name: str) -> str:
        home, native = split_id(value)
        if home.home != at.home:
            raise PlacementError(
                f"{name} refers to a resource on {home.home}, but this is on {at.home}", where=self.what
            )
        return native

    def _picks_are_known(self, picks: Mapping[str, Any]) -> None:
        missing = sorted(key.removesuffix("Id") for key, value in picks.items() if key.endswith("Id") and not value)
        if missing:
            chosen = ", ".join(f"{key} {picks.get(key)}" for key in missing)
            raise PlacementError(
                f"the cloud's id of {chosen} is not known",
                hint="run without --offline, so that the account's catalog is read",
                where=self.what,
            )

    def outputs(
        self, operations: Operations, kind: Kind, at: Placement, inputs: Mapping[str, Any], native: Mapping[str, Any]
    ) -> dict[str, Any]:
        return outputs_of(inputs, kind.observe(at, native), operations.session.account)
