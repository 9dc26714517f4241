"""Physical names: the resource's own name, the state's random id, and a random part of the resource."""

from __future__ import annotations

import hashlib
import re
import secrets


def new_state_id() -> str:
    """Six letters and digits that no other state on the account is likely to have."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(6))


def physical_name(logical: str, state_id: str, seed: bytes, limit: int) -> str:
    """A name of letters, digits and dashes, at least 5 and at most ``limit`` long, starting with a letter.

    Args:
        logical: the resource's name in the stack.
        state_id: the state's id.
        seed: random bytes, other ones for each new resource, so that a replacement never clashes with the old one.
        limit: longest name that the cloud takes.
    """
    tail = f"{state_id}-{hashlib.sha256(seed).hexdigest()[:5]}"
    head = re.sub(r"[^a-z0-9]+", "-", logical.lower()).strip("-") or "x"
    if not head[0].isalpha():
        head = f"x{head}"
    room = limit - len(tail) - 1
    if len(head) > room:
        digest = hashlib.sha256(head.encode()).hexdigest()[:4]
        head = f"{head[: room - 5].rstrip('-')}-{digest}"
    return f"{head}-{tail}"


_OURS = re.compile(r"(.+)-[a-hjkmnp-z2-9]{6}-[0-9a-f]{5}")


def logical_name(physical: str) -> str:
    """The resource's own name in a physical one; a name that is not of ``physical_name`` is given back as it is."""
    match = _OURS.fullmatch(physical)
    return match[1] if match else physical
