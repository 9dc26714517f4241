"""A session: boto3's clients for one account in one region.

Credentials are boto3's own chain: variables, profiles, SSO caches, roles of the machine. Two clients of a service may
be had: one repeats by the service's standard retry mode what was throttled or failed, the other never repeats: calls
that would make a second thing go through that one, unless a client token makes the second call the first one.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcloud.errors import ProfileError
from mcloud.secrets import remember
from mcloud_aws.errors import explain
from mcloud_aws.tags import token

if TYPE_CHECKING:
    from mcloud.adapter.profile import CloudProfile
    from mcloud.model.base import Placement

CONNECT_SECONDS, READ_SECONDS = 10, 60
AT_ONCE = 16
ATTEMPTS = 3
YOUNG = 60.0
"""Seconds for which a thing that was just made may not be seen yet (EC2 is eventually consistent)."""
EVERYWHERE = "aws"
"""Key of ``endpoints`` in a profile for all services that have none of their own."""
NO_PROFILE = {"profile": (None, None, None, None)}
"""botocore's session variable without the variables AWS_PROFILE and AWS_DEFAULT_PROFILE."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass
class AwsSession:
    """An open session; safe to share between threads."""

    boto: Any = field(repr=False)
    region: str
    endpoints: dict[str, str]
    awaited: dict[str, str] = field(default_factory=dict)
    """Native id -> the NAT gateway that it waits for."""
    _clients: dict[tuple[str, bool], Any] = field(default_factory=dict, repr=False)
    _born: dict[str, float] = field(default_factory=dict, repr=False)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    _spent: Counter[str] = field(default_factory=Counter, repr=False)
    _locks: defaultdict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock), repr=False)
    _guard: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @cached_property
    def account(self) -> str:
        """The account's number; it is no secret."""
        return f"aws-{self.client('sts').get_caller_identity()['Account']}"

    @property
    def ec2(self) -> Any:
        """EC2, repeating."""
        return self.client("ec2")

    @property
    def ec2_once(self) -> Any:
        """EC2, never repeating."""
        return self.client("ec2", once=True)

    @property
    def s3(self) -> Any:
        """S3, repeating: putting a bucket's settings twice is putting them once."""
        return self.client("s3")

    def client(self, service: str, *, once: bool = False) -> Any:
        """A service's client.

        Args:
            once: never repeat a call.
        """
        with self._guard:
            if (service, once) not in self._clients:
                self._clients[service, once] = self._connect(service, once)
            return self._clients[service, once]

    def endpoint(self, service: str) -> str | None:
        """The profile's endpoint for a service; None for the service's own."""
        return self.endpoints.get(service) or self.endpoints.get(EVERYWHERE)

    def _connect(self, service: str, once: bool) -> Any:
        from botocore.config import Config

        url = self.endpoint(service)
        local = url is not None and urlsplit(url).hostname in LOOPBACK
        config = Config(
            retries={"total_max_attempts": 1 if once else ATTEMPTS, "mode": "standard"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=AT_ONCE,
            proxies={} if local else None,
            s3={"addressing_style": "path"} if url else None,
        )
        return self.boto.client(service, region_name=self.region, endpoint_url=url, config=config)

    def alone_with(self, native_id: str) -> threading.RLock:
        """The lock of a native thing that is looked at and then changed."""
        with self._guard:
            return self._locks[native_id]

    def born(self, native_id: str) -> str:
        """Remember that it was made just now; the id itself."""
        self._born[native_id] = time.monotonic()
        return native_id

    def is_young(self, native_id: str) -> bool:
        """Whether it was made so lately that it may not be seen yet."""
        return time.monotonic() - self._born.get(native_id, float("-inf")) < YOUNG

    def forget(self, native_id: str) -> None:
        """It is to go: not seen is gone."""
        self._born.pop(native_id, None)

    def token(self, name: str) -> str:
        """The client token for making something of this name: the same until one was made or found.

        Not the same in another session: the services remember tokens for a day, and would answer with a thing of that
        name that is gone by now. What an earlier run may have made is looked for by its name.
        """
        return token(name, self._nonce, str(self._spent[name]))

    def spent(self, name: str) -> None:
        """One was made or found: the next call for this name is for another one."""
        with self._guard:
            self._spent[name] += 1


def connect(profile: CloudProfile, at: Placement) -> AwsSession:
    """Sign in.

    Raises:
        ProfileError: the AWS profile is not there.
        CloudError: no credentials, refused or unreachable.
    """
    try:
        session = AwsSession(_boto(profile, at.region), at.region, dict(profile.endpoints))
        # Before each call, for a role's are renewed in mid run.
        session.boto.events.register("before-sign", lambda **_: _remember(session.boto))
        _ = session.account
    except ProfileError:
        raise
    except Exception as error:
        raise explain(error, "sign in to AWS") from error
    return session


@cache
def _descriptions(folders: str | None) -> Any:
    """botocore's descriptions of the services, read once for all regions and accounts.

    With them 20 clients of a further region take 0.05-0.1 s of a processor, else 0.4 s (botocore 1.44, 2026-11-26).
    """
    from botocore.loaders import create_loader

    return create_loader(folders)


def _timestamp(value: Any) -> Any:
    """A time as botocore reads it. Its own reader tries every form of date: half the work of reading a list."""
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T":
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value)
    from botocore.utils import parse_timestamp

    return parse_timestamp(value)


def _tune(session: Any) -> None:
    """Make a botocore session cheaper, with the same answers."""
    session.register_component("data_loader", _descriptions(session.get_config_variable("data_path")))
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)


def _remember(boto: Any) -> None:
    """The chain's credentials and a role's too are known again in what a service answers."""
    held = boto.get_credentials()
    if held is not None:
        frozen = held.get_frozen_credentials()
        for value in (frozen.secret_key, frozen.token):
            remember(value or "")


def _boto(profile: CloudProfile, region: str) -> Any:
    """boto3's session with the credentials that the profile names, else those of boto3's own chain."""
    import boto3
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    key, name = profile.settings.get("client_id"), profile.settings.get("profile")
    # A key of its own needs no AWS profile: one that the environment names may be of another account, or not be there.
    base = botocore.session.Session(profile=name, session_vars=NO_PROFILE if key is not None and name is None else None)
    if key is not None:
        secret = profile.secret("client_secret", fallback_env="AWS_SECRET_ACCESS_KEY").reveal()
        given = (
            profile.secret("session_token", fallback_env="").reveal() if "session_token" in profile.secrets else None
        )
        base.set_credentials(key, secret, given)
    try:
        role = profile.settings.get("role_arn")
        _tune(base)
        source = _assumed(base, profile, role, region) if role else base
        return boto3.session.Session(botocore_session=source, region_name=region)
    except ProfileNotFound as error:
        name = error.kwargs["profile"]
        raise ProfileError(
            f"there is no AWS profile {name!r}", hint="see `aws configure list-profiles`, or `aws configure sso`"
        ) from error


def _assumed(base: Any, profile: CloudProfile, role: str, region: str) -> Any:
    """A session with a role's credentials, renewed by themselves."""
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    external = profile.settings.get("external_id")
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(_client_of_role, base, region, profile.endpoints),
        source_credentials=base.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": "mcloud", **({"ExternalId": external} if external else {})},
    )
    made = botocore.session.Session()
    _tune(made)
    made._credentials = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    return made


def _client_of_role(base: Any, region: str, endpoints: dict[str, str], service: str, **keys: Any) -> Any:
    url = endpoints.get(service) or endpoints.get(EVERYWHERE)
    return base.create_client(service, **{**keys, "region_name": region, "endpoint_url": url})
