"""What every part of the model shares: strict frozen values, names, placements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mcloud.errors import PlacementError
from mcloud.model.described import Described

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
LABEL_KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}$"
REFERENCE_PATTERN = r"^(env|keyring|file):.+$"
PLACEMENT_PATTERN = r"^[a-z][a-z0-9-]*/[A-Za-z0-9-]+(/[A-Za-z0-9-]+)?$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=40)]
PlacementText = Annotated[
    str,
    StringConstraints(pattern=PLACEMENT_PATTERN),
    Field(description="Where it runs: cloud/region or cloud/region/zone.", examples=["cloud/region"]),
]
LabelKey = Annotated[str, StringConstraints(pattern=LABEL_KEY_PATTERN)]
Labels = Annotated[
    dict[LabelKey, Annotated[str, StringConstraints(max_length=255)]],
    Field(description="Labels or tags on the cloud; a resource's own win over the stack's."),
]

FormerName = Annotated[
    Name | None,
    Field(description="Its name in this stack before it got another one: it is taken on as it is, not made anew."),
]


class Model(Described):
    """A frozen value that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SecretReference(Model):
    """A text that is kept elsewhere and read when it is used: state, plan and log hold this reference only."""

    secret: Annotated[str, Field(pattern=REFERENCE_PATTERN)]
    """Where it is: env:NAME, keyring:NAME or file:PATH."""


@dataclass(frozen=True, order=True)
class Placement:
    """``cloud/region`` or ``cloud/region/zone``; which of them exist only the catalog knows."""

    cloud: str
    region: str
    zone: str | None = None

    @classmethod
    def parse(cls, text: str) -> Placement:
        """Read ``cloud/region[/zone]``.

        Raises:
            PlacementError: not of that form.
        """
        if not re.match(PLACEMENT_PATTERN, text):
            raise PlacementError(f"{text!r} is not a placement", hint="write it as cloud/region or cloud/region/zone")
        parts = text.split("/")
        return cls(parts[0], parts[1], parts[2] if len(parts) == 3 else None)

    @property
    def home(self) -> str:
        """``cloud/region``: what one connection serves, and the first part of an id."""
        return f"{self.cloud}/{self.region}"

    def id_of(self, native: str) -> str:
        """The engine's id of a native one: ``cloud/region/native``."""
        return f"{self.home}/{native}"

    def __str__(self) -> str:
        return f"{self.home}/{self.zone}" if self.zone else self.home


def split_id(text: str) -> tuple[Placement, str]:
    """Take ``cloud/region/native`` apart; the native part may itself hold slashes.

    Raises:
        PlacementError: not of that form.
    """
    parts = text.split("/", 2)
    if len(parts) != 3 or not all(parts):
        raise PlacementError(f"{text!r} is not a resource id", hint="an id is cloud/region/native-id")
    return Placement(parts[0], parts[1]), parts[2]


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what people write for this model."""
    return model.model_json_schema(mode="validation")
