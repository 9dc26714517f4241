"""A bucket's rules, neutral to native and back. Pure."""

from __future__ import annotations

import json
from typing import Any

from mcloud.adapter.kind import Inputs, Native
from mcloud.model.resources import CorsInputs, LifecycleInputs
from mcloud_aws.policy import native_policy, neutral_policy, opens_to_all
from mcloud_aws.tags import RESERVED, tag_list, tag_map, wanted_tags

Raw = dict[str, Any]
OPEN = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
CLOSED = dict.fromkeys(OPEN, True)
"""What a new bucket has (docs.aws.amazon.com/AmazonS3, "Blocking public access", since 2023-04)."""


def bucket_body(inputs: Inputs) -> Raw:
    """Name and settings, each as the S3 call for it takes it; None and empty where there is nothing to set."""
    name, policy = str(inputs["name"]), str(inputs.get("policy") or "")
    public = bool(inputs.get("publicRead"))
    return {
        "Bucket": name,
        "Versioning": "Enabled" if inputs.get("versioning") else None,
        "Public": OPEN if public or opens_to_all(policy) else CLOSED,
        "Policy": native_policy(policy, public, name),
        "CORSRules": [_cors(rule) for rule in inputs.get("cors") or ()],
        "Rules": [_lifecycle(index, rule) for index, rule in enumerate(inputs.get("lifecycle") or (), 1)],
        "TagSet": tag_list({key: value for key, value in wanted_tags(inputs).items() if key != "Name"}),
    }


def bucket_seen(native: Native) -> Raw:
    """A bucket in neutral words; one whose public statement is blocked is not public."""
    policy, public = neutral_policy(native.get("Policy"), native["Bucket"])
    blocked = bool((native.get("Public") or {}).get("RestrictPublicBuckets"))
    tags = tag_map(native.get("TagSet"))
    return {
        "name": native["Bucket"],
        "versioning": native.get("Versioning") == "Enabled",
        "publicRead": public and not blocked,
        "policy": policy,
        "cors": [_cors_seen(rule) for rule in native.get("CORSRules") or ()],
        "lifecycle": [_lifecycle_seen(rule) for rule in native.get("Rules") or ()],
        "labels": {key: value for key, value in tags.items() if not key.startswith((RESERVED, "aws:"))},
    }


def comparable(inputs: Raw) -> Raw:
    """The order of lifecycle rules means nothing."""
    return {**inputs, "lifecycle": sorted(json.dumps(rule, sort_keys=True) for rule in inputs["lifecycle"])}


def _cors(rule: Inputs) -> Raw:
    made = {
        "AllowedOrigins": list(rule["origins"]),
        "AllowedMethods": list(rule["methods"]),
        "AllowedHeaders": list(rule.get("headers") or ()),
        "ExposeHeaders": list(rule.get("exposeHeaders") or ()),
        "MaxAgeSeconds": rule.get("maxAgeSeconds"),
    }
    return {key: value for key, value in made.items() if value not in (None, [])}


def _cors_seen(rule: Native) -> Raw:
    values = {
        "origins": rule.get("AllowedOrigins") or (),
        "methods": rule.get("AllowedMethods") or (),
        "headers": rule.get("AllowedHeaders") or (),
        "expose_headers": rule.get("ExposeHeaders") or (),
        "max_age_seconds": rule.get("MaxAgeSeconds"),
    }
    return CorsInputs.model_validate(values).model_dump(mode="json", by_alias=True, exclude_none=True)


def _lifecycle(index: int, rule: Inputs) -> Raw:
    made: Raw = {"ID": f"mcloud-{index}", "Status": "Enabled", "Filter": {"Prefix": rule.get("prefix") or ""}}
    if rule.get("expireAfterDays"):
        made["Expiration"] = {"Days": rule["expireAfterDays"]}
    if rule.get("expireNoncurrentAfterDays"):
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["expireNoncurrentAfterDays"]}
    if rule.get("abortMultipartAfterDays"):
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule["abortMultipartAfterDays"]}
    return made


_KNOWN = frozenset(
    ("ID", "Status", "Prefix", "Filter", "Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
)


def _lifecycle_seen(rule: Native) -> Raw:
    """A rule in neutral words; one that says more than these can is shown as it is, so that it counts as drift."""
    expiry, older = rule.get("Expiration") or {}, rule.get("NoncurrentVersionExpiration") or {}
    part, filter_ = rule.get("AbortIncompleteMultipartUpload") or {}, rule.get("Filter") or {}
    values = {
        "prefix": filter_.get("Prefix") or rule.get("Prefix") or "",
        "expire_after_days": expiry.get("Days"),
        "expire_noncurrent_after_days": older.get("NoncurrentDays"),
        "abort_multipart_after_days": part.get("DaysAfterInitiation"),
    }
    plain = rule.get("Status") == "Enabled" and set(rule) <= _KNOWN and set(filter_) <= {"Prefix"}
    plain = plain and set(expiry) <= {"Days"} and set(older) <= {"NoncurrentDays"}
    if not plain or not any(value for key, value in values.items() if key != "prefix"):
        return {"native": json.dumps(rule, sort_keys=True, default=str)}
    return LifecycleInputs.model_validate(values).model_dump(mode="json", by_alias=True, exclude_none=True)
