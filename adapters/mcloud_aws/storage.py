"""A bucket's rules, neutral to native and back. Pure."""

from __future__ import annotations

from mcloud.adapter.buckets import Raw, bucket_settings, settings_seen
from mcloud.adapter.kind import Inputs, Native
from mcloud_aws.policy import POLICIES, opens_to_all
from mcloud_aws.tags import RESERVED, tag_list, tag_map, wanted_tags

OPEN = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
CLOSED = dict.fromkeys(OPEN, True)
"""What a new bucket has (docs.aws.amazon.com/AmazonS3, "Blocking public access", since 2023-04)."""


def bucket_body(inputs: Inputs) -> Raw:
    """Name and settings, each as the S3 call for it takes it; None and empty where there is nothing to set."""
    name, policy = str(inputs["name"]), str(inputs.get("policy") or "")
    public = bool(inputs.get("publicRead"))
    return {
        "Bucket": name,
        **bucket_settings(inputs),
        "Public": OPEN if public or opens_to_all(policy) else CLOSED,
        "Policy": POLICIES.native(policy, public, name),
        "TagSet": tag_list({key: value for key, value in wanted_tags(inputs).items() if key != "Name"}),
    }


def bucket_seen(native: Native) -> Raw:
    """A bucket in neutral words; one whose public statement is blocked is not public."""
    policy, public = POLICIES.neutral(native.get("Policy"), native["Bucket"])
    blocked = bool((native.get("Public") or {}).get("RestrictPublicBuckets"))
    tags = tag_map(native.get("TagSet"))
    return {
        "name": native["Bucket"],
        **settings_seen(native),
        "publicRead": public and not blocked,
        "policy": policy,
        "labels": {key: value for key, value in tags.items() if not key.startswith((RESERVED, "aws:"))},
    }
