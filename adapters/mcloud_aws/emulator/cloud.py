"""The emulated AWS: who asks, what is refused, what moto answers, and what then takes time."""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Mapping
from typing import Any, TypeVar

from mcloud.emulator import objects
from mcloud.emulator.buckets import Farm
from mcloud.emulator.clock import Agenda
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.http import Answer, Route
from mcloud.emulator.recorder import MASK
from mcloud.emulator.signature import S3Call, S3Refusal
from mcloud.emulator.wire import Exchange, WireAnswer
from mcloud.errors import EmulatorError
from mcloud_aws.emulator import addresses, asked, balancers, buckets, groups, inventory, servers, volumes, vpcs
from mcloud_aws.emulator.asked import SERVICES, Asked
from mcloud_aws.emulator.backend import Moto
from mcloud_aws.emulator.keys import LENT, Expired, Keys, account_of
from mcloud_aws.emulator.refusal import WORDS, Refused, told
from mcloud_aws.emulator.tokens import Tokens
from mcloud_aws.emulator.world import RULES, Here, World, state_times

WITH_RULES = (vpcs, addresses, groups, servers, volumes, balancers)
UNSIGNED = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
SECRET = re.compile(r"<(keyMaterial|SecretAccessKey|SessionToken|userData)>[^<]*<")
T = TypeVar("T")


class AwsCloud:
    """One account of AWS, with all regions, behind one address."""

    def __init__(self, client_id: str, client_secret: str, agenda: Agenda) -> None:
        self.agenda = agenda
        self.account = account_of(client_id)
        self.world = World(Moto(self.account), agenda)
        self._keys = Keys(client_id, client_secret, agenda.clock)
        self._tokens = Tokens()
        self._buckets = Farm()
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """None: it takes whole calls."""
        return []

    def unknown_route(self, method: str, path: str) -> Answer:
        """Not asked: it takes whole calls."""
        return Answer(404, {"message": "there are no routes here"})

    def shown(self, call: S3Call) -> tuple[str, str]:
        """``/ec2/CreateVpc``, GET where the action only reads; S3's own methods and paths below ``/s3``."""
        service = asked.service_of(call)
        if service in SERVICES:
            action = asked.action_of(call)
            return "GET" if asked.is_read(action) else "POST", f"/{SERVICES[service][0]}/{action}"
        return call.method, f"/s3{objects.shown_path(call)}"

    def answer(self, call: S3Call, *, ending: str) -> WireAnswer:
        """What AWS says."""
        service = asked.service_of(call)
        with self._lock:
            self.agenda.settle()
            try:
                with self.agenda.ending(ending):
                    return self._act(call, service) if service in SERVICES else self._s3(call, service)
            except Refused as refused:
                return told(SERVICES[service][1], refused)
            except S3Refusal as refusal:
                return objects.told(refusal.status, refusal.code, refusal.message, call)
            except Exception as error:
                return _own_fault(error, call, service)

    def _act(self, call: S3Call, service: str) -> WireAnswer:
        key, region = self._who(call, service)
        wanted = asked.read(call, service, region)
        with self.world.moto.open():
            answer = self._tokens.find(wanted)
            if answer is None:
                answer = self._do(call, wanted, key)
                if answer.status < 300:
                    self._tokens.keep(wanted, answer)
        return answer

    def _do(self, call: S3Call, wanted: Asked, key: str) -> WireAnswer:
        """Refuse, or do it; moto's tables are open."""
        name, here = f"{wanted.service}:{wanted.action}", Here(self.world, wanted)
        for check in RULES.checks.get(name, ()):
            check(here)
        if wanted.values.get("DryRun") is True:
            raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        answer = RULES.instead[name](here) if name in RULES.instead else None
        if answer is not None:
            return answer
        answer = self.world.moto.run(wanted.service, call, wanted.region, key)
        if answer.status < 300:
            for follow in RULES.followers.get(name, ()):
                answer = follow(here, answer) or answer
            if wanted.service == "sts":
                self._keys.lend(answer, wanted.values.get("DurationSeconds", LENT))
        return answer

    def _who(self, call: S3Call, service: str) -> tuple[str, str]:
        """The key and the region that a call is signed with."""
        words = WORDS[SERVICES[service][1]]
        try:
            found = self._keys.signer(call, service)
        except Expired:
            code, status = words.expired
            raise Refused(code, "The security token included in the request is expired", status) from None
        except S3Refusal as refusal:
            known = refusal.code not in ("InvalidAccessKeyId", "InvalidToken")
            code, status = words.wrong_signature if known else words.unknown_key
            message = refusal.message
            if code == "AuthFailure":
                message = "AWS was not able to validate the provided access credentials"
            elif not known:
                message = "The security token included in the request is invalid."
            raise Refused(code, message, status) from None
        if found is None and asked.action_of(call) in UNSIGNED:
            return "", "us-east-1"
        if found is None:
            code, status = words.no_signature
            raise Refused(code, "Request is missing Authentication Token", status)
        if found.region not in asked.regions():
            # There is no endpoint of such a name.
            raise Refused(*words.unknown_key[:1], f"there is no region {found.region!r}", words.unknown_key[1])
        return found.access_key, found.region

    def _s3(self, call: S3Call, service: str) -> WireAnswer:
        if service != "s3":
            raise S3Refusal(501, "NotImplemented", f"the emulator does not have the service {service!r}")
        try:
            found = self._keys.signer(call, "s3")
        except Expired:
            raise S3Refusal(400, "ExpiredToken", "The provided token has expired.") from None
        if found is None and not self._buckets.is_public(call):
            raise S3Refusal(403, "AccessDenied", "Access Denied")
        return buckets.answer(self._buckets, call, None if found is None else found.region, self.world.limits)

    def spoilt(self, rule: FaultRule, call: S3Call) -> WireAnswer:
        """A fault in the service's own words; ``body`` may give Code and Message."""
        service = asked.service_of(call)
        if service not in SERVICES:
            return objects.spoilt(rule, call)
        protocol = SERVICES[service][1]
        words = WORDS[protocol]
        codes = {401: words.unknown_key[0], 403: words.forbidden[0], 503: words.busy}
        code, status = codes.get(rule.status, words.broken), rule.status
        if rule.action == "rate-limit":
            code, status = words.throttled
        given = rule.body if isinstance(rule.body, Mapping) else {}
        text = str(given.get("Message", "a fault on demand"))
        return told(protocol, Refused(str(given.get("Code", code)), text, status))

    def exchange(self, call: S3Call, answer: WireAnswer | None) -> Exchange:
        """What is recorded: the action's values, and the answer as it is; keys and user data masked."""
        service = asked.service_of(call)
        if service not in SERVICES:
            return objects.exchange(call, answer)
        method, path = self.shown(call)
        response = SECRET.sub(rf"<\1>{MASK}<", answer.body.decode(errors="replace")) if answer else None
        return Exchange(method, path, {}, asked.recorded(call), response)

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        """Every object of the account in every region; AWS's own defaults are not in it."""
        with self._lock:
            return inventory.of(self.world) | {"buckets": self._buckets.inventory()}

    def times(self) -> dict[str, float]:
        """State -> seconds."""
        return state_times()

    def tune(self, setting: str, values: Mapping[str, Any]) -> None:
        """Change what is offered.

        ``stock``: {"flavor": instance type, "remaining": n, "zone"?}; ``quota``: {"name": kind as in the inventory,
        "limit"}; ``expire-tokens``: what STS lent is over; ``reset``.
        """
        with self._lock:
            if setting == "reset":
                self.world.reset()
                self._tokens.clear()
                self._keys.clear()
                self._buckets.clear()
            elif setting == "expire-tokens":
                self._keys.expire()
            elif setting == "quota":
                self._quota(_given(values, "name", str), _given(values, "limit", int))
            elif setting == "stock":
                self._stock(_given(values, "flavor", str), values.get("zone"), _given(values, "remaining", int))
            else:
                raise EmulatorError(f"no setting {setting!r}", hint="stock, quota, expire-tokens, reset")

    def _quota(self, name: str, limit: int) -> None:
        if name not in inventory.LIMITED:
            raise EmulatorError(f"no quota {name!r} here", hint=", ".join(inventory.LIMITED))
        self.world.limits[name] = limit

    def _stock(self, flavor: str, zone: object, remaining: int) -> None:
        sold = [
            (name, where)
            for region in asked.regions()
            for name, where in servers.offered(region)
            if name == flavor and zone in (None, where)
        ]
        if not sold:
            raise EmulatorError(f"no instance type {flavor!r} is sold here")
        self.world.stock.update(dict.fromkeys(sold, remaining))


def _given(values: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A value of a setting.

    Raises:
        EmulatorError: it is missing, or of another type.
    """
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise EmulatorError(f"{name!r} must be given, as {'a number' if kind is int else 'a text'}")
    return value


def _own_fault(error: Exception, call: S3Call, service: str) -> WireAnswer:
    """A defect of the emulator, told as one; where it is, without values, for they may be secret."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a defect of the emulator: {type(error).__name__} in {place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
    if service not in SERVICES:
        return objects.told(500, "InternalError", message, call)
    protocol = SERVICES[service][1]
    return told(protocol, Refused(WORDS[protocol].broken, message, 500))
