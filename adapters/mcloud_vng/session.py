"""A session: one signed-in driver for one account in one region."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mcloud.secrets import remember
from mcloud_vng.buckets import Buckets
from mcloud_vng.errors import explain

if TYPE_CHECKING:
    from mcloud.adapter.profile import CloudProfile
    from mcloud.model.base import Placement
    from mcloud_vng.balancer_driver import VNGLBDriver
    from mcloud_vng.driver import VNGNodeDriver

CLIENT_ID_VARIABLE = "CLIENT_ID"
CLIENT_SECRET_VARIABLE = "CLIENT_SECRET"  # noqa: S105 - a variable's name, the one that the vendor's Terraform provider reads


@dataclass
class VngSession:
    """An open session. All parts are safe to share between threads."""

    driver: VNGNodeDriver
    balancers: VNGLBDriver
    buckets: Buckets
    _networks: dict[str, str] = field(default_factory=dict, repr=False)
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock), repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def alone_with(self, native_id: str) -> threading.Lock:
        """The lock of a native thing that is read and then written as a whole."""
        with self._guard:
            return self._locks[native_id]

    def network_of(self, subnet: str) -> str | None:
        """The network of a subnet, None where there is none. A subnet never moves, so it is looked for once."""
        if subnet not in self._networks:
            for network in self.driver.ex_list_networks():
                rows = self.driver.ex_list_subnets(network["id"])
                self._networks.update({row["uuid"]: network["id"] for row in rows})
        return self._networks.get(subnet)

    @cached_property
    def account(self) -> str:
        """Digest of project and user: a project belongs to one user in one region."""
        found = self.driver.ex_account()
        text = f"{found['project_id']}:{found['user_id']}"
        return f"vng-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def connect(profile: CloudProfile, at: Placement) -> VngSession:
    """Sign in.

    Raises:
        ProfileError: client id or secret is missing.
        CloudError: refused or unreachable.
    """
    client_id = profile.setting("client_id", fallback_env=CLIENT_ID_VARIABLE)
    secret = profile.secret("client_secret", fallback_env=CLIENT_SECRET_VARIABLE)
    from mcloud_vng.balancer_driver import VNGLBDriver
    from mcloud_vng.driver import VNGNodeDriver

    iam, vserver, vlb = (profile.endpoints.get(name) for name in ("iam", "vserver", "vlb"))
    driver = VNGNodeDriver(
        client_id, secret.reveal(), region=at.region, iam_endpoint=iam, vserver_endpoint=vserver
    )
    balancers = VNGLBDriver(
        client_id,
        secret.reveal(),
        region=at.region,
        iam_endpoint=iam,
        vserver_endpoint=vserver,
        vlb_endpoint=vlb,
    )
    session = VngSession(driver, balancers, Buckets(profile, at.region))
    # Whatever the cloud repeats of one, also of one that was renewed in mid run, is cut out of what it says.
    driver.connection.token.tell(remember)
    _take_over(session)
    try:
        _ = session.account
    except Exception as error:
        raise explain(error, "sign in to VNG Cloud") from error
    return session


def hand_over(session: VngSession) -> dict[str, str]:
    """The variable with which another process of this run goes on with the session's token."""
    held = session.driver.connection.token.handed_over()
    return {} if held is None else {_variable(session): f"{time.time() + held[1]:.0f}:{held[0]}"}


def _take_over(session: VngSession) -> None:
    until, _, token = os.environ.get(_variable(session), "").partition(":")
    if until.isdigit() and token:
        session.driver.connection.token.take_over(token, int(until) - time.time())


def _variable(session: VngSession) -> str:
    """Its name is a digest of the account's credentials: another account's token is not found."""
    connection = session.driver.connection
    text = "\n".join((connection.sign_in_url, connection.user_id, connection.key))
    return f"MCLOUD_VNG_TOKEN_{hashlib.sha256(text.encode()).hexdigest()[:16].upper()}"
