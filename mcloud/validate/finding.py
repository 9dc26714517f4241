"""A finding: what a rule has to say about a place in the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        code: stable name.
        severity: block (exit code 3), warn or note.
        path: where in the stack file.
        message, hint: what is wrong and what to do.
    """

    code: str
    severity: Literal["block", "warn", "note"]
    path: tuple[str | int, ...]
    message: str
    hint: str | None = None

    def as_dict(self, where: str) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "where": where,
            "path": ".".join(str(part) for part in self.path),
            "message": self.message,
            "hint": self.hint,
        }
