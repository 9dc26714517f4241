"""SSH keys (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.model.base import Placement
from mcloud_vng import limits, translate
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession


class KeyPair(Kind):
    """An imported public key."""

    kind = "KeyPair"
    replace_on: ClassVar[frozenset[str]] = frozenset({"publicKey", "name"})
    believe_none_after = 2.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        key_type = str(inputs["publicKey"]).split(" ", 1)[0]
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        if key_type == "ssh-rsa":
            return found
        reason = f"VNG takes RSA keys only and answers 'Invalid public key' to {key_type} (LIVE [3P] 2026-07)"
        alternative = "make an RSA key for these servers: ssh-keygen -t rsa -b 4096"
        return [Gap("key-type", resource, "blocking", reason, alternative), *found]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.key_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.key_seen(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return str(session.driver.ex_import_ssh_key(self.translate(inputs, picks))["id"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        return session.driver.ex_get_ssh_key(native_id)

    def delete(self, session: VngSession, native_id: str) -> None:
        session.driver.ex_delete_ssh_key(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        keys = session.driver.ex_list_ssh_keys()
        return by_name([(item["name"], item["id"]) for item in keys], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.driver.ex_list_ssh_keys():
            yield item["id"], item
