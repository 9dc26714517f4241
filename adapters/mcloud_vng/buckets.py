"""The connection to vStorage: one S3 client for each session (sources: docs/clouds/vng.md).

Object storage has keys of its own: they belong to a vStorage project, not to the service account. So they are asked
for, and boto3 is imported, when the first bucket is touched.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from mcloud.errors import ProfileError

if TYPE_CHECKING:
    from mcloud.adapter.profile import CloudProfile

ACCESS_KEY_VARIABLE = "VSTORAGE_ACCESS_KEY"
SECRET_KEY_VARIABLE = "VSTORAGE_SECRET_KEY"  # noqa: S105 - a variable's name
REGIONS = {"hcm-3": "HCM04", "han-1": "HAN02"}
"""Region -> the string that requests are signed for [DOC]; the older HCM03 is another system."""
CONNECT_SECONDS, READ_SECONDS = 10, 60
AT_ONCE = 16


class Buckets:
    """The way to the buckets of one region; safe to share between threads."""

    def __init__(self, profile: CloudProfile, region: str) -> None:
        self._profile = profile
        self._region = REGIONS.get(region)
        self._place = region
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def client(self) -> Any:
        """boto3's S3 client.

        Raises:
            ProfileError: no keys, or the region has no vStorage.
        """
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    @property
    def endpoint(self) -> str:
        """The URL that S3 clients are given.

        Raises:
            ProfileError: the region has no vStorage.
        """
        return self._profile.endpoints.get("vstorage") or f"https://{self._signed.lower()}.vstorage.vngcloud.vn"

    @property
    def _signed(self) -> str:
        if self._region is None:
            raise ProfileError(
                f"no object storage is known in {self._place}", hint=f"it is in {' and '.join(sorted(REGIONS))}"
            )
        return self._region

    def _connect(self) -> Any:
        access_key, secret_key = _keys(self._profile)
        import boto3
        import botocore.session
        from botocore.config import Config

        nothing = (None, None, None, None)
        # What the machine has set for S3 elsewhere (profiles, files of keys) is not for this cloud.
        variables = dict.fromkeys(("profile", "config_file", "credentials_file"), nothing)
        session = boto3.session.Session(botocore_session=botocore.session.Session(session_vars=variables))
        return session.client(
            "s3",
            region_name=self._signed,
            endpoint_url=self.endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # The service refuses the newer checksums [DOC].
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # What may be repeated is known where the operation is known.
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=AT_ONCE,
            ),
        )


def _keys(profile: CloudProfile) -> tuple[str, str]:
    """Access key and secret key: from the profile, else from the environment.

    Raises:
        ProfileError: they are not there.
    """
    known = {
        "access_key": "access_key" in profile.secrets or profile.settings.get("access_key"),
        "secret_key": "secret_key" in profile.secrets,
    }
    variables = {"access_key": ACCESS_KEY_VARIABLE, "secret_key": SECRET_KEY_VARIABLE}
    missing = [name for name, given in known.items() if not given and not os.environ.get(variables[name])]
    if missing:
        raise ProfileError(
            f"buckets on vStorage need an S3 key of their own: {' and '.join(missing)} missing",
            hint="make a vStorage project and an S3 key in the vStorage portal, then put access_key and secret_key "
            f"under secrets in the profile, or export {ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}",
        )
    access_key = (
        profile.settings.get("access_key") or profile.secret("access_key", fallback_env=ACCESS_KEY_VARIABLE).reveal()
    )
    return access_key, profile.secret("secret_key", fallback_env=SECRET_KEY_VARIABLE).reveal()
