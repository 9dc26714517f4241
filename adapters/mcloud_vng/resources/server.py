"""Servers (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_vng import translate
from mcloud_vng.resources.network import by_name, phase
from mcloud_vng.session import VngSession

LEAST_ROOT_DISK = 20  # GiB, [CLI] and the SSD description (LIVE)
READY = ("ACTIVE", "STOPPED")


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
            "userData",
            "extensions",
            "resolved.zone",
            "resolved.imageId",
            "resolved.diskTypeId",
        }
    )
    deadline = 1800.0
    believe_none_after = 10.0

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        found = changed & self.replace_on
        # A root disk grows in place and never shrinks.
        if "disk" in changed and translate.disk_gib(new) < translate.disk_gib(old):
            found |= {"disk"}
        return found

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        disk = Size.parse((inputs.get("disk") or {}).get("size", f"{LEAST_ROOT_DISK} GiB"))
        if disk.whole_gib < LEAST_ROOT_DISK:
            reason = f"a root disk on VNG has at least {LEAST_ROOT_DISK} GiB ([CLI] v1.12.0, LIVE); asked for {disk}"
            found.append(Gap("root-disk-size", resource, "blocking", reason, f"ask for {LEAST_ROOT_DISK} GiB"))
        if inputs.get("labels"):
            reason = "labels of servers are not written on VNG by this version (at most 10, values of 3-255 characters)"
            found.append(Gap("labels", resource, "substituted", reason, "the labels stay in the state only"))
        return found

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
        boot = server.get("bootVolumeId")
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
            self._resize(session, native_id, native["server"], picks)
            or self._grow(session, native["disk"], new, picks)
            or self._regroup(session, native_id, native["server"], new)
        )

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
        wanted = translate.disk_gib(new)
        if disk is None or int(disk["size"]) >= wanted:
            return False
        session.driver.ex_resize_volume(disk["uuid"], wanted, disk["volumeTypeId"])
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
        # A listed server does not name its boot disk (MCP-LIVE), the disk names its server.
        disks = {item.get("serverId"): item for item in session.driver.ex_list_volumes() if item.get("bootable")}
        for item in session.driver.ex_list_servers():
            yield item["uuid"], {"server": item, "disk": disks.get(item["uuid"])}
