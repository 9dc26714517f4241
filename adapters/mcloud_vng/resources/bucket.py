"""Buckets of vStorage (sources: docs/clouds/vng.md). The native id is the bucket's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mcloud.adapter.buckets import (
    Raw,
    Settings,
    bucket_settings,
    delete_empty,
    read_settings,
    refuse_rename,
    settings_seen,
    there_already,
)
from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.catalog.types import Catalog
from mcloud.model.base import Placement
from mcloud.model.storage import BUCKET
from mcloud_vng import limits
from mcloud_vng.policy import POLICIES, foreign_principals
from mcloud_vng.resources import payment
from mcloud_vng.session import VngSession

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
MOST_RULES = 50  # lifecycle rules of a bucket [DOC]


class Bucket(Kind):
    """A bucket with its versioning, policy, CORS and lifecycle rules."""

    kind = "Bucket"
    deadline = 120.0
    believe_none_after = 5.0
    name_limit = 63
    reads_by_list: ClassVar[bool] = False

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        refuse_rename(changed)
        return frozenset()

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        name, policy = inputs.get("name"), str(inputs.get("policy") or "")
        if name and not NAME.fullmatch(name):
            reason = f"a bucket's name on vStorage is 3-63 lower-case letters, digits and hyphens [3P]; not {name!r}"
            found.append(Gap("bucket-name", resource, "blocking", reason, "choose such a name, or leave it out"))
        rules = len(inputs.get("lifecycle") or ())
        if rules > MOST_RULES:
            reason = f"a bucket on vStorage has at most {MOST_RULES} lifecycle rules [DOC]; asked for {rules}"
            found.append(Gap("lifecycle-rules", resource, "blocking", reason, "put rules together by their prefixes"))
        others = foreign_principals(policy)
        if others:
            reason = f"vStorage's policies know everybody and its own users only [DOC], not {', '.join(others)}"
            alternative = 'write "*", or {"AWS": "arn:aws:iam:::user/ID"} with a vStorage user\'s id'
            found.append(Gap("policy-principal", resource, "blocking", reason, alternative))
        if name and POLICIES.names(policy, name):
            reason = "the policy names its own bucket"
            found.append(Gap("policy-bucket-name", resource, "blocking", reason, f"write {BUCKET} instead of {name}"))
        found += limits.untagged(resource, inputs, "vStorage's documents know no tags of buckets [DOC]")
        return [*found, *limits.unknown_knobs(resource, inputs)]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_bucket()

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """Name and settings, each as the S3 call for it takes it; None and empty where there is nothing to set."""
        name = str(inputs["name"])
        return {
            "Bucket": name,
            **bucket_settings(inputs),
            "Policy": POLICIES.native(str(inputs.get("policy") or ""), bool(inputs.get("publicRead")), name),
        }

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(_seen(native), {}, {"endpoint": native["Endpoint"]} if "Endpoint" in native else {})

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        name = str(inputs["name"])
        if self.find(session, inputs).native_id is not None:
            raise there_already(name)
        session.buckets.client.create_bucket(Bucket=name)
        return name

    def read(self, session: VngSession, native_id: str) -> Native | None:
        found = read_settings(session.buckets.client, native_id)
        return None if found is None else {**found, "Endpoint": session.buckets.endpoint}

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        wanted = self.translate(new, picks)
        put = Settings(session.buckets.client, native_id)
        put.write_changed(native, wanted)
        there, asked_for = _seen(native), _seen(wanted)
        if any(there[key] != asked_for[key] for key in ("policy", "publicRead")):
            put.policy(wanted["Policy"])
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        delete_empty(session.buckets.client, native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        name = str(inputs["name"])
        return Found(name, (name,)) if name in self._names(session) else Found()

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for name in self._names(session):
            native = self.read(session, name)
            if native is not None:
                yield name, native

    def _names(self, session: VngSession) -> tuple[str, ...]:
        """The names of the project's own buckets; others' are not listed."""
        return tuple(item["Name"] for item in session.buckets.client.list_buckets().get("Buckets") or ())


def _seen(native: Native) -> Raw:
    """A bucket in neutral words."""
    policy, public = POLICIES.neutral(native.get("Policy"), native["Bucket"])
    return {
        "name": native["Bucket"],
        **settings_seen(native),
        "publicRead": public,
        "policy": policy,
    }
