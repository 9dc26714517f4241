"""Buckets over the S3 protocol: settings, neutral to native and back, and how each is written. Names no service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mcloud.adapter.kind import Inputs, Native
from mcloud.errors import Conflict, InUse, InvalidRequest
from mcloud.model.resources import CorsInputs, LifecycleInputs

Raw = dict[str, Any]
_KNOWN = frozenset(
    ("ID", "Status", "Prefix", "Filter", "Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
)


def refuse_rename(changed: frozenset[str]) -> None:
    """A bucket is never replaced.

    Raises:
        InvalidRequest: the name changed; a new bucket would be empty and the old one's objects left behind.
    """
    if "name" in changed:
        raise InvalidRequest(
            "a bucket cannot be renamed, and a new bucket would be empty",
            hint="make a second bucket beside it, copy the objects (rclone sync), then remove the first",
        )


def there_already(name: str) -> Conflict:
    """A service may say yes to the owner who makes a bucket twice; one with objects would be taken for a new one."""
    return Conflict(
        f"the bucket {name} is there already", hint="import it, choose another name, or leave the name out"
    )


def bucket_settings(inputs: Inputs) -> Raw:
    """Versioning and rules, each as the S3 call for it takes it; None and empty where there is nothing to set."""
    return {
        "Versioning": "Enabled" if inputs.get("versioning") else None,
        "CORSRules": [_cors(rule) for rule in inputs.get("cors") or ()],
        "Rules": [_lifecycle(index, rule) for index, rule in enumerate(inputs.get("lifecycle") or (), 1)],
    }


def settings_seen(native: Native) -> Raw:
    """Versioning and rules in neutral words."""
    return {
        "versioning": native.get("Versioning") == "Enabled",
        "cors": [_cors_seen(rule) for rule in native.get("CORSRules") or ()],
        "lifecycle": [_lifecycle_seen(rule) for rule in native.get("Rules") or ()],
    }


def comparable(inputs: Raw) -> Raw:
    """The order of lifecycle rules means nothing."""
    return {**inputs, "lifecycle": sorted(json.dumps(rule, sort_keys=True) for rule in inputs["lifecycle"])}


def read_settings(client: Any, bucket: str) -> Raw | None:
    """Versioning, policy and rules as the service has them; None where the bucket is gone."""
    versioning = asked(lambda: client.get_bucket_versioning(Bucket=bucket), "NoSuchBucket")
    if versioning is None:
        return None
    policy = asked(lambda: client.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy")
    cors = asked(lambda: client.get_bucket_cors(Bucket=bucket), "NoSuchCORSConfiguration")
    rules = asked(lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket), "NoSuchLifecycleConfiguration")
    return {
        "Bucket": bucket,
        "Versioning": versioning.get("Status"),
        "Policy": (policy or {}).get("Policy"),
        "CORSRules": (cors or {}).get("CORSRules") or [],
        "Rules": (rules or {}).get("Rules") or [],
    }


def delete_empty(client: Any, bucket: str) -> None:
    """Ask for a bucket to go; already gone is no error.

    Raises:
        InUse: it holds objects; this does not pass by itself.
    """
    try:
        asked(lambda: client.delete_bucket(Bucket=bucket), "NoSuchBucket")
    except Exception as error:
        if code_of(error) != "BucketNotEmpty":
            raise
        refused = InUse(
            f"the bucket {bucket} still holds objects, and mcloud empties no bucket",
            hint="empty it yourself, older versions and unfinished uploads included, and run again; "
            "or write keep: true to leave it alone",
            vendor_code="BucketNotEmpty",
        )
        refused.passes = False
        raise refused from error


class Settings:
    """Writes one setting of a bucket; nothing to write takes away what is there."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def write_changed(self, there: Native, wanted: Native) -> None:
        """Versioning and rules that differ between what is there and what is wanted, both native."""
        before, after = comparable(settings_seen(there)), comparable(settings_seen(wanted))
        if before["versioning"] != after["versioning"]:
            self.versioning(bool(after["versioning"]))
        if before["cors"] != after["cors"]:
            self.cors(wanted["CORSRules"])
        if before["lifecycle"] != after["lifecycle"]:
            self.lifecycle(wanted["Rules"])

    def versioning(self, on: bool) -> None:
        """Once on it can only be suspended: older versions stay."""
        status = {"Status": "Enabled" if on else "Suspended"}
        self._client.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration=status)

    def policy(self, text: str | None) -> None:
        """The whole policy."""
        if text is None:
            self._client.delete_bucket_policy(Bucket=self._bucket)
        else:
            self._client.put_bucket_policy(Bucket=self._bucket, Policy=text)

    def cors(self, rules: list[Raw]) -> None:
        """All CORS rules."""
        if rules:
            self._client.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": rules})
        else:
            self._client.delete_bucket_cors(Bucket=self._bucket)

    def lifecycle(self, rules: list[Raw]) -> None:
        """All lifecycle rules."""
        if rules:
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": rules}
            )
        else:
            self._client.delete_bucket_lifecycle(Bucket=self._bucket)


def asked(call: Callable[[], Raw], absent: str) -> Raw | None:
    """The answer; None where the service says by the code ``absent`` that there is no such thing."""
    try:
        return call()
    except Exception as error:
        if code_of(error) == absent:
            return None
        raise


def code_of(error: Exception) -> str:
    """The code of a refusal of the S3 client; empty where it is another error."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


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
