"""Values with units as people write them: ``4 GiB``, ``300 Mbps``, ``15 min``, ``120,000 VND``.

Each type parses what people write, prints itself the same way, and gives its JSON schema. All are exact: sizes are
whole bytes, money is a Decimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import total_ordering
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# A comma parts thousands; in "1,5" it would be a decimal comma, which is not read as 15.
_NUMBER = r"(\d{1,3}([,_]\d{3})+|\d+)(\.\d+)?"
_QUANTITY = re.compile(rf"^\s*(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-z]*)\s*$", re.ASCII)


def _split(text: str, example: str) -> tuple[Decimal, str]:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity; write it like {example!r}")
    if not match["unit"]:
        raise ValueError(f"{text!r} has no unit; write it like {example!r}")
    return Decimal(match["number"].replace("_", "").replace(",", "")), match["unit"]


def _whole(number: Decimal, factor: int, text: str, unit: str) -> int:
    """So many of the smallest unit, exact."""
    with localcontext(prec=60):
        total = number * factor
        if total >= 2**63:
            raise ValueError(f"{text!r} is too large")
        if total != total.to_integral_value():
            raise ValueError(f"{text!r} is not a whole number of {unit}")
        return int(total)


class _Quantity:
    """What the units share: a pydantic schema that parses a string and prints one."""

    example: ClassVar[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a person wrote.

        Raises:
            ValueError: not a quantity, or an unknown unit.
        """
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: object) -> _Quantity:
            if isinstance(value, cls):
                return value
            if isinstance(value, str):
                return cls.parse(value)
            raise ValueError(f"{value!r} has no unit; write it like {cls.example!r}")

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "examples": [cls.example], "pattern": rf"^\s*{_NUMBER}\s*[A-Za-z]+\s*$"}


@total_ordering
@dataclass(frozen=True)
class Size(_Quantity):
    """An amount of memory or storage, in whole bytes; printed in the largest binary unit that is exact."""

    bytes: int
    example: ClassVar[str] = "4 GiB"
    _FACTORS: ClassVar[dict[str, int]] = {
        "B": 1,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
        "TiB": 2**40,
        "KB": 10**3,
        "MB": 10**6,
        "GB": 10**9,
        "TB": 10**12,
    }

    @classmethod
    def parse(cls, text: str) -> Size:
        number, unit = _split(text, cls.example)
        by_lower = {name.lower(): factor for name, factor in cls._FACTORS.items()}
        factor = by_lower.get(unit.lower())
        if factor is None:
            known = ", ".join(cls._FACTORS)
            raise ValueError(
                f"{unit!r} is no unit of size (in {text!r}); write it like {cls.example!r}; known: {known}"
            )
        return cls(_whole(number, factor, text, "bytes"))

    @classmethod
    def gib(cls, number: int) -> Size:
        """So many GiB."""
        return cls(number * 2**30)

    @property
    def in_gib(self) -> Decimal:
        """The size in GiB, exact."""
        return Decimal(self.bytes) / 2**30

    @property
    def whole_gib(self) -> int:
        """The size in GiB, rounded up: clouds sell whole ones."""
        return -(-self.bytes // 2**30)

    def __lt__(self, other: Size) -> bool:
        return self.bytes < other.bytes

    def __str__(self) -> str:
        for unit in ("TiB", "GiB", "MiB", "KiB"):
            factor = self._FACTORS[unit]
            if self.bytes and self.bytes % factor == 0:
                return f"{self.bytes // factor} {unit}"
        return f"{self.bytes} B"


@total_ordering
@dataclass(frozen=True)
class Rate(_Quantity):
    """A rate of transfer in bits per second, decimal units as networks use them."""

    bits_per_second: int
    example: ClassVar[str] = "300 Mbps"
    _FACTORS: ClassVar[dict[str, int]] = {"bps": 1, "Kbps": 10**3, "Mbps": 10**6, "Gbps": 10**9}

    @classmethod
    def parse(cls, text: str) -> Rate:
        number, unit = _split(text, cls.example)
        by_lower = {name.lower(): factor for name, factor in cls._FACTORS.items()}
        factor = by_lower.get(unit.lower())
        if factor is None:
            known = ", ".join(cls._FACTORS)
            raise ValueError(
                f"{unit!r} is no unit of rate (in {text!r}); write it like {cls.example!r}; known: {known}"
            )
        return cls(_whole(number, factor, text, "bits per second"))

    def __lt__(self, other: Rate) -> bool:
        return self.bits_per_second < other.bits_per_second

    def __str__(self) -> str:
        for unit in ("Gbps", "Mbps", "Kbps"):
            factor = self._FACTORS[unit]
            if self.bits_per_second and self.bits_per_second % factor == 0:
                return f"{self.bits_per_second // factor} {unit}"
        return f"{self.bits_per_second} bps"


@total_ordering
@dataclass(frozen=True)
class Duration(_Quantity):
    """A length of time in whole seconds."""

    seconds: int
    example: ClassVar[str] = "15 min"
    _FACTORS: ClassVar[dict[str, int]] = {"s": 1, "min": 60, "h": 3600, "d": 86400}

    @classmethod
    def parse(cls, text: str) -> Duration:
        number, unit = _split(text, cls.example)
        factor = cls._FACTORS.get(unit.lower())
        if factor is None:
            known = ", ".join(cls._FACTORS)
            raise ValueError(
                f"{unit!r} is no unit of time (in {text!r}); write it like {cls.example!r}; known: {known}"
            )
        return cls(_whole(number, factor, text, "seconds"))

    def __lt__(self, other: Duration) -> bool:
        return self.seconds < other.seconds

    def __str__(self) -> str:
        for unit in ("d", "h", "min"):
            factor = self._FACTORS[unit]
            if self.seconds and self.seconds % factor == 0:
                return f"{self.seconds // factor} {unit}"
        return f"{self.seconds} s"


@dataclass(frozen=True)
class Money(_Quantity):
    """An amount in one currency, VND or USD; amounts of two currencies never add up by themselves."""

    amount: Decimal
    currency: str
    example: ClassVar[str] = "120,000 VND"
    _CURRENCIES: ClassVar[tuple[str, ...]] = ("VND", "USD")

    @classmethod
    def parse(cls, text: str) -> Money:
        number, unit = _split(text, cls.example)
        if unit.upper() not in cls._CURRENCIES:
            raise ValueError(f"{unit!r} is no currency known here (in {text!r}); known: {', '.join(cls._CURRENCIES)}")
        return cls(number, unit.upper())

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"cannot add {self.currency} and {other.currency} without an exchange rate")
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"
