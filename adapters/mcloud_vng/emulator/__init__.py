"""An emulated VNG Cloud: the routes that the vendor's clients call, on mcloud's kit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.emulator.spec import EmulatorSpec
from mcloud_vng.emulator.cloud import VngCloud
from mcloud_vng.emulator.storage import OBJECTS


def _env(url: str, client_id: str, secret: str) -> Mapping[str, str]:
    """What the vendor's Terraform provider reads: base URLs without a trailing slash."""
    return {
        "TOKEN_ADDRESS": f"{url}/accounts-api/v2/auth/token",
        "VSERVER_BASE_URL": f"{url}/vserver/vserver-gateway",
        "VLB_BASE_URL": f"{url}/vserver/vlb-gateway",
        "VKS_BASE_URL": f"{url}/vks",
        "VDB_BASE_URL": f"{url}/vdb",
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
    }


def _profile(url: str, client_id: str) -> Mapping[str, Any]:
    """Each region has its own gateways."""
    return {
        "endpoints": {
            "iam": f"{url}/accounts-api",
            "vserver": url + "/{region}/vserver/vserver-gateway",
            "vlb": url + "/{region}/vserver/vlb-gateway",
        },
        "settings": {"client_id": client_id},
    }


SPEC = EmulatorSpec("vng", VngCloud, _env, _profile, OBJECTS)
