"""The intrinsic functions of CloudFormation (docs.aws.amazon.com/AWSCloudFormation, reference of 2026-11).

What cannot be resolved becomes an ``Unknown`` that is called what the template calls it, and is told.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover.meaning import Unknown
from mcloud.discover.secrets import CUT
from mcloud_aws.cloudformation_text import as_text

NO_VALUE = object()
"""``AWS::NoValue``: what has it is not there."""
_DEEPEST = 60
_IDS = (
    *("GroupId", "VpcId", "AllocationId", "Arn", "InstanceId", "SubnetId", "InternetGatewayId", "NatGatewayId"),
    *("RouteTableId", "VolumeId", "TargetGroupArn", "LoadBalancerArn", "ListenerArn", "LaunchTemplateId", "Id"),
    *("CertificateArn", "NetworkInterfaceId", "RuleArn", "AutoScalingGroupName", "KeyName", "PrivateIp", "GroupName"),
    *("PrimaryPrivateIpAddress", "AutoScalingGroupARN"),
)
"""Attributes that stand for the resource itself wherever a stack's resources refer to each other."""
_PREFIXES = {
    "AWS::EC2::VPNGateway": "vgw-",
    "AWS::EC2::VPCEndpoint": "vpce-",
    "AWS::EC2::EgressOnlyInternetGateway": "eigw-",
}
"""Gateways that are told from others by their ids."""


@dataclass
class Scope:
    """What the values of one template are read against.

    Attributes:
        stem: what the stack is called.
        parameters: name -> value; ``Unknown`` where there is none.
        mappings, conditions, resources: the template's sections.
        natives: logical id -> native id.
        region: where the stack is.
        find_export: what another template exports under a name; None: nothing.
        find_output: what an inner template puts out, by its logical id and the output's name; None: nothing is known.
        tell: says what was assumed (False) or is to be asked (True): subject, text, open.
    """

    stem: str
    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Any]
    natives: Mapping[str, str]
    region: str
    find_export: Callable[[str], Any]
    tell: Callable[[str, str, bool], None]
    find_output: Callable[[str, str], Any] = lambda stack, name: None
    bound: dict[str, Any] = field(default_factory=dict)
    truths: dict[str, bool] = field(default_factory=dict)


class Values:
    """Works values out; the same template always gives the same."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._depth = 0

    def value(self, node: Any) -> Any:
        """The node with every function worked out."""
        if self._depth > _DEEPEST:
            return Unknown("something that refers to itself")
        self._depth += 1
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref":
                return self.ref(str(argument))
            if isinstance(name, str) and name.startswith("Fn::") and not name.startswith("Fn::ForEach"):
                return self._call(name.removeprefix("Fn::"), argument)
        found = {}
        for key, item in node.items():
            said = self.value(item)
            if said is not NO_VALUE:
                found[key] = said
        return found

    def _call(self, name: str, argument: Any) -> Any:
        function: Callable[[Any], Any] | None = getattr(self, f"_fn_{name.lower()}", None)
        if function is None:
            self._scope.tell(f"Fn::{name}", "this function is not known; what it gives is left open", True)
            return Unknown(name)
        try:
            return function(argument)
        except (IndexError, KeyError, TypeError, ValueError, AttributeError):
            self._scope.tell(f"Fn::{name}", "it is used in a way that cannot be read; what it gives is left open", True)
            return Unknown(name)

    # --- references

    def ref(self, name: str) -> Any:
        """A parameter, a pseudo parameter, or a resource."""
        scope = self._scope
        if name in scope.bound:
            return scope.bound[name]
        if name.startswith("AWS::"):
            return self._pseudo(name)
        if name in scope.parameters:
            found = scope.parameters[name]
            if isinstance(found, Unknown):
                scope.tell(name, f"the parameter has no default and no value was given; --set {name}=…", True)
            return found
        if name in scope.natives:
            kind = str((scope.resources.get(name) or {}).get("Type"))
            return _PREFIXES.get(kind, "") + scope.natives[name]
        scope.tell(name, "the template refers to it and does not hold it", True)
        return Unknown(name)

    def _pseudo(self, name: str) -> Any:
        scope = self._scope
        if name in scope.parameters:
            return scope.parameters[name]
        if name == "AWS::NoValue":
            return NO_VALUE
        if name == "AWS::Region":
            scope.tell(name, f"{scope.region} was taken", False)
            return scope.region
        known: dict[str, Any] = {
            "AWS::StackName": scope.stem,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
        }
        return known.get(name, Unknown(name.removeprefix("AWS::")))

    def _fn_getatt(self, argument: Any) -> Any:
        said = argument.split(".", 1) if isinstance(argument, str) else argument
        # The resource is always named outright; its attribute may be worked out.
        parts = [part if isinstance(part, str) else as_text(self.value(part)) for part in said]
        logical, attribute = str(parts[0]), ".".join(str(part) for part in parts[1:])
        scope = self._scope
        if logical not in scope.natives:
            scope.tell(logical, "the template refers to it and does not hold it", True)
            return Unknown(f"{logical}.{attribute}")
        resource = scope.resources.get(logical) or {}
        if resource.get("Type") == "AWS::S3::Bucket" and attribute == "Arn":
            return f"arn:aws:s3:::{scope.natives[logical]}"
        if attribute in _IDS:
            return scope.natives[logical]
        if attribute.startswith("Outputs."):
            put_out = scope.find_output(logical, attribute.removeprefix("Outputs."))
            return Unknown(f"{logical}.{attribute}") if put_out is None else put_out
        properties = resource.get("Properties")
        if isinstance(properties, dict) and attribute in properties:
            return self.value(properties[attribute])
        return Unknown(f"{logical}.{attribute}")

    def _fn_importvalue(self, argument: Any) -> Any:
        name = self.value(argument)
        found = None if isinstance(name, Unknown) else self._scope.find_export(str(name))
        if found is None:
            self._scope.tell(str(name), "it is imported, and no template that was given exports it", True)
            return Unknown(str(name))
        return found

    # --- texts and lists

    def _fn_sub(self, argument: Any) -> Any:
        text, more = argument if isinstance(argument, list) else (argument, {})
        values = {str(name): self.value(item) for name, item in more.items()}
        known = True

        def put(match: re.Match[str]) -> str:
            nonlocal known
            name = match[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in values:
                found = values[name]
            else:
                found = self._fn_getatt(name) if "." in name and not name.startswith("AWS::") else self.ref(name)
            known = known and not isinstance(found, Unknown)
            return "" if found is NO_VALUE else as_text(found)

        whole = re.sub(r"\$\{([^}]+)\}", put, str(text))
        return whole if known else Unknown(whole)

    def _fn_join(self, argument: Any) -> Any:
        separator, parts = str(argument[0]), self.value(argument[1])
        if isinstance(parts, Unknown):
            return parts
        whole = separator.join(as_text(part) for part in parts)
        return Unknown(whole) if any(isinstance(part, Unknown) for part in parts) else whole

    def _fn_select(self, argument: Any) -> Any:
        at, parts = self.value(argument[0]), self.value(argument[1])
        if isinstance(parts, Unknown) or isinstance(at, Unknown):
            return Unknown(f"{parts if isinstance(parts, Unknown) else 'item'}-{at}")
        parts = parts if isinstance(parts, list) else str(parts).split(",")
        if not 0 <= int(at) < len(parts):
            self._scope.tell("Fn::Select", f"there is no item {at} in a list of {len(parts)}", True)
            return Unknown(f"item-{at}")
        return parts[int(at)]

    def _fn_split(self, argument: Any) -> Any:
        text = self.value(argument[1])
        return text if isinstance(text, Unknown) else str(text).split(str(argument[0]))

    def _fn_cidr(self, argument: Any) -> Any:
        block, count = self.value(argument[0]), self.value(argument[1])
        bits = self.value(argument[2]) if len(argument) > 2 else 8
        if any(isinstance(part, Unknown) for part in (block, count, bits)):
            return Unknown("Cidr")
        # The bits are those of the host part.
        blocks = ipaddress.IPv4Network(str(block)).subnets(new_prefix=32 - int(bits))
        return [str(one) for _, one in zip(range(min(int(count), 256)), blocks, strict=False)]

    def _fn_getazs(self, argument: Any) -> Any:
        region = self.value(argument) or self.ref("AWS::Region")
        return [f"{region}{letter}" for letter in "abc"]

    def _fn_base64(self, argument: Any) -> Any:
        return self.value(argument)

    def _fn_length(self, argument: Any) -> Any:
        parts = self.value(argument)
        return parts if isinstance(parts, Unknown) else len(parts)

    def _fn_tojsonstring(self, argument: Any) -> Any:
        return json.dumps(self.value(argument))

    def _fn_transform(self, argument: Any) -> Any:
        self._scope.tell("Fn::Transform", "a macro was not run; what it gives is left open", True)
        return Unknown("Transform")

    def _fn_findinmap(self, argument: Any) -> Any:
        table, *keys = [self.value(part) for part in argument[:3]]
        found: Any = self._scope.mappings.get(str(table))
        for key in keys:
            found = found.get(as_text(key)) if isinstance(found, dict) else None
        if found is not None:
            return self.value(found)
        default = argument[3].get("DefaultValue") if len(argument) > 3 and isinstance(argument[3], dict) else None
        if default is not None:
            return self.value(default)
        name = "-".join(as_text(part) for part in (table, *keys))
        self._scope.tell(name, "the template's mappings have no such entry", True)
        return Unknown(name)

    # --- conditions

    def _fn_if(self, argument: Any) -> Any:
        return self.value(argument[1] if self.holds(str(argument[0])) else argument[2])

    def holds(self, name: str) -> bool:
        """Whether a condition of the template is true."""
        scope = self._scope
        if name not in scope.truths:
            if name not in scope.conditions:
                scope.tell(name, "there is no such condition; it was taken as false", True)
            # Set first: a condition that refers to itself is false.
            scope.truths[name] = False
            scope.truths[name] = self._truth(scope.conditions.get(name), name)
        return scope.truths[name]

    def _truth(self, node: Any, name: str) -> bool:
        if isinstance(node, dict) and len(node) == 1:
            [(word, argument)] = node.items()
            parts = argument if isinstance(argument, list) else [argument]
            if word == "Condition":
                return self.holds(str(argument))
            if word in ("Fn::And", "Fn::Or"):
                truths = [self._truth(part, name) for part in parts]
                return all(truths) if word == "Fn::And" else any(truths)
            if word == "Fn::Not":
                return not self._truth(parts[0] if parts else None, name)
            if word in ("Fn::Equals", "Fn::Contains") and len(parts) == 2:
                return self._equal(word, parts, name)
            found = self.value(node)
            return not isinstance(found, Unknown) and as_text(found).lower() == "true"
        return as_text(node).lower() == "true" if isinstance(node, bool | str) else False

    def _equal(self, word: str, parts: list[Any], name: str) -> bool:
        one, two = self.value(parts[0]), self.value(parts[1])
        unknown = [side for side in (one, two) if isinstance(side, Unknown)]
        if unknown:
            text = f"{unknown[0]} is not known; what it is compared with was taken to be something else"
            self._scope.tell(f"condition {name}", text, False)
            return False
        if word == "Fn::Contains":
            return as_text(two) in [as_text(item) for item in one]
        return as_text(one) == as_text(two)

    def _fn_equals(self, argument: Any) -> Any:
        return self._truth({"Fn::Equals": argument}, "")

    def _fn_and(self, argument: Any) -> Any:
        return self._truth({"Fn::And": argument}, "")

    def _fn_or(self, argument: Any) -> Any:
        return self._truth({"Fn::Or": argument}, "")

    def _fn_not(self, argument: Any) -> Any:
        return self._truth({"Fn::Not": argument}, "")


def parameter_value(text: Any, kind: str) -> Any:
    """A parameter's value: a list for the types that are lists, else a text."""
    plain = as_text(text)
    if kind == "CommaDelimitedList" or "List<" in kind:
        return [part.strip() for part in plain.split(",") if part.strip()]
    return plain


HIDDEN = CUT
"""What stands for the value of a parameter that is not to be shown."""
