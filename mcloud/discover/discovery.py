"""What a discovery found: every resource seen, and where each of them went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mcloud.adapter.inventory import Usage
from mcloud.discover.meaning import Note

DocumentPath = tuple[str | int, ...]


class Source(Protocol):
    """One resource where it was found: an instance in a state file, or something on a cloud."""

    @property
    def file(self) -> str:
        """The state file, or cloud/region."""

    @property
    def address(self) -> str:
        """Its name there, unique in the file."""

    @property
    def type(self) -> str:
        """Its type in the source's words."""

    @property
    def index(self) -> int | str | None:
        """Its number among equal ones."""

    @property
    def key(self) -> tuple[str, str]:
        """File and address."""

    @property
    def base(self) -> str:
        """What it has in common with those that differ in the index only."""

    @property
    def plain(self) -> str:
        """What a person would call it, without the index."""

    @property
    def label(self) -> str:
        """What a person would call it."""


@dataclass(frozen=True)
class Found:
    """A source's resource that is not of a file with a form of its own: on a cloud, or in a list. See ``Source``."""

    file: str
    address: str
    type: str
    label: str
    plain: str
    index: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """File and address: unique in a run."""
        return self.file, self.address

    @property
    def base(self) -> str:
        """Type and name without the number."""
        return f"{self.type}.{self.plain}" if self.index is not None else f"{self.type}.={self.label}"


@dataclass(frozen=True)
class Outcome:
    """Where one resource went.

    Attributes:
        file: the source's file.
        address: the resource's name in the source.
        type: its type in the source.
        fate: mapped: it is a resource of the stack; folded: it became part of another one; remainder: it is not there.
        target: section.name in the stack, for mapped and folded.
        reason: why it is folded or left over.
        advice: what to do about it.
        notes: what of it was not carried over.
    """

    file: str
    address: str
    type: str
    fate: Literal["mapped", "folded", "remainder"]
    target: str = ""
    reason: str = ""
    advice: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """File and address: unique in a run."""
        return self.file, self.address


@dataclass(frozen=True)
class Assumption:
    """Something that the sources do not say.

    Attributes:
        path: the place in the stack document; empty where it is in none.
        subject: native id or name that it is about.
        text: what is assumed, or what is open.
        open: nobody answered it yet.
    """

    path: DocumentPath
    subject: str
    text: str
    open: bool = False


@dataclass(frozen=True)
class Measured:
    """Figures of something that was found.

    Attributes:
        path: its place in the stack document.
        subject: its address in the source.
        text: the figures for people; empty where they are too many.
        figures: the figures by name, plain JSON.
    """

    path: DocumentPath
    subject: str
    text: str
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Unread:
    """What could not be looked at, why, and what to do; ``where``: in which region, of several."""

    what: str
    reason: str
    advice: str = ""
    where: str = ""

    @property
    def title(self) -> str:
        """What, and where."""
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True)
class Counts:
    """How many resources were seen, and where they went; the last three make up the first."""

    seen: int
    mapped: int
    folded: int
    remainder: int


@dataclass(frozen=True)
class Discovery:
    """The stack that was found, and the account of everything that was looked at.

    Attributes:
        files: the files read, in order.
        seen: file and address of every resource.
        outcomes: one for each resource seen, in the same order.
        document: the stack, in the stack file's words.
        assumptions: what was assumed, and what is open.
        account: fingerprint of the account that was looked at; empty for state files.
        unread: what could not be looked at, so that the account of it is not whole.
        unseen: what no call shows of the resources that were found.
        measured: figures of what was found.
        usage: server's name in the stack -> how busy it was.
    """

    files: tuple[str, ...]
    seen: tuple[tuple[str, str], ...]
    outcomes: tuple[Outcome, ...]
    document: Mapping[str, Any]
    assumptions: tuple[Assumption, ...]
    account: str = ""
    unread: tuple[Unread, ...] = ()
    unseen: tuple[Unread, ...] = ()
    measured: tuple[Measured, ...] = ()
    usage: Mapping[str, Usage] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        lost = Counter(self.seen)
        lost.subtract(outcome.key for outcome in self.outcomes)
        wrong = sorted(key for key, number in lost.items() if number)
        if wrong:
            raise AssertionError(f"seen and not accounted for once: {wrong}")
        for counts in (self.counts(), *(self.counts(file) for file in self.files)):
            if counts.seen != counts.mapped + counts.folded + counts.remainder:
                raise AssertionError(f"the counts do not add up: {counts}")

    def _of(self, fate: str) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.fate == fate)

    @property
    def mapped(self) -> tuple[Outcome, ...]:
        """Resources of the stack."""
        return self._of("mapped")

    @property
    def folded(self) -> tuple[Outcome, ...]:
        """What became part of another resource."""
        return self._of("folded")

    @property
    def remainder(self) -> tuple[Outcome, ...]:
        """What is not in the stack, with reason and advice."""
        return self._of("remainder")

    @property
    def open(self) -> tuple[Assumption, ...]:
        """The questions that nobody answered yet."""
        return tuple(item for item in self.assumptions if item.open)

    def counts(self, file: str | None = None) -> Counts:
        """The figures of one file, or of all."""
        fates = Counter(item.fate for item in self.outcomes if file in (None, item.file))
        seen = sum(1 for name, _ in self.seen if file in (None, name))
        return Counts(seen, fates["mapped"], fates["folded"], fates["remainder"])
