"""What all of the engine's resource types share: references to other resources, secrets, the inputs of every one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mcloud.model.base import REFERENCE_PATTERN, PlacementText
from mcloud.model.described import Described

WRITTEN = ConfigDict(
    frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
)
"""What programs write: camelCase on the wire, nothing that is not known; each text below a field describes it."""


@dataclass(frozen=True)
class RefTo:
    """Marks a field that holds another resource's id, in the JSON Schema too (``refersTo``)."""

    kind: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "refersTo": self.kind}


class ResourceInputs(Described):
    """What every resource takes in."""

    model_config = WRITTEN

    placement: PlacementText
    """Where it runs: cloud/region[/zone]. Another cloud or region replaces the resource."""
    name: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """The name on the cloud. Left out: made from the resource's own name and a random part."""
    labels: dict[str, str] = {}
    """Labels, where the cloud has them."""
    extensions: dict[str, Any] = {}
    """Knobs that only the placement's cloud has."""
    accept: dict[str, str] = {}
    """Lossy gaps that are accepted: the gap's code -> the reason."""
    around: dict[str, bool] = {}
    """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""


class SecretInput(Described):
    """A text that is kept elsewhere: the state has where it is, and a keyed digest by which a change is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Annotated[str, Field(pattern=REFERENCE_PATTERN)]
    """env:NAME, keyring:NAME or file:PATH."""
    digest: str = ""
    """Worked out when it is checked."""


NetworkRef = Annotated[str, RefTo("Network")]
SubnetRef = Annotated[str, RefTo("Subnet")]
GroupRef = Annotated[str, RefTo("SecurityGroup")]
KeyRef = Annotated[str, RefTo("KeyPair")]
ServerRef = Annotated[str, RefTo("Server")]
PlacementGroupRef = Annotated[str, RefTo("PlacementGroup")]
VolumeRef = Annotated[str, RefTo("Volume")]
LoadBalancerRef = Annotated[str, RefTo("LoadBalancer")]
PoolRef = Annotated[str, RefTo("Pool")]
CertificateRef = Annotated[str, RefTo("Certificate")]


def reference_kind(annotation: Any, metadata: list[Any]) -> str | None:
    """The kind that a field of this type refers to, None where it holds no id."""
    for item in metadata:
        if isinstance(item, RefTo):
            return item.kind
    for argument in getattr(annotation, "__args__", ()):
        found = reference_kind(argument, list(getattr(argument, "__metadata__", ())))
        if found is not None:
            return found
    return None
