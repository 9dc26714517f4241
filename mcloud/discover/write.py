"""Writes a discovery: as a stack file with what was assumed marked beside it, or as JSON with the whole account."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import yaml

from mcloud.discover.discovery import Assumption, Discovery, DocumentPath, Outcome, Unread

NAMED = 3
"""So many are named of those of which the same is said; --json names all."""
_Comments = Mapping[DocumentPath, str]


def to_yaml(discovery: Discovery) -> str:
    """A stack file.

    The header counts what was seen and lists what is not in the stack, what was not carried over and what is open;
    ``# assumed:`` stands beside what no source says, ``# open:`` beside what is still to be answered.
    """
    comments: dict[DocumentPath, str] = {}
    for item in discovery.assumptions:
        if item.path:
            said = f"{'open' if item.open else 'assumed'}: {item.text}"
            comments[item.path] = f"{comments[item.path]}; {said}" if item.path in comments else said
    for figure in discovery.measured:
        if figure.text:
            before = f"{comments[figure.path]}; " if figure.path in comments else ""
            comments[figure.path] = before + figure.text
    lines = [f"# {line}".rstrip() for line in _header(discovery)]
    return "\n".join([*lines, "", *_mapping(discovery.document, (), 0, comments)]) + "\n"


def to_json(discovery: Discovery) -> str:
    """The document and the account of every resource, as JSON."""
    counts = {file: asdict(discovery.counts(file)) for file in discovery.files}
    return json.dumps(
        {
            **asdict(discovery.counts()),
            "files": counts,
            "document": discovery.document,
            "outcomes": [asdict(outcome) for outcome in discovery.outcomes],
            "assumptions": [_assumption(item) for item in discovery.assumptions],
            "account": discovery.account,
            "unread": [asdict(item) for item in discovery.unread],
            "unseen": [asdict(item) for item in discovery.unseen],
            "measured": [
                {"path": _dotted(item.path), "subject": item.subject, **item.figures} for item in discovery.measured
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _assumption(item: Assumption) -> dict[str, Any]:
    return {**asdict(item), "path": _dotted(item.path)}


def _dotted(path: DocumentPath) -> str:
    return ".".join(str(step) for step in path)


def _header(discovery: Discovery) -> Iterator[str]:
    all_ = discovery.counts()
    files = len(discovery.files)
    where = f"in {files} file{'' if files == 1 else 's'}"
    if discovery.account:
        where = f"on {', '.join(discovery.files)}, account {discovery.account}"
    yield f"Found {where}: {all_.seen} resources seen,"
    yield f"{all_.mapped} mapped, {all_.folded} folded into others, {all_.remainder} not in this stack."
    for file in discovery.files if files > 1 or not discovery.account else ():
        one = discovery.counts(file)
        yield _flat(f"  {file}: {one.seen} = {one.mapped} + {one.folded} + {one.remainder}")
    yield from _gaps("Could not be looked at:", discovery.unread)
    if discovery.remainder:
        yield ""
        yield "Not in this stack:"
        for alike in _alike(discovery.remainder, lambda outcome: (outcome.type, outcome.reason, outcome.advice)):
            yield _flat(f"  {_together(alike, discovery)}: {_because(alike[0].reason, alike[0].advice)}")
    noted = [outcome for outcome in discovery.outcomes if outcome.fate != "remainder" and outcome.notes]
    if noted:
        yield ""
        yield "Not carried over of what is in it:"
        for alike in _alike(noted, lambda outcome: (outcome.type, outcome.notes)):
            yield _flat(f"  {_together(alike, discovery)}:")
            for note in alike[0].notes:
                yield _flat(f"    {note.what}: {_because(note.reason, note.advice)}")
    yield from _gaps("No call that is made shows:", discovery.unseen)
    elsewhere = [item for item in discovery.assumptions if not item.path and not item.open]
    if elsewhere:
        yield ""
        yield "Assumed:"
        for item in elsewhere:
            yield _flat(f"  {item.subject}: {item.text}")
    if discovery.open:
        yield ""
        yield "Open:"
        for item in discovery.open:
            yield _flat(f"  {item.subject}: {item.text}")


def _gaps(title: str, items: Iterable[Unread]) -> Iterator[str]:
    for number, item in enumerate(items):
        if number == 0:
            yield ""
            yield title
        yield _flat(f"  {item.title}: {_because(item.reason, item.advice)}")


def _alike(outcomes: Iterable[Outcome], key: Callable[[Outcome], Hashable]) -> list[list[Outcome]]:
    """Outcomes of which the same is to be said, each with the others."""
    found: dict[Hashable, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(key(outcome), []).append(outcome)
    return list(found.values())


def _together(alike: list[Outcome], discovery: Discovery) -> str:
    names = [_called(outcome, discovery) for outcome in alike]
    return ", ".join(names) if len(names) <= NAMED else f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _called(outcome: Outcome, discovery: Discovery) -> str:
    """Its name, with its file where there may be several."""
    return outcome.address if discovery.account and len(discovery.files) == 1 else f"{outcome.address} ({outcome.file})"


def _because(reason: str, advice: str) -> str:
    return f"{reason} -> {advice}" if advice else reason


def _flat(text: str) -> str:
    """One printable line: a name from a source must not end the comment that it stands in."""
    return "".join(char if char.isprintable() else " " for char in text)


def _comment(path: DocumentPath, comments: _Comments) -> str:
    return f"  # {_flat(comments[path])}" if path in comments else ""


def _mapping(value: Mapping[str, Any], path: DocumentPath, depth: int, comments: _Comments) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{'  ' * depth}{_scalar(key)}:", item, (*path, key), depth + 1, comments)


def _entry(head: str, item: Any, path: DocumentPath, depth: int, comments: _Comments) -> Iterator[str]:
    remark = _comment(path, comments)
    if isinstance(item, Mapping) and item:
        yield head + remark
        yield from _mapping(item, path, depth, comments)
    elif isinstance(item, list | tuple) and any(isinstance(part, Mapping | list) for part in item):
        yield head + remark
        for number, part in enumerate(item):
            yield from _element(part, (*path, number), depth, comments)
    else:
        yield f"{head} {_scalar(item)}{remark}"


def _element(part: Any, path: DocumentPath, depth: int, comments: _Comments) -> Iterator[str]:
    pad = "  " * depth
    if not isinstance(part, Mapping) or not part:
        yield f"{pad}- {_scalar(part)}{_comment(path, comments)}"
        return
    lines = list(_mapping(part, path, depth + 1, comments))
    yield f"{pad}- {lines[0].lstrip()}{_comment(path, comments)}"
    yield from lines[1:]


def _scalar(value: Any) -> str:
    """A scalar, or a list or mapping in flow style, on one line."""
    plain = json.loads(json.dumps(value))
    style = '"' if isinstance(plain, str) and not plain.isprintable() else None
    text: str = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10**9, default_style=style)
    return text.removesuffix("...\n").rstrip("\n")
