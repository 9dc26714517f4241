"""How a case reaches the cloud. Each face does the same things in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from mcloud.adapter.conformance.subject import Subject


class NotConforming(AssertionError):
    """The adapter does not do what every adapter must do."""


class Refused(Exception):
    """What was asked for did not come about.

    Attributes:
        code: the code of our error, None where the face shows only its text.
        text: what the person reads.
        made: what exists nevertheless, None where nothing does or the face cannot tell.
    """

    def __init__(self, code: str | None, text: str, made: str | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.made = made


class Face(Protocol):
    """One way to the cloud."""

    name: ClassVar[str]
    repeats: ClassVar[bool]
    """It looks after an unknown outcome and tries again; False: its user does that."""

    def prepare(self, subject: Subject) -> None:
        """Make what the subject needs, once."""

    def create(
        self, subject: Subject, changes: Mapping[str, Any] | None = None, *, deadline: float | None = None
    ) -> str:
        """Make it, or go on with a half-made one; its id.

        Args:
            changes: inputs that differ from the subject's.
            deadline: seconds to wait, where the face can be told.

        Raises:
            Refused: it is not there, or not ready.
        """

    def stopped(self, subject: Subject) -> None:
        """Begin to make it, and be told to stop while it waits.

        Raises:
            NotConforming: it took too long to stop.
        """

    def there(self, subject: Subject, made: str) -> bool:
        """Whether it is there, as this face sees it."""

    def update(self, subject: Subject, made: str, changes: Mapping[str, Any]) -> str:
        """Change inputs; the id after it, another one where it was replaced.

        Raises:
            Refused: it did not come about.
        """

    def delete(self, subject: Subject, made: str) -> None:
        """Remove it; that it is gone already is no error.

        Raises:
            Refused: it is still there.
        """


def require(fact: bool, text: str) -> None:
    """Say what is wrong where a fact does not hold.

    Raises:
        NotConforming: it does not.
    """
    if not fact:
        raise NotConforming(text)
