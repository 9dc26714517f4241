"""init: a first stack file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcloud.adapter import registry
from mcloud.cli.options import make_app
from mcloud.errors import UsageError
from mcloud.model.base import Placement

GROUP = False
app = make_app("Write a first stack file.")

TEMPLATE = """\
mcloud: 1
name: {name}
placement: {placement}

networks:
  main:
    cidr: 10.20.0.0/16
    subnets:
      web: {{cidr: 10.20.1.0/24, internet: direct}}

security_groups:
  web:
    ingress:
      - {{ports: [80, 443], from: anywhere}}

servers:
  web:
    stateless: true
    size: {{vcpu: 2, memory: 4 GiB}}
    image: {{os: ubuntu, version: "22.04"}}
    subnet: web
    security_groups: [web]
    disk: {{size: 40 GiB, class: ssd}}

outputs:
  web_ip: servers.web.private_ip
"""


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("stack.yaml"),
    placement: Annotated[str | None, typer.Option(help="cloud/region.")] = None,
    name: Annotated[str, typer.Option(help="Name of the stack.")] = "shop",
) -> None:
    """Write a first stack file; one that is there is never overwritten."""
    taken = UsageError(f"{file} is there already", hint="give another name: mcloud init FILE")
    if file.exists():
        raise taken
    if placement is None:
        placement = _only_placement()
    else:
        asked = Placement.parse(placement)
        registry.get(asked.cloud).catalog().canonical(asked)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE.format(name=name, placement=placement))
    except FileExistsError as error:
        raise taken from error
    typer.echo(f"wrote {file}; next: mcloud validate {file}, mcloud up {file}")


def _only_placement() -> str:
    """The first region of the cloud that is installed.

    Raises:
        UsageError: several are, and none of them is better than the others.
    """
    found = []
    for cloud in registry.names():
        adapter = registry.get(cloud)
        if adapter.kinds:
            first = adapter.catalog().regions[0]
            found.append(f"{cloud}/{first.aliases[0] if first.aliases else first.name}")
    if len(found) != 1:
        raise UsageError("where shall it be placed?", hint=f"--placement {' or '.join(found)}, for example")
    return found[0]
