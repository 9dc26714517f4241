"""Every error that mcloud raises on purpose.

    McloudError                 code, hint, where, retryable
    ├── UsageError              the command line is wrong
    ├── LoadError               a stack file cannot be read or does not fit the model (several at once: ``problems``)
    ├── PlacementError          a placement names a cloud, region or zone that is not there
    ├── MatchError              nothing in the catalog fits; carries the nearest miss
    ├── BlockedError            findings or gaps that block (exit code 3)
    ├── EngineError             the engine failed
    │   ├── EngineMissing       no engine on this machine and no way to get one
    │   └── StateLocked         another run holds the state
    ├── StateError              the state is not ours, damaged, or belongs to another account
    │   └── ForeignAccount      the credentials are of another account than the state
    ├── EmulatorError           an emulator cannot start, stop or answer
    ├── DiscoverError           a source cannot be read
    ├── ProfileError            no profile, or a profile that cannot be used
    └── CloudError              a cloud refused or failed
        ├── NotFound
        ├── Conflict            the name, address or state clashes with something that exists
        ├── InUse               something else still needs it
        ├── QuotaExceeded
        ├── OutOfStock
        ├── InvalidRequest
        ├── Unauthorised
        ├── RateLimited         retryable, with ``retry_after`` in seconds
        ├── Temporary           retryable
        ├── Unreachable         the request did not get there, or its answer got lost (``sent`` tells which)
        ├── TimedOut            the wait is over its deadline
        ├── Cancelled           the person asked to stop
        └── FailedState         the resource ended in a state that it does not leave by itself

``exit_code`` is what the command line returns: 1 error, 3 findings block, 4 partly applied.
"""

from __future__ import annotations

from dataclasses import dataclass


class McloudError(Exception):
    """Base of the tree.

    Args:
        message: what happened, one sentence for a person.
        hint: what to do next.
        where: file:line:col or the resource's name.
    """

    code = "error"
    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class UsageError(McloudError):
    """The command line is wrong."""

    code = "usage"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file: where (file:line:col), what, and what to do."""

    where: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class LoadError(McloudError):
    """A stack file cannot be read or does not fit the model; holds every problem found, in file order."""

    code = "load"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class PlacementError(McloudError):
    """A placement names a cloud, region or zone that is not there."""

    code = "placement"


class MatchError(McloudError):
    """Nothing in the catalog fits."""

    code = "no_match"


class BlockedError(McloudError):
    """Findings or gaps block the run."""

    code = "blocked"
    exit_code = 3


class EngineError(McloudError):
    """The engine failed."""

    code = "engine"


class EngineMissing(EngineError):
    """No engine on this machine and no way to get one."""

    code = "engine_missing"


class StateLocked(EngineError):
    """Another run holds the state."""

    code = "state_locked"


class StateError(McloudError):
    """The state is damaged or not ours."""

    code = "state"


class ForeignAccount(StateError):
    """The credentials are of another account than the one the state was made with."""

    code = "foreign_account"


class EmulatorError(McloudError):
    """An emulator cannot start, stop or answer."""

    code = "emulator"


class DiscoverError(McloudError):
    """A source cannot be read."""

    code = "discover"


class ProfileError(McloudError):
    """No profile, or one that cannot be used."""

    code = "profile"


class CloudError(McloudError):
    """A cloud refused or failed. ``vendor_code`` and ``vendor_text`` are the vendor's own, without secrets.

    ``outcome_known`` is False where a create may have made something all the same and nobody could look.
    """

    code = "cloud"
    outcome_known = True

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        where: str | None = None,
        vendor_code: str | None = None,
        vendor_text: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, where=where)
        self.vendor_code = vendor_code
        self.vendor_text = vendor_text


class NotFound(CloudError):
    """The thing is not there."""

    code = "not_found"


class Conflict(CloudError):
    """The name, address or state clashes with something that exists."""

    code = "conflict"


class InUse(CloudError):
    """Something else still needs it. ``passes`` is False where only a person can end that, so that nobody waits."""

    code = "in_use"
    passes = True


class QuotaExceeded(CloudError):
    """The account's limit is reached."""

    code = "quota"


class OutOfStock(CloudError):
    """The cloud has no more of it here now."""

    code = "out_of_stock"


class InvalidRequest(CloudError):
    """The cloud does not accept the values."""

    code = "invalid"


class Unauthorised(CloudError):
    """Missing, wrong or expired credentials, or no permission."""

    code = "unauthorised"


class RateLimited(CloudError):
    """Too many calls; ``retry_after`` in seconds where the cloud said so."""

    code = "rate_limited"
    retryable = True
    retry_after: float | None = None


class Temporary(CloudError):
    """The cloud failed in a way that passes; a read or a delete may be repeated, a create only after a look."""

    code = "temporary"
    retryable = True


class Unreachable(CloudError):
    """The request did not get there or its answer got lost. ``sent`` is False when it surely did not get there."""

    code = "unreachable"
    retryable = True
    sent = True


class TimedOut(CloudError):
    """The wait is over its deadline."""

    code = "timed_out"


class Cancelled(CloudError):
    """The person asked to stop."""

    code = "cancelled"


class FailedState(CloudError):
    """The resource ended in a state that it does not leave by itself."""

    code = "failed_state"
