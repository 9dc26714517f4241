"""Certificates for tests, made on the spot. Those of the conformance cases have their keys in variables, for keys are
references."""

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
    return make_certificate(f"{name}.example.com")


def make_certificate(host: str, passphrase: str | None = None, *, plain_rsa: bool = False) -> tuple[str, str]:
    """A self-signed certificate for a host name, and its private key, in PEM; ``plain_rsa`` has no extensions."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048) if plain_rsa else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
    )
    if not plain_rsa:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
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
