"""Who may ask: the account's own key, and keys that STS lends for a time."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from mcloud.emulator.clock import Clock
from mcloud.emulator.signature import S3Refusal, Signed, WireCall, signer
from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.world import RULES, Here, told_of

LENT = 3600


@dataclass(frozen=True)
class _Lent:
    secret: str
    token: str
    until: float


class Expired(Exception):
    """A lent key whose time is over."""


class Keys:
    """The keys of one account."""

    def __init__(self, key: str, secret: str, clock: Clock) -> None:
        self._own = (key, secret)
        self._clock = clock
        self._lent: dict[str, _Lent] = {}

    def signer(self, call: WireCall, service: str) -> Signed | None:
        """Who signed a call; None when nobody did.

        Raises:
            S3Refusal: in S3's words: unknown key, wrong signature, wrong token.
            Expired: the key was lent, and its time is over.
        """
        found = signer(call, self._secret, service)
        if found is None or found.access_key == self._own[0]:
            return found
        lent = self._lent[found.access_key]
        if not hmac.compare_digest((found.token or "").encode(), lent.token.encode()):
            raise S3Refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        if lent.until <= self._clock.now():
            raise Expired
        return found

    def _secret(self, key: str) -> str | None:
        if hmac.compare_digest(key.encode(), self._own[0].encode()):
            return self._own[1]
        lent = self._lent.get(key)
        return None if lent is None else lent.secret

    def lend(self, answer: WireAnswer, seconds: float) -> None:
        """Take in what STS gave."""
        parts = [told_of(answer, tag) for tag in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
        for key, secret, token in zip(*parts, strict=True):
            self._lent[key] = _Lent(secret, token, self._clock.now() + seconds)

    def expire(self) -> None:
        """Every lent key is over; the account's own does not expire."""
        self._lent = {key: _Lent(lent.secret, lent.token, 0.0) for key, lent in self._lent.items()}

    def clear(self) -> None:
        """Forget what was lent."""
        self._lent.clear()


@RULES.before("sts:AssumeRole")
def _role_is_here(here: Here) -> None:
    """One account is emulated, so there is nobody else to trust it.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    role = here.values["RoleArn"]
    if f"::{here.world.moto.account}:role/" not in role:
        message = "The caller is not authorized to perform: sts:AssumeRole on resource"
        raise Refused("AccessDenied", f"{message}: {role}", 403)


def account_of(client_id: str) -> str:
    """Another key is another account: twelve digits that follow from it."""
    number = int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:8]) % 900_000_000_000
    return str(number + 100_000_000_000)
