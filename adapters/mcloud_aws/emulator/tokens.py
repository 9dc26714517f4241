"""Creates that are asked for twice: the same token and the same values get the first answer again.

Kept until the emulator is reset: AWS keeps tokens for a day at least.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

from typing import Any

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.asked import Asked
from mcloud_aws.emulator.refusal import Refused

LONGEST = 64


class Tokens:
    """Those of one account."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, ...], tuple[dict[str, Any], WireAnswer]] = {}

    def find(self, asked: Asked) -> WireAnswer | None:
        """The first answer, None when the token is new or there is none.

        Raises:
            Refused: it was used with other values, or is no token.
        """
        key = _key(asked)
        if key is None:
            return None
        token = key[-1]
        if not token.isascii() or len(token) > LONGEST:
            raise Refused("InvalidParameterValue", f"Value ({token}) for parameter clientToken is invalid.")
        values, answer = self._answers.get(key, (None, None))
        if answer is not None and values != _values(asked):
            message = (
                "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            )
            raise Refused("IdempotentParameterMismatch", message)
        return answer

    def keep(self, asked: Asked, answer: WireAnswer) -> None:
        """What was answered."""
        key = _key(asked)
        if key is not None:
            self._answers[key] = (_values(asked), answer)

    def clear(self) -> None:
        """Forget all."""
        self._answers.clear()


def _key(asked: Asked) -> tuple[str, ...] | None:
    token = asked.values.get("ClientToken")
    return (asked.service, asked.region, asked.action, token) if token else None


def _values(asked: Asked) -> dict[str, Any]:
    return {name: value for name, value in asked.given.items() if name not in ("ClientToken", "DryRun")}
