"""Certificates of listeners; where the key of one is, a person has to say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcloud.discover.ledger import Item, Ledger, Namer
from mcloud.discover.parts import CertificatePart


class Certificates:
    """Writes the section ``certificates``."""

    def __init__(self, ledger: Ledger) -> None:
        self.section: dict[str, Any] = {}
        self._ledger = ledger
        self._names: dict[str, str] = {}
        self._namer = Namer()

    def write(self, certificates: Iterable[tuple[Item, CertificatePart]]) -> None:
        """Those that the sources hold."""
        for item, part in certificates:
            if part.certificate is None and self._ledger.strict:
                advice = "add it under certificates, with a reference to its key, and an https listener that names it"
                self._ledger.leave(item, "neither certificate nor key can be read back", advice)
                continue
            name = self._add(item.label, part.id, part.certificate)
            if part.chain:
                self.section[name]["chain"] = part.chain
            self._ledger.settle(item, "mapped", f"certificates.{name}")

    def find(self, native: str | None) -> str | None:
        """The name of one that a listener has; one that no source holds is added where that may be."""
        if native not in self._names and not self._ledger.strict:
            plain = (native or "certificate").rsplit("/", 1)[-1]
            self._add(plain if plain[:1].isalpha() else f"certificate-{plain[:8]}", native or "", None)
        return self._names.get(native or "")

    def _add(self, label: str, native: str, certificate: str | None) -> str:
        name = self._namer.give(label)
        variable = f"{name.upper().replace('-', '_')}_KEY"
        self.section[name] = {"certificate": certificate or f"file:{name}.pem", "private_key": f"env:{variable}"}
        self._names[native] = name
        asked = f"where is the key of {name}? {variable} is a made-up place"
        if certificate is None:
            asked = f"no source holds {native or 'a certificate'}: where are it and its key? Both places are made up"
        self._ledger.ask(("certificates", name), native, asked)
        return name
