"""Whose credentials a session of AWS takes, without a call."""

from __future__ import annotations

import pytest

from mcloud.adapter.profile import CloudProfile
from mcloud.errors import ProfileError
from mcloud.model.base import Placement
from mcloud_aws.session import AwsSession, _boto, connect

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
