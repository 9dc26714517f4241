"""Buckets, neutral to native and back, beyond the golden files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud.model.resources import BucketInputs
from mcloud_aws.policy import opens_to_all
from mcloud_aws.resources import KINDS

AT = Placement("aws", "ap-southeast-1")
BUCKET = KINDS["Bucket"]
LABELS = st.dictionaries(st.sampled_from(["team", "env"]), st.sampled_from(["a", "b b", "c/d@e"]), max_size=2)

ORIGINS = st.lists(st.sampled_from(["*", "https://a.example", "https://b.example"]), min_size=1, unique=True)
METHODS = st.lists(st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]), min_size=1, unique=True)
DAYS = st.none() | st.integers(1, 3650)
CORS = st.fixed_dictionaries(
    {
        "origins": ORIGINS,
        "methods": METHODS,
        "headers": st.just(["etag"]),
        "maxAgeSeconds": st.none() | st.integers(0, 9),
    }
)
LIFECYCLE = st.builds(
    lambda prefix, current, older, part: {
        "prefix": prefix,
        "expireAfterDays": current or 1,
        "expireNoncurrentAfterDays": older,
        "abortMultipartAfterDays": part,
    },
    st.text("ab/", max_size=3),
    DAYS,
    DAYS,
    DAYS,
)
STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.sampled_from(["*", {"AWS": "arn:aws:iam::111122223333:user/u"}, {"Service": "x"}]),
        "Action": st.sampled_from(["s3:GetObject", ["s3:*"]]),
        "Resource": st.sampled_from(
            ["arn:aws:s3:::BUCKET", ["arn:aws:s3:::BUCKET/a*", "arn:aws:s3:::BUCKETS/b"], "arn:aws:s3:::other/*"]
        ),
    }
)
POLICY = st.just("") | st.lists(STATEMENT, min_size=1, max_size=3).map(lambda items: json.dumps({"Statement": items}))


@given(
    st.from_regex(r"[a-z][a-z0-9-]{1,60}[a-z0-9]", fullmatch=True),
    st.booleans(),
    st.booleans(),
    st.lists(CORS, max_size=2),
    st.lists(LIFECYCLE, max_size=3),
    POLICY,
    LABELS,
)
def test_a_bucket_comes_back(
    name: str,
    versioning: bool,
    public: bool,
    cors: list[dict[str, Any]],
    lifecycle: list[dict[str, Any]],
    policy: str,
    labels: dict[str, str],
) -> None:
    asked: dict[str, Any] = {"versioning": versioning, "publicRead": public, "cors": cors, "lifecycle": lifecycle}
    asked["labels"] = labels
    model = BucketInputs.model_validate({"placement": str(AT), "name": name, "policy": policy, **asked})
    inputs = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = BUCKET.observe(AT, {**BUCKET.translate(inputs, {}), "Endpoint": "https://s3.example"})
    assert found.inputs == {key: inputs[key] for key in ("name", *asked, "policy")}
    assert found.outputs == {"endpoint": "https://s3.example"}


def test_a_public_bucket_that_is_blocked_is_not_public() -> None:
    body = BUCKET.translate({"name": "shop", "publicRead": True}, {})
    assert not BUCKET.observe(AT, {**body, "Public": {"RestrictPublicBuckets": True}}).inputs["publicRead"]


@pytest.mark.parametrize(
    "rule",
    [
        {"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
        {"Status": "Enabled", "Filter": {"And": {"Prefix": "a", "Tags": []}}, "Expiration": {"Days": 1}},
        {"Status": "Enabled", "Prefix": "", "Expiration": {"Date": "2027-01-01"}},
        {"Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}, "Transitions": [{"Days": 1}]},
        {"Status": "Enabled", "Prefix": ""},
    ],
)
def test_a_lifecycle_rule_that_says_more_is_not_taken_for_less(rule: dict[str, Any]) -> None:
    (shown,) = BUCKET.observe(AT, {"Bucket": "b", "Rules": [rule]}).inputs["lifecycle"]
    assert json.loads(shown["native"]) == rule


def test_too_many_lifecycle_rules() -> None:
    rules = [{"prefix": f"{index}/", "expireAfterDays": 1} for index in range(1001)]
    (gap,) = KINDS["Bucket"].gaps("buckets.logs", {"name": "logs", "lifecycle": rules})
    assert (gap.code, gap.klass) == ("lifecycle-rules", "blocking")
    assert KINDS["Bucket"].gaps("buckets.logs", {"name": "logs", "lifecycle": rules[1:]}) == []


def test_a_policy_that_is_no_json_is_shown_as_it_is() -> None:
    assert BUCKET.observe(AT, {"Bucket": "b", "Policy": "nonsense"}).inputs["policy"] == "nonsense"


@pytest.mark.parametrize(
    ("statement", "is_open"),
    [
        ({"Effect": "Allow", "Principal": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": ["x", "*"]}}, True),
        ({"Effect": "Deny", "Principal": "*"}, False),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {}}}, False),
    ],
)
def test_which_policies_are_public(statement: dict[str, Any], is_open: bool) -> None:
    assert opens_to_all(json.dumps({"Statement": [statement]})) is is_open


def test_a_bucket_is_not_replaced_by_an_empty_one() -> None:
    with pytest.raises(InvalidRequest, match="would be empty"):
        KINDS["Bucket"].replaces(frozenset({"name"}), {}, {})
    assert KINDS["Bucket"].replaces(frozenset({"versioning", "policy"}), {}, {}) == frozenset()
