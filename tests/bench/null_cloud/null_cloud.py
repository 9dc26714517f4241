"""A cloud that is not there: every call is answered at once, so that what a run takes is the engine's and ours.

It is a distribution of its own, as any third party's adapter, and is found where this folder is on ``PYTHONPATH``.
Nothing is kept: an id stands for what was made until this process has deleted it, in another process it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from mcloud.adapter.adapter import Adapter
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.adapter.profile import CloudProfile
from mcloud.catalog.types import Catalog, Provenance, Region, Zone
from mcloud.errors import CloudError
from mcloud.model.base import Placement

SOURCE = Provenance("made up for the benchmark", date(2026, 11, 26), "estimate")


class NullSession:
    """The one account."""

    account = "null"

    def __init__(self) -> None:
        self.deleted: set[str] = set()


class Key(Kind):
    """A key whose id is its name."""

    kind = "KeyPair"
    reads_by_list = False

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return {"name": inputs["name"]}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(dict(native))

    def create(self, session: NullSession, inputs: Inputs, picks: Picks) -> str:
        return str(inputs["name"])

    def read(self, session: NullSession, native_id: str) -> Native | None:
        return None if native_id in session.deleted else {"name": native_id}

    def delete(self, session: NullSession, native_id: str) -> None:
        session.deleted.add(native_id)

    def find(self, session: NullSession, inputs: Inputs) -> Found:
        return Found()

    def list(self, session: NullSession) -> Iterable[tuple[str, Native]]:
        return ()


class Null(Adapter):
    """Keys in one zone."""

    name = "null"
    title = "Null Cloud"
    kinds: Mapping[str, Kind] = {"KeyPair": Key()}

    def catalog(self) -> Catalog:
        return Catalog("null", (Region("one", (), "One", (Zone("a", "A", True, True),), SOURCE),))

    def connect(self, profile: CloudProfile, at: Placement) -> NullSession:
        return NullSession()

    def live_catalog(self, session: NullSession, at: Placement) -> Catalog:
        return self.catalog()

    def explain(self, error: Exception, doing: str) -> CloudError:
        return CloudError(f"cannot {doing}: {error}")


adapter = Null()
