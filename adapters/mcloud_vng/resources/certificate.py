"""Certificates for listeners (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.model.base import Placement
from mcloud_vng import translate_lb
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession

NAME = re.compile(r"[A-Za-z0-9.-]{5,50}")


class Certificate(Kind):
    """A TLS certificate. Neither its text nor its key can be read back: they are compared with what the state has."""

    kind = "Certificate"
    # The service has no call that changes one.
    replace_on: ClassVar[frozenset[str]] = frozenset({"name", "certificate", "chain", "privateKey"})
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        name = inputs.get("name")
        if name is not None and not NAME.fullmatch(name):
            reason = f"a certificate's name on VNG has 5-50 letters, digits, . and - ([SDK] 2026-05); not {name!r}"
            found.append(
                Gap("certificate-name", resource, "blocking", reason, "choose such a name, or leave it out")
            )
        if inputs.get("labels"):
            reason = "certificates on VNG have no tags ([SDK] 2026-05)"
            found.append(Gap("labels", resource, "substituted", reason, "the labels stay in the state only"))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate_lb.certificate_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate_lb.certificate_seen(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return session.balancers.ex_import_certificate(self.translate(inputs, picks))

    def read(self, session: VngSession, native_id: str) -> Native | None:
        return session.balancers.ex_get_certificate(native_id)

    def delete(self, session: VngSession, native_id: str) -> None:
        session.balancers.ex_delete_certificate(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        found = session.balancers.ex_list_certificates()
        return by_name([(item["name"], item["uuid"]) for item in found], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.balancers.ex_list_certificates():
            yield item["uuid"], item
