"""What a request asks for: service, action and values, read by AWS's own models of its services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from mcloud.emulator.signature import WireCall
from mcloud_aws.emulator.refusal import WORDS, Protocol, Refused

SERVICES: dict[str, tuple[str, Protocol]] = {
    "ec2": ("ec2", "ec2"),
    "elasticloadbalancing": ("elbv2", "query"),
    "acm": ("acm", "json"),
    "iam": ("iam", "query"),
    "sts": ("sts", "query"),
}
"""Name that a request is signed for -> moto's name, and how it speaks. S3 is apart: its calls are no actions."""
READS = ("Describe", "Get", "List", "Search")


@dataclass(frozen=True)
class Asked:
    """One action.

    Attributes:
        service: moto's name of it.
        values: what it was given, by the names that boto3 has for it.
        given: the same as it came, for comparing.
    """

    service: str
    protocol: Protocol
    region: str
    action: str
    values: Mapping[str, Any]
    given: Mapping[str, Any]


def action_of(call: WireCall) -> str:
    """The action's name; empty where there is none."""
    target = call.headers.get("x-amz-target")
    if target is not None:
        return target.rpartition(".")[2]
    return str(_form(call).get("Action", ""))


def service_of(call: WireCall) -> str:
    """The service that a request says it is signed for, checked or not; S3 where it does not say."""
    text = call.headers.get("authorization") or dict(call.query).get("X-Amz-Credential", "")
    parts = text.partition(",")[0].split("/")
    if len(parts) >= 5:
        return parts[-2]
    return "s3" if call.path != "/" or call.method != "POST" else "sts"


def is_read(action: str) -> bool:
    """Whether it changes nothing."""
    return action.startswith(READS)


def _form(call: WireCall) -> dict[str, str]:
    found = dict(call.query)
    if "json" not in call.headers.get("content-type", ""):
        found |= dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))
    return found


@cache
def regions() -> frozenset[str]:
    """AWS's regions."""
    from boto3 import Session

    return frozenset(Session().get_available_regions("ec2"))


def recorded(call: WireCall) -> dict[str, Any]:
    """What was given, for the recorder."""
    try:
        return _json(call) if "json" in call.headers.get("content-type", "") else dict(_form(call))
    except Refused:
        return {}


@cache
def _model(service: str) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model(service)


def read(call: WireCall, service: str, region: str) -> Asked:
    """What a call asks for.

    Raises:
        Refused: there is no such action, or what it is given cannot be read.
    """
    from botocore.model import OperationNotFoundError
    from moto.core.parse import PROTOCOL_PARSERS

    name, protocol = SERVICES[service]
    words, action = WORDS[protocol], action_of(call)
    try:
        operation = _model(name).operation_model(action)
    except OperationNotFoundError:
        code, status = words.unknown_action
        raise Refused(code, f"The action {action} is not valid for this web service.", status) from None
    given = _json(call) if protocol == "json" else _form(call)
    parts = {"values": given, "body": call.body, "headers": {}, "method": "POST", "url_path": "/", "url_params": {}}
    try:
        values = PROTOCOL_PARSERS[protocol](operation).parse(parts)
    except (ValueError, TypeError, AttributeError) as error:
        code = "ValidationException" if protocol == "json" else "MalformedQueryString"
        raise Refused(code, f"The request cannot be read: {type(error).__name__}.") from None
    values = values or {}
    for member in operation.input_shape.required_members if operation.input_shape else ():
        if member not in values:
            raise _missing(protocol, member)
    return Asked(name, protocol, region, action, values, given)


def _json(call: WireCall) -> dict[str, Any]:
    try:
        found = json.loads(call.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused("SerializationException", "The body is no JSON object.")
    return found


def _missing(protocol: Protocol, member: str) -> Refused:
    if protocol == "ec2":
        return Refused("MissingParameter", f"The request must contain the parameter {member}")
    if protocol == "json":
        constraint = "failed to satisfy constraint: Member must not be null"
        return Refused("ValidationException", f"1 validation error detected: Value null at '{member}' {constraint}")
    return Refused("ValidationError", f"The request must contain the parameter {member}")
