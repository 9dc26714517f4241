"""What preview says about money: what the creates take from the accounts at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mcloud.adapter import registry
from mcloud.adapter.charges import Charge, totals
from mcloud.match.plan import CatalogOf, Planned

Made = Collection[tuple[str, str]]
"""(type token, name) of what would be made."""


def charges_of(planned: Iterable[Planned], made: Made, catalog_of: CatalogOf) -> dict[str, list[tuple[str, Charge]]]:
    """Home -> (resource, charge) of what is paid ahead, of those resources that would be made."""
    found: dict[str, list[tuple[str, Charge]]] = {}
    for item in planned:
        if (item.node.token, item.node.name) not in made:
            continue
        kind = registry.get(item.placement.cloud).kinds[item.node.kind]
        inputs = {**item.node.inputs, "placement": str(item.placement)}
        for charge in kind.charges(inputs, item.picks, catalog_of(item.placement)):
            if not charge.ahead:
                continue
            found.setdefault(item.placement.home, []).append((item.node.name, charge))
    return found


def charge_lines(home: str, charges: list[tuple[str, Charge]]) -> list[str]:
    """In words: the known sum with its age and mark, what is not known, what ends by itself."""
    priced = [charge.price for _, charge in charges if charge.price is not None]
    lines = []
    for currency, amount in sorted(totals(charge for _, charge in charges).items()):
        oldest = min(price.provenance.as_of for price in priced if price.currency == currency)
        marks = ", ".join(sorted({price.provenance.mark for price in priced if price.currency == currency}))
        vats = {price.vat for price in priced if price.currency == currency}
        vat = "" if None not in vats else "; whether tax is in it is not known"
        lines.append(f"creating takes {amount:,.0f} {currency} from the account on {home} at once for the first month")
        lines[-1] += f" (prices of {oldest} or later, {marks}{vat})"
    unknown = sorted({charge.what for _, charge in charges if charge.price is None})
    if unknown:
        lines.append(f"creating also takes, at a price that is not known: {', '.join(unknown)}")
    ending = sorted({name for name, charge in charges if charge.renews is False})
    if ending:
        lines.append(f"not renewed by themselves, so they end after that month: {', '.join(ending)}")
    return lines
