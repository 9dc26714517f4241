"""Buckets of vStorage (sources: docs/clouds/vng.md). The native id is the bucket's name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.errors import Conflict, InUse, InvalidRequest
from mcloud.model.base import Placement
from mcloud.model.resources import CorsInputs, LifecycleInputs
from mcloud.model.storage import BUCKET
from mcloud_vng import limits
from mcloud_vng.policy import foreign_principals, names_bucket, native_policy, neutral_policy
from mcloud_vng.session import VngSession

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
MOST_RULES = 50  # lifecycle rules of a bucket [DOC]
SETTINGS = ("Versioning", "Policy", "CORSRules", "Rules")
Raw = dict[str, Any]


class Bucket(Kind):
    """A bucket with its versioning, policy, CORS and lifecycle rules."""

    kind = "Bucket"
    deadline = 120.0
    believe_none_after = 5.0
    name_limit = 63
    reads_by_list: ClassVar[bool] = False

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        """Nothing: a new bucket would be empty and the old one's objects left behind."""
        if "name" in changed:
            raise InvalidRequest(
                "a bucket cannot be renamed, and a new bucket would be empty",
                hint="make a second bucket beside it, copy the objects (rclone sync), then remove the first",
            )
        return frozenset()

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        name, policy = inputs.get("name"), str(inputs.get("policy") or "")
        if name and not NAME.fullmatch(name):
            reason = f"a bucket's name on vStorage is 3-63 lower-case letters, digits and hyphens [3P]; not {name!r}"
            found.append(Gap("bucket-name", resource, "blocking", reason, "choose such a name, or leave it out"))
        rules = len(inputs.get("lifecycle") or ())
        if rules > MOST_RULES:
            reason = f"a bucket on vStorage has at most {MOST_RULES} lifecycle rules [DOC]; asked for {rules}"
            found.append(Gap("lifecycle-rules", resource, "blocking", reason, "put rules together by their prefixes"))
        others = foreign_principals(policy)
        if others:
            reason = f"vStorage's policies know everybody and its own users only [DOC], not {', '.join(others)}"
            alternative = 'write "*", or {"AWS": "arn:aws:iam:::user/ID"} with a vStorage user\'s id'
            found.append(Gap("policy-principal", resource, "blocking", reason, alternative))
        if name and names_bucket(policy, name):
            reason = "the policy names its own bucket"
            found.append(Gap("policy-bucket-name", resource, "blocking", reason, f"write {BUCKET} instead of {name}"))
        found += limits.untagged(resource, inputs, "vStorage's documents know no tags of buckets [DOC]")
        return [*found, *limits.unknown_knobs(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """Name and settings, each as the S3 call for it takes it; None and empty where there is nothing to set."""
        name = str(inputs["name"])
        return {
            "Bucket": name,
            "Versioning": "Enabled" if inputs.get("versioning") else None,
            "Policy": native_policy(str(inputs.get("policy") or ""), bool(inputs.get("publicRead")), name),
            "CORSRules": [_cors(rule) for rule in inputs.get("cors") or ()],
            "Rules": [_lifecycle(index, rule) for index, rule in enumerate(inputs.get("lifecycle") or (), 1)],
        }

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(_seen(native), {}, {"endpoint": native["Endpoint"]} if "Endpoint" in native else {})

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        name = str(inputs["name"])
        if self.find(session, inputs).native_id is not None:
            # The service would say yes to its owner, and a bucket with objects would be taken for a new one.
            raise Conflict(
                f"the bucket {name} is there already", hint="import it, choose another name, or leave the name out"
            )
        session.buckets.client.create_bucket(Bucket=name)
        return name

    def read(self, session: VngSession, native_id: str) -> Native | None:
        client = session.buckets.client
        versioning = _asked(lambda: client.get_bucket_versioning(Bucket=native_id), "NoSuchBucket")
        if versioning is None:
            return None
        policy = _asked(lambda: client.get_bucket_policy(Bucket=native_id), "NoSuchBucketPolicy")
        cors = _asked(lambda: client.get_bucket_cors(Bucket=native_id), "NoSuchCORSConfiguration")
        rules = _asked(
            lambda: client.get_bucket_lifecycle_configuration(Bucket=native_id), "NoSuchLifecycleConfiguration"
        )
        return {
            "Bucket": native_id,
            "Versioning": versioning.get("Status"),
            "Policy": (policy or {}).get("Policy"),
            "CORSRules": (cors or {}).get("CORSRules") or [],
            "Rules": (rules or {}).get("Rules") or [],
            "Endpoint": session.buckets.endpoint,
        }

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        wanted = self.translate(new, picks)
        put = _Settings(session.buckets.client, native_id)
        there, asked = _comparable(_seen(native)), _comparable(_seen(wanted))
        if there["versioning"] != asked["versioning"]:
            put.versioning(bool(asked["versioning"]))
        if (there["policy"], there["publicRead"]) != (asked["policy"], asked["publicRead"]):
            put.policy(wanted["Policy"])
        if there["cors"] != asked["cors"]:
            put.cors(wanted["CORSRules"])
        if there["lifecycle"] != asked["lifecycle"]:
            put.lifecycle(wanted["Rules"])
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        client = session.buckets.client
        try:
            _asked(lambda: client.delete_bucket(Bucket=native_id), "NoSuchBucket")
        except client.exceptions.ClientError as error:
            if _code(error) != "BucketNotEmpty":
                raise
            refused = InUse(
                f"the bucket {native_id} still holds objects, and mcloud empties no bucket",
                hint="empty it yourself, older versions and unfinished uploads included, and run again; "
                "or write keep: true to leave it alone",
                vendor_code="BucketNotEmpty",
            )
            refused.passes = False
            raise refused from error

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        name = str(inputs["name"])
        return Found(name, (name,)) if name in self._names(session) else Found()

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for name in self._names(session):
            native = self.read(session, name)
            if native is not None:
                yield name, native

    def _names(self, session: VngSession) -> tuple[str, ...]:
        """The names of the project's own buckets; others' are not listed."""
        return tuple(item["Name"] for item in session.buckets.client.list_buckets().get("Buckets") or ())


class _Settings:
    """Writes one setting of a bucket; nothing to write takes away what is there."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def versioning(self, on: bool) -> None:
        """Once on it can only be suspended: older versions stay."""
        status = {"Status": "Enabled" if on else "Suspended"}
        self._client.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration=status)

    def policy(self, text: str | None) -> None:
        if text is None:
            self._client.delete_bucket_policy(Bucket=self._bucket)
        else:
            self._client.put_bucket_policy(Bucket=self._bucket, Policy=text)

    def cors(self, rules: list[Raw]) -> None:
        if rules:
            self._client.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": rules})
        else:
            self._client.delete_bucket_cors(Bucket=self._bucket)

    def lifecycle(self, rules: list[Raw]) -> None:
        if rules:
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": rules}
            )
        else:
            self._client.delete_bucket_lifecycle(Bucket=self._bucket)


def _seen(native: Native) -> Raw:
    """A bucket in neutral words."""
    policy, public = neutral_policy(native.get("Policy"), native["Bucket"])
    return {
        "name": native["Bucket"],
        "versioning": native.get("Versioning") == "Enabled",
        "publicRead": public,
        "cors": [_cors_seen(rule) for rule in native.get("CORSRules") or ()],
        "lifecycle": [_lifecycle_seen(rule) for rule in native.get("Rules") or ()],
        "policy": policy,
    }


def _asked(call: Callable[[], Raw], absent: str) -> Raw | None:
    """The answer; None where the service says that there is no such thing."""
    try:
        return call()
    except Exception as error:
        if _code(error) == absent:
            return None
        raise


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _comparable(inputs: Raw) -> Raw:
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
