"""The emulated AWS: who asks, what is refused, what moto answers, and what then takes time."""

from __future__ import annotations

import hashlib
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from mcloud.emulator import objects
from mcloud.emulator.buckets import Farm
from mcloud.emulator.clock import Agenda
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.http import Answer, Route
from mcloud.emulator.signature import S3Call, S3Refusal, signer
from mcloud.emulator.wire import Exchange, WireAnswer
from mcloud.errors import EmulatorError
from mcloud_aws.emulator import asked, inventory
from mcloud_aws.emulator.asked import SERVICES
from mcloud_aws.emulator.backend import Moto
from mcloud_aws.emulator.refusal import WORDS, Refused, told


class AwsCloud:
    """One account of AWS, with all regions, behind one address."""

    def __init__(self, client_id: str, client_secret: str, agenda: Agenda) -> None:
        self.agenda = agenda
        self.account = account_of(client_id)
        self._keys = {client_id: client_secret}
        self._moto = Moto(self.account)
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
        path = objects.shown_path(call)
        return call.method, f"/s3{path}"

    def answer(self, call: S3Call, *, stuck: bool) -> WireAnswer:
        """What AWS says."""
        service = asked.service_of(call)
        with self._lock:
            self.agenda.settle()
            self.agenda.stuck = stuck
            try:
                return self._s3(call) if service not in SERVICES else self._act(call, service)
            except Refused as refused:
                return told(SERVICES[service][1], refused)
            except S3Refusal as refusal:
                return objects.told(refusal.status, refusal.code, refusal.message, call)
            except Exception as error:
                return _own_fault(error, call, service)
            finally:
                self.agenda.stuck = False

    def _act(self, call: S3Call, service: str) -> WireAnswer:
        region = self._signer(call, service)
        wanted = asked.read(call, service, region)
        return self._moto.run(wanted.service, call, region)

    def _signer(self, call: S3Call, service: str) -> str:
        words = WORDS[SERVICES[service][1]]
        try:
            found = signer(call, self._keys.get, service)
        except S3Refusal as refusal:
            if refusal.code == "InvalidAccessKeyId":
                code, status = words.unknown_key
                message = "AWS was not able to validate the provided access credentials"
                raise Refused(code, message, status) from None
            code, status = words.wrong_signature
            raise Refused(code, refusal.message, status) from None
        if found is None:
            code, status = words.no_signature
            raise Refused(code, "Missing Authentication Token", status)
        return found.region

    def _s3(self, call: S3Call) -> WireAnswer:
        if signer(call, self._keys.get, "s3") is None and not self._buckets.is_public(call):
            raise S3Refusal(403, "AccessDenied", "Access Denied")
        return self._buckets.serve(call)

    def spoilt(self, rule: FaultRule, call: S3Call) -> WireAnswer:
        """A fault in the service's own words; ``body`` may give Code and Message."""
        service = asked.service_of(call)
        if service not in SERVICES:
            return objects.spoilt(rule, call)
        protocol = SERVICES[service][1]
        words = WORDS[protocol]
        code, status, headers = {500: words.broken, 503: words.busy}.get(rule.status, words.broken), rule.status, ()
        if rule.action == "rate-limit":
            code, status = words.throttled
        elif rule.status == 401:
            code = words.unknown_key[0]
        elif rule.status == 403:
            code = words.forbidden[0]
        given = rule.body if isinstance(rule.body, Mapping) else {}
        refused = Refused(str(given.get("Code", code)), str(given.get("Message", "a fault on demand")), status)
        return told(protocol, refused, headers)

    def exchange(self, call: S3Call, answer: WireAnswer | None) -> Exchange:
        """What is recorded."""
        return objects.exchange(call, answer)

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        """Every object of the account in every region; AWS's own defaults are not in it."""
        with self._lock:
            return inventory.of(self._moto) | {"buckets": self._buckets.inventory()}

    def times(self) -> dict[str, float]:
        """State -> seconds."""
        return {}

    def tune(self, setting: str, values: Mapping[str, Any]) -> None:
        """Change a setting while it runs."""
        with self._lock:
            if setting == "reset":
                self.agenda.clear()
                self._moto.clear()
                self._buckets.clear()
            elif setting != "expire-tokens":
                raise EmulatorError(f"no setting {setting!r}", hint="expire-tokens, reset")


def account_of(client_id: str) -> str:
    """Another key is another account: twelve digits that follow from it."""
    number = int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:8]) % 900_000_000_000
    return str(number + 100_000_000_000)


def _own_fault(error: Exception, call: S3Call, service: str) -> WireAnswer:
    """A defect of the emulator, told as one; where it is, without values, for they may be secret."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a defect of the emulator: {type(error).__name__} in {place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
    if service not in SERVICES:
        return objects.told(500, "InternalError", message, call)
    protocol = SERVICES[service][1]
    return told(protocol, Refused(WORDS[protocol].broken, message, 500))
