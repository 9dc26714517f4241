"""catalog: what the clouds sell."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.catalog.cache import cached_file, load_live, load_price_book, save_live
from mcloud.catalog.facts import KINDS, Fact, close_names, facts_of, named, unpriced_items
from mcloud.catalog.overlay import overlay
from mcloud.catalog.types import Catalog, Price, Provenance
from mcloud.cli import out
from mcloud.cli.options import AsJson, ProfileName, make_app
from mcloud.errors import PlacementError
from mcloud.model.base import Placement

GROUP = True
app = make_app("What the clouds sell, with source and age.")
Live = Annotated[bool, typer.Option("--live", help="Ask the account now, for stock and open zones.")]
What = Enum("What", {name: name for name in KINDS}, type=str)  # type: ignore[misc]
UNKNOWN = "unknown"


@app.callback()
def facts() -> None:
    """What the clouds sell, with source and age."""


@app.command("list")
def list_command(
    placement: Annotated[str | None, typer.Argument(help="cloud or cloud/region; left out: all clouds.")] = None,
    what: Annotated[What, typer.Option(help="What to list.")] = What.flavors,  # type: ignore[attr-defined]
    profile: ProfileName = None,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """Flavors, images, disks, regions, limits or prices, with source and age. What is not known is shown as unknown.

    The account's own list is used where `catalog refresh` has kept one, and the user's prices where there are any.
    """
    found: list[Fact] = []
    for cloud in [placement.split("/")[0]] if placement else registry.names():
        adapter = registry.get(cloud)
        if not adapter.kinds:
            out.tell(f"{adapter.title}: nothing can be placed there yet")
            continue
        shipped = adapter.catalog()
        regions = [shipped.region(placement.split("/")[1])] if placement and "/" in placement else shipped.regions
        if what.value in ("limits", "prices"):
            regions = regions[:1]  # they are of the whole cloud
        for region in regions:
            found += facts_of(_catalog(Placement(cloud, region.name), profile, live), what.value, region.name)
    if what.value == "flavors":
        _print_flavors(found, as_json)
    elif as_json:
        out.print_json([fact.as_dict(date.today()) for fact in found])
    else:
        _print_table(found, what.value)


def _catalog(at: Placement, profile: str | None, live: bool) -> Catalog:
    """What is known of a home: shipped, what its account was last offered, the user's prices.

    Raises:
        LoadError: the price book does not fit.
        CloudError, ProfileError: with ``live``, as the adapter says.
    """
    from mcloud.adapter.profile import current_name

    if live:
        return _account(at, profile)[1]
    book = load_price_book(at.cloud)
    kept = load_live(cached_file(current_name(profile), at.cloud, at.region))
    merged = overlay(registry.get(at.cloud).catalog(), kept, book)
    for item in unpriced_items(book or {}, overlay(registry.get(at.cloud).catalog(), kept)):
        out.tell(f"price book: {item} is the price of nothing that {at.cloud} is known to sell")
    return merged


def _account(at: Placement, profile: str | None) -> tuple[Catalog, Catalog]:
    """The account's own list, kept for later, and all of it merged."""
    from mcloud.adapter.profile import current_name, load_profile
    from mcloud.engine.provider.context import Context

    name = current_name(profile)
    operations = Context(load_profile(name), "x").operations(at)
    adapter = operations.adapter
    doing = f"read the catalog of {at.home}"
    mine = operations.call(doing, lambda: adapter.live_catalog(operations.session, at), retry=True)
    save_live(cached_file(name, at.cloud, at.region), mine)
    return mine, overlay(adapter.catalog(), mine, load_price_book(at.cloud))


def _age(as_of: date) -> str:
    days = (date.today() - as_of).days
    return "today" if days <= 0 else f"{days} d"


def _price(price: Price | None) -> str:
    if price is None:
        return UNKNOWN
    return f"{price.amount:,} {price.currency}/{price.unit} ({price.provenance.mark}, {price.provenance.as_of})"


def _source(provenance: Provenance) -> str:
    return f"{provenance.mark}, {provenance.as_of}"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return UNKNOWN if value is None else str(value)


def _print_flavors(found: list[Fact], as_json: bool) -> None:
    rows = [
        {
            "placement": fact.place if fact.place.count("/") == 2 else f"{fact.place}/?",
            "flavor": fact.name,
            "vcpu": fact.values["vcpu"],
            "memory": fact.values["memory"],
            "gpu": fact.values.get("gpu_model") or fact.values["gpu"] or "-",
            "stock": fact.values["stock"] or UNKNOWN,
            "price": _price(fact.price),
            "source": _source(fact.provenance),
            "age": _age(fact.provenance.as_of),
        }
        for fact in found
    ]
    if as_json:
        out.print_json(rows)
        return
    columns = ("placement", "flavor", "vcpu", "memory", "gpu", "stock", "price", "source", "age")
    out.table(columns, ([row[column] for column in columns] for row in rows))
    typer.echo(f"{len(rows)} flavors")


def _print_table(found: list[Fact], what: str) -> None:
    names = [name for name in (found[0].values if found else ()) if name != "native_id"]
    priced = what in ("disks", "prices")
    columns = ["placement", what.removesuffix("s"), *names, *(["price"] if priced else []), "source", "age"]
    lines = (
        [
            fact.place,
            fact.name,
            *(_cell(fact.values[name]) for name in names),
            *([_price(fact.price)] if priced else []),
            _source(fact.provenance),
            _age(fact.provenance.as_of),
        ]
        for fact in found
    )
    out.table(columns, lines)
    typer.echo(f"{len(found)} {what}")


@app.command()
def show(
    placement: Annotated[str, typer.Argument(help="cloud or cloud/region.")],
    name: Annotated[str, typer.Argument(help="A flavor, image, disk, region, zone, limit or price.")],
    profile: ProfileName = None,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """All that is known of one thing: each fact, where it is from, how old it is, and how far it can be trusted."""
    cloud, _, region = placement.partition("/")
    shipped = registry.get(cloud).catalog()
    homes = [shipped.region(region)] if region else list(shipped.regions)
    found: dict[tuple[str, str, str], Fact] = {}
    nearly: list[str] = []
    for home in homes:
        catalog = _catalog(Placement(cloud, home.name), profile, live)
        found |= {(fact.kind, fact.place, fact.name): fact for fact in named(catalog, name, home.name)}
        nearly += close_names(catalog, name)
    if not found:
        hint = f"did you mean {' or '.join(dict.fromkeys(nearly))}?" if nearly else "mcloud catalog list shows all"
        raise PlacementError(f"{placement} has nothing that is called {name!r}", hint=hint)
    if as_json:
        out.print_json([fact.as_dict(date.today()) for fact in found.values()])
        return
    for number, fact in enumerate(found.values()):
        if number:
            typer.echo("")
        _print_fact(fact)


def _print_fact(fact: Fact) -> None:
    typer.echo(f"{fact.kind.removesuffix('s')} {fact.name} ({fact.place})")
    lines = [(key, _cell(value)) for key, value in fact.values.items()]
    if fact.kind in ("flavors", "disks", "prices"):
        lines.append(("price", _full_price(fact.price)))
    if fact.kind != "prices":
        lines.append(("source", _full_source(fact.provenance)))
    width = max(len(key) for key, _ in lines)
    for key, value in lines:
        typer.echo(f"  {key.ljust(width)}  {value}")


def _full_price(price: Price | None) -> str:
    if price is None:
        return UNKNOWN
    vat = f"VAT {price.vat}" if price.vat else "whether VAT is in it is unknown"
    return f"{price.amount:,} {price.currency} per {price.unit}, {vat}; {_full_source(price.provenance)}"


def _full_source(provenance: Provenance) -> str:
    return f"{provenance.source} [{provenance.mark}, {provenance.as_of}, {_age(provenance.as_of)}]"


@app.command()
def refresh(
    placement: Annotated[str, typer.Argument(help="cloud/region.")],
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """Ask the account what it is offered, keep that for later, and tell what is different from the shipped list."""
    from mcloud.catalog.compare import compare

    asked = Placement.parse(placement)
    shipped = registry.get(asked.cloud).catalog()
    canonical = shipped.canonical(asked)
    at = Placement(canonical.cloud, canonical.region)
    mine, _ = _account(at, profile)
    changes = compare(shipped, mine, at.region)
    counts = {kind: len(getattr(mine, kind)) for kind in ("flavors", "images", "disks", "limits")}
    if as_json:
        today = str(date.today())
        rows = [change.as_dict() for change in changes]
        out.print_json({"placement": at.home, "as_of": today, "counts": counts, "changes": rows})
        return
    for change in changes:
        detail = f" ({change.detail})" if change.detail else ""
        typer.echo(f"{change.how}: {change.kind.removesuffix('s')} {change.name}{detail}")
    said = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    typer.echo(f"{at.home}: {said} offered today, {len(changes)} differences from the shipped list; kept for later")
    if unasked := [kind for kind, number in counts.items() if not number]:
        typer.echo(f"the account lists no {', no '.join(unasked)}: these stay as shipped")
