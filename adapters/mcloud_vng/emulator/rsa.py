"""RSA key pairs, for the call that generates one. They are real pairs, made for tests and nothing else."""

from __future__ import annotations

import base64
import math
import secrets
import struct

BITS = 2048
EXPONENT = 65537
SMALL_PRIMES = [number for number in range(3, 2000, 2) if all(number % other for other in range(3, number, 2))]
ROUNDS = 8  # of Miller-Rabin: more than a random candidate of this size needs


def make_pair() -> tuple[str, str]:
    """An OpenSSH public key line, and the private key in PEM (PKCS #1, RFC 8017 A.1.2)."""
    while True:
        first, second = _prime(BITS // 2), _prime(BITS // 2)
        modulus = first * second
        if first != second and math.gcd(EXPONENT, (first - 1) * (second - 1)) == 1:
            break
    private = pow(EXPONENT, -1, math.lcm(first - 1, second - 1))
    halves = (private % (first - 1), private % (second - 1), pow(second, -1, first))
    return _openssh(modulus), _pem((0, modulus, EXPONENT, private, first, second, *halves))


def _prime(bits: int) -> int:
    """A random prime; its two highest bits are set, so that the product of two has all its bits."""
    while True:
        number = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if all(number % prime for prime in SMALL_PRIMES) and _is_prime(number):
            return number


def _is_prime(number: int) -> bool:
    """Miller-Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_is_no_witness(secrets.randbelow(number - 3) + 2, number, odd, twos) for _ in range(ROUNDS))


def _is_no_witness(base: int, number: int, odd: int, twos: int) -> bool:
    value = pow(base, odd, number)
    if value in (1, number - 1):
        return True
    for _ in range(twos - 1):
        value = value * value % number
        if value == number - 1:
            return True
    return False


def _signed(number: int) -> bytes:
    """Big-endian with room for the sign, as SSH's mpint and DER's INTEGER both want it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _openssh(modulus: int) -> str:
    parts = (b"ssh-rsa", _signed(EXPONENT), _signed(modulus))
    blob = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return f"ssh-rsa {base64.b64encode(blob).decode()} generated"


def _pem(numbers: tuple[int, ...]) -> str:
    content = b"".join(_der(0x02, _signed(number)) for number in numbers)
    encoded = base64.b64encode(_der(0x30, content)).decode()
    lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
    return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----", ""])


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
