"""AWS on loopback: moto behind a front that refuses what AWS refuses and takes the time that AWS takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.emulator.spec import EmulatorSpec
from mcloud_aws.emulator.cloud import AwsCloud

REGION = "ap-southeast-1"


def _env(url: str, client_id: str, secret: str) -> Mapping[str, str]:
    """What AWS's own clients read: one address for every service."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": client_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": REGION,
        # Nothing of the person's own account: no profile, and no keys of the machine.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _profile(url: str, client_id: str) -> Mapping[str, Any]:
    """One address for every region and service."""
    return {"endpoints": {"aws": url}, "settings": {"client_id": client_id}}


SPEC = EmulatorSpec("aws", AwsCloud, _env, _profile)
