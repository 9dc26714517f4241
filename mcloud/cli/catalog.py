"""catalog: what the clouds sell."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.catalog.types import Catalog, Price
from mcloud.cli import out
from mcloud.cli.options import AsJson, ProfileName, make_app
from mcloud.model.base import Placement

GROUP = True
app = make_app("What the clouds sell, with source and age.")


@app.callback()
def facts() -> None:
    """What the clouds sell, with source and age."""


def _price(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{price.amount:,} {price.currency}/{price.unit} ({price.provenance.mark}, {price.provenance.as_of})"


@app.command("list")
def list_command(
    placement: Annotated[str | None, typer.Argument(help="cloud or cloud/region; left out: all clouds.")] = None,
    profile: ProfileName = None,
    live: bool = typer.Option(False, "--live", help="Ask the account, for stock and open zones."),
    as_json: AsJson = False,
) -> None:
    """Regions and flavors with price, source and age. What is not known is shown as unknown."""
    rows: list[dict[str, Any]] = []
    for cloud in [placement.split("/")[0]] if placement else registry.names():
        adapter = registry.get(cloud)
        if not adapter.kinds:
            out.tell(f"{adapter.title}: nothing can be placed there yet")
            continue
        catalog = adapter.catalog()
        regions = [catalog.region(placement.split("/")[1])] if placement and "/" in placement else catalog.regions
        for region in regions:
            at = Placement(cloud, region.name)
            rows += _rows(_catalog(at, profile) if live else catalog, at)
    if as_json:
        out.print_json(rows)
        return
    columns = ("placement", "flavor", "vcpu", "memory", "gpu", "stock", "price", "source")
    out.table(columns, ([row[column] for column in columns] for row in rows))
    typer.echo(f"{len(rows)} flavors")


def _catalog(at: Placement, profile: str | None) -> Catalog:
    from mcloud.adapter.profile import current_name, load_profile
    from mcloud.engine.provider.context import Context

    return Context(load_profile(current_name(profile)), "x").catalog(at)


def _rows(catalog: Catalog, at: Placement) -> list[dict[str, Any]]:
    found = [
        {
            "placement": f"{at.home}/{row.zone or '?'}",
            "flavor": row.name,
            "vcpu": row.vcpu,
            "memory": str(row.memory),
            "gpu": row.gpu_model or row.gpu or "-",
            "stock": {None: "unknown", True: "sold out", False: "yes"}[row.sold_out],
            "price": _price(row.price),
            "source": f"{row.provenance.mark}, {row.provenance.as_of}",
        }
        for row in catalog.flavors
        if row.region == at.region
    ]
    return sorted(found, key=lambda row: (str(row["placement"]), int(row["vcpu"]), str(row["flavor"])))
