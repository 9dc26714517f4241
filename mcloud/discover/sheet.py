"""From a list of servers, as CSV, to a stack: one row for each server, or for several equal ones with a count."""

from __future__ import annotations

import csv
import io
import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcloud.discover import sheet_words as words
from mcloud.discover.discovery import Discovery, Found
from mcloud.discover.join import join
from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Note, ipv4, labels
from mcloud.discover.overlay import read_overlay
from mcloud.discover.parts import AttachmentPart, NetworkPart, Part, ServerPart, SubnetPart, VolumePart
from mcloud.discover.pipeline import Aim, check_document
from mcloud.discover.secrets import is_secret_form, is_secret_name
from mcloud.discover.templates import series
from mcloud.errors import DiscoverError

_HINT = "a first line with the names of the columns, then one line for each server; see docs/discover-csv.md"
_LEAST = "the least block around the addresses in it"
_SUBNET_PREFIX, _NETWORK_PREFIX = 24, 16


@dataclass
class _Line:
    """What a line says: word -> text, and the unit in the column's name."""

    number: int
    cells: dict[str, str]
    units: Mapping[str, str]


@dataclass
class _Places:
    """The networks and subnets that the lines name or that their addresses tell.

    Attributes:
        blocks: subnet -> its block, where it is told.
        addresses: subnet -> addresses in it.
        networks: subnet -> the network that is named for it.
        network_blocks: network -> its block, where it is told.
        guessed: subnets whose block was made of an address.
    """

    blocks: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    networks: dict[str, str] = field(default_factory=dict)
    network_blocks: dict[str, str] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)


def discover_csv(path: Path | str, aim: Aim) -> Discovery:
    """Make a stack of a list of servers.

    Args:
        path: a CSV file: comma, semicolon, tab or bar between the cells, UTF-8 or UTF-16.
        aim: what shall become of it.

    Raises:
        DiscoverError: it cannot be read, or a cell makes no sense; ``where`` is file:line.
    """
    file = str(path)
    ledger = Ledger(read_overlay(Path(aim.overlay_path) if aim.overlay_path else None), strict=aim.strict)
    lines = _lines(file, _text(Path(path)), ledger)
    places = _Places()
    servers = [(line, _server(file, line, places)) for line in lines]
    numbers = series([part.id for _, (part, _, _) in servers])
    items: list[Item] = []
    within: list[Item] = []
    rows: list[Found] = []
    for _, (part, notes, volume) in servers:
        base, index = numbers[part.id] if part.count is None else (part.id, None)
        row = Found(file, part.id, "server", part.id, base, index)
        rows.append(row)
        items.append(Item(row, part, tuple(notes)))
        if volume is not None:
            attachment = AttachmentPart(f"{volume.id}/{part.id}", volume.id, part.id)
            within += [Item(row, volume, (), "data"), Item(row, attachment, (), "data")]
    document = {
        "mcloud": 1,
        "name": aim.name,
        "placement": aim.placement,
        **join(ledger, [*_around(file, places), *items, *within]),
    }
    check_document(document)
    return Discovery(
        files=(file,),
        seen=tuple(row.key for row in rows),
        outcomes=tuple(ledger.outcomes[row.key] for row in rows),
        document=document,
        assumptions=tuple(ledger.assumptions),
    )


# --- the file


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DiscoverError(f"cannot be read: {error.strerror}", where=str(path)) from error
    try:
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise DiscoverError("is not UTF-8 text", where=str(path), hint="save it as CSV UTF-8") from None


def _lines(file: str, text: str, ledger: Ledger) -> list[_Line]:
    """The lines that are not empty; columns that nobody knows are told.

    Raises:
        DiscoverError: no header, no column for the name, two columns that say the same, or a line that is too long.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
    found: list[_Line] = []
    seen: dict[str, int] = {}
    header: list[str] | None = None
    known: list[tuple[str, str] | None] = []
    for cells in _cells(file, reader):
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{file}:{reader.line_num}"
        if header is None:
            header, known = cells, _header(cells, where, ledger)
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            problem = f"has {len(cells)} cells, and the first line names {len(header)} columns"
            raise DiscoverError(problem, where=where, hint="put a cell that holds a separator into quotes")
        said = {column[0]: cell.strip() for column, cell in zip(known, cells, strict=False) if column is not None}
        name = said.get("name", "")
        if not name:
            raise DiscoverError("the server has no name", where=where, hint="give each line a name")
        if name in seen:
            problem = f"{name} is in line {seen[name]} too"
            raise DiscoverError(problem, where=where, hint="give each server a name of its own, or use a count")
        seen[name] = reader.line_num
        found.append(_Line(reader.line_num, said, {word: unit for word, unit in filter(None, known)}))
    if header is None:
        raise DiscoverError("is empty", where=file, hint=_HINT)
    return found


def _cells(file: str, reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise DiscoverError(f"is not CSV: {error}", where=f"{file}:{reader.line_num}", hint=_HINT) from None


def _header(cells: list[str], where: str, ledger: Ledger) -> list[tuple[str, str] | None]:
    known = [words.column(cell) for cell in cells]
    taken: dict[str, str] = {}
    for cell, column in zip(cells, known, strict=True):
        if column is None:
            if cell.strip():
                ledger.ask((), cell.strip(), "this column was not read: what it says has no word here")
        elif column[0] in taken:
            problem = f"{cell.strip()!r} and {taken[column[0]]!r} both say {column[0]}"
            raise DiscoverError(problem, where=where, hint="take one of the columns out, or rename it")
        else:
            taken[column[0]] = cell.strip()
    if "name" not in taken:
        names = ", ".join(words.COLUMNS["name"][:6])
        raise DiscoverError("no column names the servers", where=where, hint=f"call one of them {names}, …")
    return known


# --- a line


def _server(file: str, line: _Line, places: _Places) -> tuple[ServerPart, list[Note], VolumePart | None]:
    said, where = line.cells, f"{file}:{line.number}"
    name = said["name"]
    vcpu, memory = _whole(line, "vcpu", where), _size(line, "memory", where)
    os = words.system(said.get("os", ""), said.get("version", "")) if said.get("os") else None
    class_ = words.disk_class(said["class"]) if said.get("class") else "ssd"
    notes: list[Note] = []
    if class_ is None:
        notes.append(
            Note(f"disk class {said['class']}", "the word is not known; ssd was taken", "give hdd, ssd or nvme")
        )
    found, more = _labels(said.get("labels", ""))
    notes += more
    flavor = said.get("flavor") or f"the size of {name}"
    disk, iops = _size(line, "disk", where), _whole(line, "iops", where)
    part = ServerPart(
        id=name,
        flavor=flavor,
        size=(vcpu, memory) if vcpu and memory else None,
        image=said.get("os") or f"the system of {name}",
        os=os,
        subnet=_subnet(line, where, places, notes),
        public_ip=_public(said.get("public", ""), where),
        disk_gib=-(-disk // 1024) if disk else None,
        disk_class=class_ or "ssd",
        min_iops=iops,
        labels=found,
        stopped=words.is_off(said.get("state", "")),
        count=_whole(line, "count", where),
    )
    data = _size(line, "data", where)
    volume = VolumePart(f"{name}/data", -(-data // 1024), class_ or "ssd", labels=found) if data else None
    if part.count == 1:
        part = replace(part, count=None)
    return part, notes, volume


def _wrong(word: str, text: str, where: str, example: str) -> DiscoverError:
    return DiscoverError(f"{text!r} is no {word}", where=where, hint=f"write it like {example}, or leave it empty")


def _whole(line: _Line, word: str, where: str) -> int | None:
    text = line.cells.get(word, "")
    found = words.whole(text) if text else None
    if text and found is None:
        raise _wrong({"vcpu": "number of CPUs"}.get(word, word), text, where, "4")
    return found


def _size(line: _Line, word: str, where: str) -> int | None:
    """MiB."""
    text = line.cells.get(word, "")
    found = words.mebibytes(text, line.units.get(word, "")) if text else None
    if text and found is None:
        raise _wrong(f"size of a {word}" if word != "memory" else "memory", text, where, "8 GiB")
    return found


def _public(text: str, where: str) -> bool | None:
    found = words.yes(text)
    if found is None:
        raise _wrong("public address", text, where, "yes")
    return found or None


def _labels(text: str) -> tuple[dict[str, str], list[Note]]:
    """``env=prod; team=web``."""
    pairs: dict[str, str] = {}
    notes = []
    for piece in text.replace("\n", ";").split(";"):
        key, sign, value = piece.partition("=") if "=" in piece else piece.partition(":")
        if not key.strip():
            continue
        if is_secret_name(key.strip()) or is_secret_form(piece):
            notes.append(Note(f"label {key.strip()}", "may hold a secret, so it was not read", "keep it elsewhere"))
        elif sign:
            pairs[key.strip()] = value.strip()
        else:
            notes.append(Note("labels", "one of them has no value", "write them like env=prod; team=web"))
    found, more = labels(pairs)
    return found, notes + more


def _subnet(line: _Line, where: str, places: _Places, notes: list[Note]) -> str | None:
    """The subnet's id, with what the line tells of it; None: it tells nothing."""
    said = line.cells
    address = _address(said.get("ip", ""), where)
    block = _block(said.get("subnet_cidr", ""), where)
    name = said.get("subnet", "")
    if "/" in name and block is None:
        block, name = _block(name, where), ""
    network = said.get("network", "")
    network_block = _block(said.get("network_cidr", ""), where)
    if "/" in network and network_block is None:
        network_block = _block(network, where)
    if address:
        notes.append(Note(f"address {address}", "addresses are given out anew", "look for it in settings"))
    if not (name or block or address or network):
        return None
    if address and not (name or block):
        block = str(ipaddress.IPv4Network((address, _SUBNET_PREFIX), strict=False))
        places.guessed.add(block)
    native = name or block or f"{network}/subnet"
    told = places.blocks.setdefault(native, block) if block else None
    if told != block:
        raise DiscoverError(f"the subnet {native} has the block {told} in an earlier line", where=where)
    if address:
        places.addresses[native].append(address)
    if network:
        if places.networks.setdefault(native, network) != network:
            problem = f"the subnet {native} is in the network {places.networks[native]} in an earlier line"
            raise DiscoverError(problem, where=where)
        if network_block:
            places.network_blocks.setdefault(network, network_block)
    places.addresses.setdefault(native, [])
    return native


def _address(text: str, where: str) -> str:
    """The first IPv4 address; several are written with commas or spaces."""
    first = next((piece for piece in text.replace(",", " ").replace(";", " ").split() if ":" not in piece), "")
    try:
        return str(ipaddress.IPv4Address(first)) if first else ""
    except ValueError:
        raise _wrong("address", first, where, "10.0.1.15") from None


def _block(text: str, where: str) -> str | None:
    if text and ipv4(text) is None:
        raise _wrong("block", text, where, "10.0.1.0/24")
    return ipv4(text)


# --- networks and subnets


def _around(file: str, places: _Places) -> Iterator[Item]:
    """The networks and subnets that the lines speak of; what no line says of them is marked as assumed."""
    blocks: dict[str, tuple[str, str]] = {}
    for native, addresses in places.addresses.items():
        told = places.blocks.get(native, "")
        block = told or _least(addresses)
        blocks[native] = (block, _LEAST if native in places.guessed or not told else "")
    homes = {native: places.networks.get(native) or _home(block) for native, (block, _) in blocks.items()}
    unnamed = {home for native, home in homes.items() if native not in places.networks}
    for network in dict.fromkeys(homes.values()):
        label = "main" if network in unnamed and len(unnamed) == 1 else network
        cidr = places.network_blocks.get(network, "")
        yield _made(file, label, NetworkPart(f"network {network}", cidr))
    for native, (block, assumed) in blocks.items():
        label = native if not ipv4(native) else f"subnet-{native.partition('/')[0]}"
        yield _made(
            file, label, SubnetPart(native, f"network {homes[native]}", block, assumed=assumed if block else "")
        )


def _made(file: str, label: str, part: Part) -> Item:
    """An item that no line stands for: nothing is counted for it."""
    return Item(Found(file, label, "", label, label), part, (), "made")


def _home(block: str) -> str:
    """The network of a subnet for which none is named: subnets with one beginning are in one network."""
    return f"net-{block.replace('.', '-').rsplit('-', 2)[0]}" if block else "main"


def _least(addresses: list[str]) -> str:
    """The least block, of the usual size at least, around addresses; empty where there are none."""
    if not addresses:
        return ""
    first = ipaddress.IPv4Network((addresses[0], _SUBNET_PREFIX), strict=False)
    while not all(ipaddress.IPv4Address(address) in first for address in addresses):
        first = first.supernet()
    return str(first) if first.prefixlen >= _NETWORK_PREFIX - 8 else ""
