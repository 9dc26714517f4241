"""Volumes and their attachments (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_vng import limits, translate
from mcloud_vng.resources import payment, tags
from mcloud_vng.resources.network import by_name, phase
from mcloud_vng.session import VngSession

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog

LEAST = 10  # GiB of a data disk, in the SSD description (LIVE); the type's own minimum says 1
READY = ("AVAILABLE", "IN-USE")


class Volume(Kind):
    """A data volume."""

    kind = "Volume"
    deadline = 900.0
    believe_none_after = 10.0

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        """Nothing: a new volume would be empty and the old one's data gone."""
        if "billing" in changed and translate.renews(old) != translate.renews(new):
            raise payment.unchangeable("volume")
        lost = sorted(changed & {"encrypted", "extensions", "resolved.zone"})
        if {"class", "resolved.diskTypeId"} <= changed:
            # Between SSD and NVMe a volume is migrated, in three steps whose states are not known ([SDK], [MCP]).
            lost.insert(0, "class")
        if lost:
            words = " and ".join(name.removeprefix("resolved.") for name in lost)
            raise InvalidRequest(
                f"the {words} of a volume cannot change, and a new volume would be empty",
                hint="make a second volume beside it, copy the data, then remove the first",
            )
        return frozenset()

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        size = Size.parse(inputs["size"])
        if size.whole_gib < LEAST:
            reason = f"a data disk on VNG has at least {LEAST} GiB (LIVE [3P] 2026-09); asked for {size}"
            found.append(Gap("data-disk-size", resource, "blocking", reason, f"ask for {LEAST} GiB"))
        return [*found, *limits.tag_gaps(resource, inputs), *limits.unknown_knobs(resource, inputs, payment.KNOBS)]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_volume(inputs, picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.volume_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.volume_seen(native), translate.volume_picks(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return str(session.driver.ex_create_volume(self.translate(inputs, picks))["uuid"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        return session.driver.ex_get_volume(native_id)

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        return phase(native, READY)

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = session.driver.ex_get_volume(native_id)
        if native is None:
            return False
        if (old.get("labels") or {}) != (new.get("labels") or {}):
            tags.rewrite(session, native_id, "VOLUME", old, new)
        there, wanted = int(native["size"]), Size.parse(new["size"]).whole_gib
        if wanted < there:
            raise InvalidRequest(
                f"a volume never shrinks: it has {there} GiB, {wanted} GiB are asked for",
                hint="make a smaller volume beside it and copy the data",
            )
        if (there, native["volumeTypeId"]) != (wanted, picks["diskTypeId"]):
            session.driver.ex_resize_volume(native_id, wanted, picks["diskTypeId"])
            return True
        if native["name"] != new["name"]:
            session.driver.ex_rename_volume(native_id, new["name"])
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        session.driver.ex_delete_volume(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        volumes = session.driver.ex_list_volumes()
        return by_name([(item["name"], item["uuid"]) for item in volumes], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.driver.ex_list_volumes():
            if not item.get("bootable"):
                yield item["uuid"], item


class VolumeAttachment(Kind):
    """A volume on a server; its native id is ``volume/server``."""

    kind = "VolumeAttachment"
    replace_on: ClassVar[frozenset[str]] = frozenset({"volume", "server"})
    # A volume is on one server at a time.
    delete_first = True
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        around = inputs.get("around") or {}
        if around.get("volumeEncrypted") and not around.get("serverEncrypted"):
            reason = (
                "VNG attaches an encrypted volume only to a server that was made with encrypted disks, and answers 400 "
                "otherwise (LIVE [3P] 2026-10)"
            )
            alternative = "give the server disk: {encrypted: true}, or leave the volume unencrypted"
            found.append(Gap("encrypted-volume", resource, "blocking", reason, alternative))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return {}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.attachment_seen(at, native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        session.driver.ex_attach_volume(str(inputs["volume"]), str(inputs["server"]))
        return f"{inputs['volume']}/{inputs['server']}"

    def read(self, session: VngSession, native_id: str) -> Native | None:
        volume_id, server = native_id.split("/")
        volume = session.driver.ex_get_volume(volume_id)
        if volume is None or server not in (volume.get("serverId"), *(volume.get("serverIdList") or ())):
            return None
        return {"volume": volume, "server": server}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            # The vendor's Terraform provider counts AVAILABLE as on its way too.
            return Poll("pending", "AVAILABLE")
        return phase(native["volume"], ("IN-USE",))

    def delete(self, session: VngSession, native_id: str) -> None:
        native = self.read(session, native_id)
        if native is not None and native["volume"]["status"] != "DETACHING":
            session.driver.ex_detach_volume(native["volume"]["uuid"], native["server"])

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        native_id = f"{inputs['volume']}/{inputs['server']}"
        return Found() if self.read(session, native_id) is None else Found(native_id, (native_id,))

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.driver.ex_list_volumes():
            if item.get("serverId") and not item.get("bootable"):
                yield f"{item['uuid']}/{item['serverId']}", {"volume": item, "server": item["serverId"]}
