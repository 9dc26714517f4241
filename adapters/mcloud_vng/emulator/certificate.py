"""Certificates for listeners (sources: docs/clouds/vng.md). Private keys are looked at and not kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.catalog import certificates_in_use
from mcloud_vng.emulator.envelope import data, fields, page
from mcloud_vng.emulator.vlb import check_choice, stamp
from mcloud_vng.emulator.world import Item, World, refuse

NAME = re.compile(r"[a-zA-Z0-9.-]{5,50}")
TYPES = ("TLS/SSL", "CA")
T = TypeVar("T")


def create(world: World, call: Call) -> Answer:
    """At once. No refusal's text is known: these are the emulator's own, and none repeats what was sent."""
    optional = {"certificateChain": str, "privateKey": str, "passphrase": str}
    body = fields(call, {"name": str, "type": str, "certificate": str}, optional)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, "name: only letters (a-z, A-Z, 0-9, '.', '-') are allowed, length 5 to 50;")
    check_choice(body, {"type": TYPES})
    leaf = _read("certificate", lambda: x509.load_pem_x509_certificate(body["certificate"].encode()))
    if body["type"] == "TLS/SSL":
        _check_key(body, leaf)
    if body.get("certificateChain"):
        _read("certificateChain", lambda: x509.load_pem_x509_certificates(body["certificateChain"].encode()))
    item: Item = {
        "uuid": world.new_id("secret"),
        "name": body["name"],
        "certificateType": body["type"],
        "importedAt": stamp(world),
        **_facts(leaf),
    }
    world.certificates[item["uuid"]] = item
    return data(_view(world, item), 201)


def _read(field: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, TypeError) as error:
        raise refuse(400, f"{field}: must be PEM, and readable with what came with it;") from error


def _check_key(body: Item, leaf: x509.Certificate) -> None:
    if not body.get("privateKey"):
        raise refuse(400, "privateKey: must not be null;")
    secret = body["passphrase"].encode() if body.get("passphrase") else None
    key = _read("privateKey", lambda: load_pem_private_key(body["privateKey"].encode(), secret))
    if key.public_key() != leaf.public_key():
        raise refuse(400, "privateKey: must be the certificate's;")


def _facts(leaf: x509.Certificate) -> Item:
    """What the certificate says of itself; in what form the service tells it is not known."""
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "expiredAt": leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S"),
        "notBefore": int(leaf.not_valid_before_utc.timestamp() * 1000),
        "notAfter": int(leaf.not_valid_after_utc.timestamp() * 1000),
        "keyAlgorithm": _algorithm(leaf.public_key()),
        "signatureAlgorithm": leaf.signature_algorithm_oid._name,
        "serial": format(leaf.serial_number, "x"),
        "subject": leaf.subject.rfc4514_string(),
        "subjectAlternativeNames": _alternative_names(leaf),
        "domainName": str(names[0].value) if names else "",
        "issuer": leaf.issuer.rfc4514_string(),
    }


def _algorithm(key: Any) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA"
    return "EC" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _alternative_names(leaf: x509.Certificate) -> list[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name) for name in found.get_values_for_type(x509.DNSName)]


def _view(world: World, item: Item) -> Item:
    return {**item, "inUse": _is_used(world, item)}


def _is_used(world: World, item: Item) -> bool:
    return any(item["uuid"] in ids for ids in certificates_in_use(world).values())


def list_certificates(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, [_view(world, item) for item in world.certificates.values()])


def _certificate(world: World, call: Call) -> Item:
    """Status and text for a missing one are the emulator's choice; [TF] takes 404 for gone."""
    found = world.certificates.get(call.params["id"])
    if found is None:
        raise refuse(404, f"Cannot get certificate with id {call.params['id']}", "NotFound")
    return found


def get(world: World, call: Call) -> Answer:
    """Bare."""
    return Answer(200, _view(world, _certificate(world, call)))


def delete(world: World, call: Call) -> Answer:
    """Refused while a listener has it; the text is not known."""
    item = _certificate(world, call)
    if _is_used(world, item):
        raise refuse(400, f"Certificate {item['uuid']} is in use", "Conflict")
    del world.certificates[item["uuid"]]
    return Answer(204)


ROUTES = (
    ("POST", "/v2/{p}/cas", create),
    ("GET", "/v2/{p}/cas", list_certificates),
    ("GET", "/v2/{p}/cas/{id}", get),
    ("DELETE", "/v2/{p}/cas/{id}", delete),
)
