"""Certificates for the conformance cases, made on the spot; their keys are in variables, for keys are references."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

NAMES = ("first", "second")


def key_variable(name: str) -> str:
    """The variable that holds the private key of a certificate."""
    return f"MCLOUD_CONFORM_KEY_{name.upper()}"


@cache
def made(name: str) -> tuple[str, str]:
    """A self-signed certificate and its private key, in PEM; the same ones whenever this process asks."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.example.com")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signed.public_bytes(Encoding.PEM).decode(), private.decode()


def certificate_inputs(name: str) -> dict[str, Any]:
    """Neutral inputs of a certificate."""
    return {"certificate": made(name)[0], "privateKey": {"secret": f"env:{key_variable(name)}"}}


@contextmanager
def keys_at_hand() -> Iterator[None]:
    """While the block runs the keys can be read, by this process and by those that it starts."""
    os.environ.update({key_variable(name): made(name)[1] for name in NAMES})
    try:
        yield
    finally:
        for name in NAMES:
            del os.environ[key_variable(name)]
