"""The calls of the vLB gateway, one method each, in the vendor's own words: ``ex_`` methods of the driver.

As in ``api``: raw dicts without their envelopes, None for what is not there, everything of a list; every method raises
``VendorError`` when it is refused or gets no answer. A load balancer takes one change at a time: while it is UPDATING
the next is refused with ``LoadBalancerNotReady`` ([TF] v1.3.11, 2026-04-14).
"""

from __future__ import annotations

from typing import Any

from mcloud_vng.account import AccountCalls, Raw
from mcloud_vng.connection import VLB, field
from mcloud_vng.vendor_errors import VendorError

BALANCERS, LISTENERS, POOLS, POLICIES = "loadBalancers", "listeners", "pools", "l7policies"
CERTIFICATES = "cas"
# 404 is LIVE for a load balancer; of the others the text is known ([SDK] sdk_error), the status is not.
GONE = ("cannot get ", "could not find resource")


def is_gone(error: VendorError) -> bool:
    """Whether a refusal says that there is no such thing."""
    said = (error.text or "").lower()
    return error.status == 404 or (error.status in (400, 409) and any(text in said for text in GONE))


class VLBCalls(AccountCalls):
    """Mixed into the driver, which gives ``connection``."""

    def _vlb(self, method: str, *parts: str, body: Any = None) -> Any:
        return self.connection.call(method, self._path("v2", *parts), body=body, gateway=VLB)

    def _made(self, *parts: str, body: Raw) -> str:
        """The id of what a create makes."""
        return str(field("POST", self._path("v2", *parts), self._vlb("POST", *parts, body=body), "uuid"))

    def _item(self, *parts: str, wrapped: bool = True) -> Raw | None:
        found = self._there(*parts, wrapped=wrapped)
        return dict(found) if found else None

    def _there(self, *parts: str, wrapped: bool = True) -> Any:
        """What is there, None where it is gone."""
        try:
            answer = self._vlb("GET", *parts)
        except VendorError as error:
            if is_gone(error):
                return None
            raise
        return answer.get("data") if wrapped and answer else answer

    def _dropped(self, *parts: str) -> None:
        """Delete; what is gone already is no error."""
        try:
            self._vlb("DELETE", *parts)
        except VendorError as error:
            if not is_gone(error):
                raise

    # Load balancers

    def ex_list_packages(self, zone: str) -> list[Raw]:
        """Sizes in a zone: ``uuid``, ``name``, ``lbType`` or ``type``, ``connectionNumber``."""
        path = self._path("v2", BALANCERS, "packages")
        answer = self.connection.call("GET", path, query={"zoneId": zone}, gateway=VLB)
        return list(field("GET", path, answer, "listData"))

    def ex_list_load_balancers(self, name: str = "") -> list[Raw]:
        """All load balancers, or those whose name has this part."""
        return self.connection.pages(self._path("v2", BALANCERS), {"name": name}, gateway=VLB)

    def ex_create_load_balancer(self, body: Raw) -> str:
        """``name``, ``packageId``, ``scheme``, ``subnetId``, ``type``, ``zoneId``; its id."""
        return self._made(BALANCERS, body=body)

    def ex_get_load_balancer(self, balancer_id: str) -> Raw | None:
        """A load balancer; its state is ``progressStatus``."""
        return self._item(BALANCERS, balancer_id)

    def ex_resize_load_balancer(self, balancer_id: str, package_id: str) -> None:
        """Another package of the same layer and zone."""
        self._vlb("PUT", BALANCERS, balancer_id, "resize", body={"packageId": package_id})

    def ex_delete_load_balancer(self, balancer_id: str) -> None:
        """Delete."""
        self._dropped(BALANCERS, balancer_id)

    # Listeners

    def ex_list_listeners(self, balancer_id: str) -> list[Raw]:
        """Listeners; none where the load balancer is gone."""
        return list(self._there(BALANCERS, balancer_id, LISTENERS) or ())

    def ex_create_listener(self, balancer_id: str, body: Raw) -> str:
        """``listenerName``, ``listenerProtocol``, ``listenerProtocolPort``, timeouts, pool, certificates; its id."""
        return self._made(BALANCERS, balancer_id, LISTENERS, body=body)

    def ex_get_listener(self, balancer_id: str, listener_id: str) -> Raw | None:
        """A listener."""
        return self._item(BALANCERS, balancer_id, LISTENERS, listener_id)

    def ex_update_listener(self, balancer_id: str, listener_id: str, body: Raw) -> None:
        """All fields but name, protocol and port, which cannot be changed."""
        self._vlb("PUT", BALANCERS, balancer_id, LISTENERS, listener_id, body=body)

    def ex_delete_listener(self, balancer_id: str, listener_id: str) -> None:
        """Delete."""
        self._dropped(BALANCERS, balancer_id, LISTENERS, listener_id)

    # Pools

    def ex_list_pools(self, balancer_id: str) -> list[Raw]:
        """Pools; none where the load balancer is gone."""
        return list(self._there(BALANCERS, balancer_id, POOLS) or ())

    def ex_create_pool(self, balancer_id: str, body: Raw) -> str:
        """``poolName``, ``poolProtocol``, ``algorithm``, ``healthMonitor``, ``members``; its id."""
        return self._made(BALANCERS, balancer_id, POOLS, body=body)

    def ex_get_pool(self, balancer_id: str, pool_id: str) -> Raw | None:
        """A pool."""
        return self._item(BALANCERS, balancer_id, POOLS, pool_id)

    def ex_get_health_monitor(self, balancer_id: str, pool_id: str) -> Raw | None:
        """How a pool's members are checked."""
        return self._item(BALANCERS, balancer_id, POOLS, pool_id, "healthMonitor")

    def ex_update_pool(self, balancer_id: str, pool_id: str, body: Raw) -> None:
        """``algorithm``, ``stickiness``, ``tlsEncryption``, ``healthMonitor``: all replaced."""
        self._vlb("PUT", BALANCERS, balancer_id, POOLS, pool_id, body=body)

    def ex_delete_pool(self, balancer_id: str, pool_id: str) -> None:
        """Refused while a listener or a policy uses it."""
        self._dropped(BALANCERS, balancer_id, POOLS, pool_id)

    def ex_list_members(self, balancer_id: str, pool_id: str) -> list[Raw]:
        """Members: ``address``, ``protocolPort``, ``name``."""
        return list(self._there(BALANCERS, balancer_id, POOLS, pool_id, "members") or ())

    def ex_replace_members(self, balancer_id: str, pool_id: str, members: list[Raw]) -> None:
        """All members, each ``name``, ``ipAddress``, ``port``, ``monitorPort``, ``weight``, ``backup``; an equal list
        is refused."""
        self._vlb("PUT", BALANCERS, balancer_id, POOLS, pool_id, "members", body={"members": members})

    # L7 policies

    def ex_list_policies(self, balancer_id: str, listener_id: str) -> list[Raw]:
        """Policies of a listener, by position."""
        found = list(self._there(BALANCERS, balancer_id, LISTENERS, listener_id, POLICIES) or ())
        return sorted(found, key=lambda item: int(item.get("position") or 0))

    def ex_create_policy(self, balancer_id: str, listener_id: str, body: Raw) -> str:
        """``name``, ``action``, ``rules`` and what the action needs; its id."""
        return self._made(BALANCERS, balancer_id, LISTENERS, listener_id, POLICIES, body=body)

    def ex_update_policy(self, balancer_id: str, listener_id: str, policy_id: str, body: Raw) -> None:
        """All but the name."""
        self._vlb("PUT", BALANCERS, balancer_id, LISTENERS, listener_id, POLICIES, policy_id, body=body)

    def ex_delete_policy(self, balancer_id: str, listener_id: str, policy_id: str) -> None:
        """Delete."""
        self._dropped(BALANCERS, balancer_id, LISTENERS, listener_id, POLICIES, policy_id)

    def ex_reorder_policies(self, balancer_id: str, listener_id: str, policy_ids: list[str]) -> None:
        """All policies of a listener in their new order."""
        body = {"policies": [{"policyId": item, "position": place} for place, item in enumerate(policy_ids, 1)]}
        self._vlb("PUT", BALANCERS, balancer_id, LISTENERS, listener_id, "reorderL7Policies", body=body)

    # Certificates

    def ex_list_certificates(self) -> list[Raw]:
        """All certificates."""
        return self.connection.pages(self._path("v2", CERTIFICATES), {"name": ""}, gateway=VLB)

    def ex_import_certificate(self, body: Raw) -> str:
        """``name``, ``type`` (TLS/SSL, CA), ``certificate``, ``certificateChain``, ``privateKey``; its id."""
        path = self._path("v2", CERTIFICATES)
        answer = field("POST", path, self._vlb("POST", CERTIFICATES, body=body), "data")
        return str(field("POST", path, answer, "uuid"))

    def ex_get_certificate(self, certificate_id: str) -> Raw | None:
        """What can be seen of a certificate; neither its text nor its key."""
        return self._item(CERTIFICATES, certificate_id, wrapped=False)

    def ex_delete_certificate(self, certificate_id: str) -> None:
        """Delete."""
        self._dropped(CERTIFICATES, certificate_id)
