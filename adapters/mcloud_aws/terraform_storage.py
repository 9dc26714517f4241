"""What volumes and buckets of AWS mean, in neutral parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mcloud.discover.meaning import Meaning, Meant, Note, refused, text, unread
from mcloud.discover.parts import AttachmentPart, BelongsPart, BucketDetailPart, BucketPart
from mcloud.discover.tfstate import StateResource
from mcloud.model.storage import BUCKET, CorsRule, LifecycleRule, canonical_policy
from mcloud_aws.terraform_common import COMMON, aws_labels, broken, data_volume, listed, number, row, rows, switch

_VOLUME_READ = ("size", "type", "iops", "encrypted", "availability_zone", "snapshot_id", "throughput")
_BUCKET_COMPUTED = (
    *COMMON,
    *(
        "bucket",
        "bucket_prefix",
        "bucket_domain_name",
        "bucket_regional_domain_name",
        "hosted_zone_id",
        "force_destroy",
    ),
    *("request_payer", "website_domain", "website_endpoint", "grant", "object_lock_enabled", "bucket_region"),
    *("expected_bucket_owner", "skip_destroy", "bucket_namespace"),
)
_BUCKET_NOTES = {
    "website": ("website", "a stack's buckets serve objects, not sites", "set it up by hand"),
    "logging": ("logging", "a stack's buckets have no access logs", "see what the target offers"),
    "replication_configuration": ("replication", "a stack's buckets have no copies elsewhere", "copy it on a schedule"),
    "object_lock_configuration": ("object lock", "a stack has no word for it", "see what the target offers"),
    "acceleration_status": ("acceleration", "a stack has no word for it", ""),
}


def volume(resource: StateResource) -> Meant:
    """aws_ebs_volume."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    found, notes = aws_labels(attributes)
    zone = text(attributes, "availability_zone")
    if zone:
        notes.append(Note(f"zone {zone}", "a zone's name is its cloud's own", "choose one of the target's"))
    if text(attributes, "snapshot_id"):
        what = f"snapshot {attributes['snapshot_id']}"
        notes.append(Note(what, "a new volume is empty", "copy the data"))
    if attributes.get("multi_attach_enabled") is True:
        notes.append(Note("several servers", "a stack's volumes are on one server", "share the files another way"))
    computed = (*COMMON, "multi_attach_enabled", "outpost_arn", "kms_key_id", "final_snapshot", "create_time")
    notes += unread(resource, _VOLUME_READ, computed)
    return Meant(data_volume(str(attributes["id"]), attributes, found), tuple(notes))


def attachment(resource: StateResource) -> Meant:
    """aws_volume_attachment."""
    attributes = resource.attributes
    native, holder = str(attributes.get("volume_id")), str(attributes.get("instance_id"))
    return broken(resource, "volume_id", "instance_id") or Meant(AttachmentPart(f"{native}/{holder}", native, holder))


# --- buckets


def bucket(resource: StateResource) -> Meant:
    """aws_s3_bucket, with what provider versions before 4 hold in it."""
    attributes = resource.attributes
    native = text(attributes, "bucket") or text(attributes, "id")
    if native is None:
        return broken(resource, "bucket") or refused("", "")
    found, notes = aws_labels(attributes)
    settings: dict[str, Any] = {}
    for words in (_versioning, _cors, _lifecycle, _acl):
        more, lost = words(attributes)
        settings |= more
        notes += lost
    if text(attributes, "policy"):
        more, lost = _policy(attributes["policy"], native)
        settings |= more
        notes += lost
    if found:
        settings["labels"] = found
    notes += [Note(*words) for name, words in _BUCKET_NOTES.items() if attributes.get(name)]
    read = ("versioning", "cors_rule", "lifecycle_rule", "policy", "acl", "server_side_encryption_configuration")
    notes += unread(resource, (*read, *_BUCKET_NOTES), _BUCKET_COMPUTED)
    return Meant(BucketPart(native, settings), tuple(notes))


Words = tuple[dict[str, Any], list[Note]]


def _versioning(attributes: Mapping[str, Any]) -> Words:
    block = row(attributes, "versioning") or row(attributes, "versioning_configuration")
    on = switch(block.get("enabled")) is True or str(block.get("status")) == "Enabled"
    return ({"versioning": True} if on else {}), []


def _acl(attributes: Mapping[str, Any]) -> Words:
    said = text(attributes, "acl")
    if said in (None, "private", "bucket-owner-full-control", "log-delivery-write"):
        return {}, []
    if said == "public-read":
        return {"public_read": True}, []
    return {}, [Note(f"acl {said}", "a stack knows private and public_read", "say it in a policy")]


def _cors(attributes: Mapping[str, Any]) -> Words:
    kept: list[dict[str, Any]] = []
    notes = []
    for rule in rows(attributes, "cors_rule"):
        said: dict[str, Any] = {
            "origins": list(listed(rule, "allowed_origins")),
            "methods": list(listed(rule, "allowed_methods")),
        }
        for word, name in (("headers", "allowed_headers"), ("expose_headers", "expose_headers")):
            if listed(rule, name):
                said[word] = list(listed(rule, name))
        age = number(rule.get("max_age_seconds"))
        said |= {"max_age_seconds": age} if age else {}
        try:
            CorsRule.model_validate(said)
            kept.append(said)
        except ValidationError:
            notes.append(Note("cors rule", "a stack cannot say it", "add it by hand"))
    return ({"cors": kept} if kept else {}), notes


def _lifecycle(attributes: Mapping[str, Any]) -> Words:
    kept: list[dict[str, Any]] = []
    notes = []
    for rule in [*rows(attributes, "lifecycle_rule"), *rows(attributes, "rule")]:
        if switch(rule.get("enabled")) is False or rule.get("status") == "Disabled":
            continue
        said, lost = _lifecycle_rule(rule)
        notes += lost
        try:
            LifecycleRule.model_validate(said)
            kept.append(said)
        except ValidationError:
            notes.append(Note("lifecycle rule", "a stack's rules expire objects and nothing else", "add it by hand"))
    return ({"lifecycle": kept} if kept else {}), notes


def _lifecycle_rule(rule: Mapping[str, Any]) -> tuple[dict[str, Any], list[Note]]:
    chosen = row(rule, "filter")
    both = row(chosen, "and")
    prefix = text(rule, "prefix") or text(chosen, "prefix") or text(both, "prefix")
    old, parts = row(rule, "noncurrent_version_expiration"), row(rule, "abort_incomplete_multipart_upload")
    days = {
        "expire_after_days": row(rule, "expiration").get("days"),
        "expire_noncurrent_after_days": old.get("noncurrent_days") or old.get("days"),
        "abort_multipart_after_days": rule.get("abort_incomplete_multipart_upload_days")
        or parts.get("days_after_initiation"),
    }
    said: dict[str, Any] = {"prefix": prefix} if prefix else {}
    said |= {word: number(value) for word, value in days.items() if number(value)}
    notes = []
    if rows(rule, "transition") or rows(rule, "noncurrent_version_transition"):
        notes.append(Note("storage classes", "a stack's buckets have one class of storage", "check the cost"))
    if rule.get("tags") or chosen.get("tag") or both.get("tags"):
        # Without the tags it would hit more objects than it does now.
        return {}, [*notes, Note("lifecycle rule with tags", "a stack's rules go by prefix", "add it by hand")]
    return said, notes


def _policy(said: Any, native: str) -> Words:
    """A policy that lets everybody read is a switch; any other one stays, with the bucket's own name left open."""
    document = json.dumps(said) if isinstance(said, Mapping) else str(said)
    try:
        policy = json.loads(canonical_policy(document))
    except ValueError:
        return {}, [Note("policy", "it is not a policy in JSON", "add it by hand")]
    arn = f"arn:aws:s3:::{native}"
    rest = [statement for statement in policy["Statement"] if not _is_public_read(statement, arn)]
    settings: dict[str, Any] = {} if len(rest) == len(policy["Statement"]) else {"public_read": True}
    if not rest:
        return settings, []
    left = json.dumps({**policy, "Statement": rest}, sort_keys=True).replace(arn, f"arn:aws:s3:::{BUCKET}")
    notes = [Note("policy", "it names users, roles or services of this cloud", "say who they are on the target")]
    return {**settings, "policy": left}, notes if "AWS" in left or "Service" in left else []


def _is_public_read(statement: Mapping[str, Any], arn: str) -> bool:
    def words(name: str) -> set[str]:
        value = statement.get(name)
        return {str(item) for item in value} if isinstance(value, list) else {str(value)}

    who = statement.get("Principal")
    everybody = who == "*" or (isinstance(who, Mapping) and who.get("AWS") in ("*", ["*"]))
    reads = words("Action") <= {"s3:GetObject", "s3:GetObjectVersion"} and words("Resource") == {f"{arn}/*"}
    return statement.get("Effect") == "Allow" and everybody and reads and not statement.get("Condition")


def _detail(words: Any) -> Meaning:
    """The meaning of a resource that holds some settings of a bucket."""

    def meaning(resource: StateResource) -> Meant:
        attributes = resource.attributes
        if missing := broken(resource, "bucket"):
            return missing
        settings, notes = words(attributes)
        return Meant(
            BucketDetailPart(f"{resource.type}/{attributes['bucket']}", str(attributes["bucket"]), settings),
            tuple(notes),
        )

    return meaning


def _bucket_policy(attributes: Mapping[str, Any]) -> Words:
    return _policy(attributes["policy"], str(attributes["bucket"])) if attributes.get("policy") else ({}, [])


def _nothing(*words: str) -> Any:
    """Settings that a stack has no word for, told by a note."""
    notes = [Note(*words)] if words else []
    return lambda attributes: ({}, notes)


def _beside(*words: str) -> Meaning:
    """Something that a bucket has and a stack's bucket has not: it goes with the bucket, and is told."""

    def meaning(resource: StateResource) -> Meant:
        native, owner = resource.attributes.get("id") or resource.address, resource.attributes.get("bucket")
        part = BelongsPart(f"{resource.type}/{native}", str(owner), "bucket", "a setting of its bucket")
        return broken(resource, "bucket") or Meant(part, (Note(*words),))

    return meaning


STORAGE_MEANINGS: dict[str, Meaning] = {
    "aws_ebs_volume": volume,
    "aws_volume_attachment": attachment,
    "aws_s3_bucket": bucket,
    "aws_s3_bucket_versioning": _detail(_versioning),
    "aws_s3_bucket_cors_configuration": _detail(_cors),
    "aws_s3_bucket_lifecycle_configuration": _detail(_lifecycle),
    "aws_s3_bucket_acl": _detail(_acl),
    "aws_s3_bucket_policy": _detail(_bucket_policy),
    "aws_s3_bucket_public_access_block": _detail(_nothing()),
    "aws_s3_bucket_ownership_controls": _detail(_nothing()),
    "aws_s3_bucket_server_side_encryption_configuration": _detail(_nothing()),
    "aws_s3_bucket_notification": _beside(
        "notification", "a stack's buckets tell nobody of new objects", "have the program look, or see the target's own"
    ),
    "aws_s3_bucket_metric": _beside("metric", "measuring is the cloud's own", "see what the target shows"),
    "aws_s3_bucket_analytics_configuration": _beside(
        "analytics", "measuring is the cloud's own", "see what the target shows"
    ),
    "aws_s3_bucket_inventory": _beside("inventory", "a stack has no lists of objects", "list them with rclone"),
    "aws_s3_bucket_intelligent_tiering_configuration": _beside(
        "tiering", "a stack's buckets have one class of storage", "check the cost"
    ),
    "aws_s3_bucket_request_payment_configuration": _beside("payer", "a stack has no word for it", ""),
    "aws_s3_bucket_website_configuration": _beside(*_BUCKET_NOTES["website"]),
    "aws_s3_bucket_logging": _beside(*_BUCKET_NOTES["logging"]),
    "aws_s3_bucket_replication_configuration": _beside(*_BUCKET_NOTES["replication_configuration"]),
    "aws_s3_bucket_object_lock_configuration": _beside(*_BUCKET_NOTES["object_lock_configuration"]),
    "aws_s3_bucket_accelerate_configuration": _beside(*_BUCKET_NOTES["acceleration_status"]),
}
"""Terraform type -> what it means."""
