"""Servers (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_vng import limits, translate
from mcloud_vng.resources import payment, tags
from mcloud_vng.resources.network import by_name, phase
from mcloud_vng.session import VngSession

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog

LEAST_ROOT_DISK = 20  # GiB, [CLI] and the SSD description (LIVE)
READY = ("ACTIVE", "STOPPED")
UNDER_WAY = ("CREATING", "CREATING-BILLING", "DELETING")  # what its disk is like tells nothing then


class Server(Kind):
    """A server with its root disk."""

    kind = "Server"
    replace_on: ClassVar[frozenset[str]] = frozenset(
        {
            "image",
            "subnet",
            "key",
            # A server joins a group when it is made; none joins or leaves later ([MCP] 2026-08).
            "placementGroup",
            "extensions",
            "userData",
            "resolved.zone",
            "resolved.imageId",
        }
    )
    deadline = 1800.0
    believe_none_after = 10.0

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        found = changed & self.replace_on
        if "billing" in changed and translate.renews(old) != translate.renews(new):
            raise payment.unchangeable("server")
        # A root disk grows in place and never shrinks; between SSD and NVMe it would have to be migrated.
        if "disk" in changed and not _stays(changed, old.get("disk") or {}, new.get("disk") or {}):
            found |= {"disk"}
        return found

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        disk = Size.parse((inputs.get("disk") or {}).get("size", f"{LEAST_ROOT_DISK} GiB"))
        if disk.whole_gib < LEAST_ROOT_DISK:
            reason = f"a root disk on VNG has at least {LEAST_ROOT_DISK} GiB ([CLI] v1.12.0, LIVE); asked for {disk}"
            found.append(Gap("root-disk-size", resource, "blocking", reason, f"ask for {LEAST_ROOT_DISK} GiB"))
        return [*found, *limits.tag_gaps(resource, inputs), *limits.unknown_knobs(resource, inputs, payment.KNOBS)]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_server(inputs, picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.server_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(
            translate.server_seen(at, native), translate.server_picks(native), translate.server_outputs(native)
        )

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return str(session.driver.ex_create_server(self.translate(inputs, picks))["uuid"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        server = session.driver.ex_get_server(native_id)
        if server is None:
            return None
        boot = server.get("bootVolumeId") if server["status"] not in UNDER_WAY else None
        return {"server": server, "disk": session.driver.ex_get_volume(boot) if boot else None}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return phase(None)
        looked = phase(native["server"], READY)
        disk = native.get("disk")
        if looked.phase == "ready" and disk is not None and disk.get("status") not in ("IN-USE", "AVAILABLE"):
            return Poll("pending", f"disk {disk.get('status')}")
        return looked

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        return (
            self._retag(session, native_id, old, new)
            or self._resize(session, native_id, native["server"], picks)
            or self._grow(session, native["disk"], new, picks)
            or self._regroup(session, native_id, native["server"], new)
        )

    def _retag(self, session: VngSession, native_id: str, old: Inputs, new: Inputs) -> bool:
        """Tags are not read with the server, so they are written where the labels changed; nothing is to be awaited."""
        if (old.get("labels") or {}) != (new.get("labels") or {}):
            tags.rewrite(session, native_id, "SERVER", old, new)
        return False

    def _resize(self, session: VngSession, native_id: str, server: Native, picks: Picks) -> bool:
        """The documents ask for a stopped server; whether a running one can be resized is unknown."""
        stopped = bool(server["status"] == "STOPPED")
        if (server.get("flavor") or {}).get("flavorId") == picks["flavorId"]:
            if stopped:
                session.driver.ex_start_server(native_id)
            return stopped
        if stopped:
            session.driver.ex_resize_server(native_id, picks["flavorId"])
        else:
            session.driver.ex_stop_server(native_id)
        return True

    def _grow(self, session: VngSession, disk: Native | None, new: Inputs, picks: Picks) -> bool:
        """Size and type in one call, as the vendor's Terraform provider does."""
        if disk is None:
            return False
        size = max(int(disk["size"]), translate.disk_gib(new))
        kind = picks.get("diskTypeId") or disk["volumeTypeId"]
        if (int(disk["size"]), disk["volumeTypeId"]) == (size, kind):
            return False
        session.driver.ex_resize_volume(disk["uuid"], size, kind)
        return True

    def _regroup(self, session: VngSession, native_id: str, server: Native, new: Inputs) -> bool:
        there = sorted(group["uuid"] for group in server.get("secGroups") or ())
        wanted = sorted(new.get("securityGroups") or ())
        # Without any group the cloud puts the project's default one; it is left where none is asked for.
        if wanted and there != wanted:
            session.driver.ex_update_server_secgroups(native_id, wanted)
            return True
        if server["name"] != new["name"]:
            session.driver.ex_rename_server(native_id, new["name"])
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        session.driver.ex_delete_server(native_id, delete_all_volumes=False)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        servers = session.driver.ex_list_servers(name=inputs["name"])
        return by_name([(item["name"], item["uuid"]) for item in servers], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        """The list shows no boot disks (MCP-LIVE); the volumes tell whose they are."""
        disks = {item.get("serverId"): item for item in session.driver.ex_list_volumes() if item.get("bootable")}
        for item in session.driver.ex_list_servers():
            yield item["uuid"], {"server": item, "disk": disks.get(item["uuid"])}


def _stays(changed: frozenset[str], old: Inputs, new: Inputs) -> bool:
    """Whether a root disk can become the other one in place."""
    same = old.get("class", "ssd") == new.get("class", "ssd") or "resolved.diskTypeId" not in changed
    same = same and bool(old.get("encrypted")) == bool(new.get("encrypted"))
    return same and translate.disk_gib({"disk": old}) <= translate.disk_gib({"disk": new})
