"""Whose credentials a session of AWS takes, without a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import DeferredRefreshableCredentials
from botocore.utils import parse_timestamp

from mcloud.adapter.profile import CloudProfile
from mcloud.errors import ProfileError
from mcloud.model.base import Placement
from mcloud.secrets import without_secrets
from mcloud_aws.session import AwsSession, _boto, _timestamp, connect

AT = Placement("aws", "ap-southeast-1")


def test_a_key_of_its_own_needs_no_profile_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("KEY", "hidden")
    profile = CloudProfile(settings={"client_id": "mine"}, secrets={"client_secret": "env:KEY"})
    boto = _boto(profile, AT.region)
    assert boto.get_credentials().access_key == "mine"
    assert AwsSession(boto, AT.region, {}).client("ec2").meta.region_name == AT.region


def test_a_profile_that_is_not_there_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    with pytest.raises(ProfileError, match="there is no AWS profile 'not-there'"):
        connect(CloudProfile(), AT)


@pytest.mark.parametrize(
    "said",
    [
        *("2026-11-26T19:42:34.000Z", "2026-11-26T19:42:34Z", "2026-11-26T19:42:34+07:00", "2026-11-26T19:42:34"),
        *("Wed, 26 Nov 2025 19:42:34 GMT", "2026-11-26", "20261126", "1790000000", 1790000000, 1790000000.5),
    ],
)
def test_times_are_read_as_botocore_reads_them(said: str | float) -> None:
    ours, theirs = _timestamp(said), parse_timestamp(said)
    assert (ours, ours.utcoffset()) == (theirs, theirs.utcoffset())


def test_what_services_look_like_is_read_once_for_all_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "hidden")
    profile = CloudProfile(settings={"client_id": "mine"}, secrets={"client_secret": "env:KEY"})
    one, two = (_boto(profile, region)._session.get_component("data_loader") for region in ("eu-west-1", AT.region))
    assert one is two


def test_credentials_that_renew_themselves_are_known_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = count()

    def renew() -> dict[str, str]:
        number = next(made)
        return {
            "access_key": "mine",
            "secret_key": f"secret-key-number-{number}-of-the-role",
            "token": f"session-token-number-{number}-of-the-role",
            "expiry_time": (datetime.now(UTC) + timedelta(minutes=5 if number == 0 else 60)).isoformat(),
        }

    source = botocore.session.Session()
    source._credentials = DeferredRefreshableCredentials(method="assume-role", refresh_using=renew)
    boto = boto3.session.Session(botocore_session=source, region_name=AT.region)
    monkeypatch.setattr("mcloud_aws.session._boto", lambda _profile, _region: boto)
    boto.events.register("before-send", _answered)
    session = connect(CloudProfile(endpoints={"aws": "http://127.0.0.1:9"}), AT)
    session.client("sts").get_caller_identity()
    for number in range(2):
        said = f"secret-key-number-{number}-of-the-role and session-token-number-{number}-of-the-role"
        assert without_secrets(said) == "(secret) and (secret)"


def _answered(**_: object) -> AWSResponse:
    """Who one is, without a call."""
    text = "<R><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></R>"
    return AWSResponse("http://127.0.0.1:9", 200, {}, _Raw(text.encode()))


class _Raw(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()
