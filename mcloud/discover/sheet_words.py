"""What people write in lists of servers: column names, sizes, systems, yes and no."""

from __future__ import annotations

import re

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        *("name", "hostname", "host", "server", "servername", "vm", "vmname", "instance", "instancename", "machine"),
        *("machinename", "computername", "node"),
    ),
    "vcpu": ("vcpu", "vcpus", "cpu", "cpus", "cores", "core", "numcpu", "numcpus", "cpucount", "cpucores", "corecount"),
    "memory": ("memory", "mem", "ram", "memorysize", "ramsize"),
    "flavor": ("flavor", "flavour", "instancetype", "type", "size", "sku", "plan", "machinetype"),
    "disk": (
        *("disk", "disksize", "storage", "storagesize", "rootdisk", "rootdisksize", "systemdisk", "osdisk", "bootdisk"),
        *("provisioned", "provisionedstorage", "hdd", "capacity", "totaldiskcapacity"),
    ),
    "data": ("datadisk", "datadisksize", "data", "extradisk", "volume", "volumesize", "seconddisk"),
    "class": ("diskclass", "disktype", "storageclass", "storagetype", "tier", "disktier"),
    "iops": ("iops", "miniops", "diskiops"),
    "os": ("os", "operatingsystem", "guestos", "osname", "system", "image", "osaccordingtothevmwaretools"),
    "version": ("version", "osversion", "release", "osrelease"),
    "network": ("network", "vpc", "vnet", "net", "vlan", "networkname"),
    "network_cidr": ("networkcidr", "networkblock", "vpccidr", "vnetcidr", "networkrange"),
    "subnet": ("subnet", "subnetname", "portgroup", "segment"),
    "subnet_cidr": ("subnetcidr", "subnetblock", "cidr", "block", "subnetrange"),
    "ip": ("ip", "ipaddress", "privateip", "address", "primaryip", "primaryipaddress", "ipv4", "privateipaddress"),
    "public": ("publicip", "public", "publicipaddress", "external", "externalip", "floatingip"),
    "count": ("count", "quantity", "qty", "instances", "number", "numberofservers"),
    "labels": ("labels", "tags"),
    "state": ("state", "status", "powerstate", "power"),
}
"""What a column says -> the names it goes by, in lower case, without anything but letters and digits."""
_UNITS = {
    "b": 0,
    "kb": 10,
    "kib": 10,
    "mb": 20,
    "mib": 20,
    "gb": 30,
    "gib": 30,
    "g": 30,
    "m": 20,
    "tb": 40,
    "tib": 40,
    "t": 40,
}
_CLASSES = {
    "hdd": ("hdd", "sata", "sas", "magnetic", "standard", "nl-sas", "thick", "archive"),
    "ssd": ("ssd", "flash", "premium", "fast"),
    "nvme": ("nvme", "ultra"),
}
_SYSTEMS = (
    (r"ubuntu", "ubuntu"),
    (r"debian", "debian"),
    (r"red ?hat|rhel", "rhel"),
    (r"cent ?os", "centos"),
    (r"rocky", "rocky"),
    (r"alma", "almalinux"),
    (r"oracle", "oracle-linux"),
    (r"suse|sles", "sles"),
    (r"windows", "windows"),
)
_SURE_GIB = 1024
"""Nobody writes a memory of so many GiB without a unit; of so many MiB many do."""


def plain(header: str) -> str:
    """A column's name without anything but letters and digits."""
    return re.sub(r"[^a-z0-9]", "", header.lower())


def column(header: str) -> tuple[str, str] | None:
    """What a column says, and the unit in its name (``Memory (MB)``, ``disk_gb``); None: nobody knows."""
    name = plain(header)
    for unit in ("", *sorted(_UNITS, key=len, reverse=True)):
        stem = name.removesuffix(unit) if unit and name.endswith(unit) else name
        if unit and stem == name:
            continue
        for word, known in COLUMNS.items():
            if stem in known and (not unit or word in ("memory", "disk", "data")):
                return word, unit
    return None


def mebibytes(text: str, unit: str) -> int | None:
    """A size in MiB; ``4``, ``4 GB``, ``7,5``, ``4096 MB``. None: it is none.

    A number without a unit is in that of its column's name, else in GiB; from 1024 on, which is no number of GiB that
    anybody has, in MiB. GB and GiB are taken for the same, as the lists that people have do.
    """
    match = re.fullmatch(r"([0-9][0-9 .,_']*)\s*([A-Za-z]*)", text.strip())
    if match is None:
        return None
    value, said = _number(match[1]), (match[2] or unit).lower()
    if value is None or (said and said not in _UNITS):
        return None
    power = _UNITS[said] if said else (20 if value >= _SURE_GIB else 30)
    found = round(value * 2.0 ** (power - 20))
    return found if found > 0 else None


def _number(text: str) -> float | None:
    """``4``, ``7.5``, ``7,5``, ``1,024``, ``1.024,5``."""
    digits = re.sub(r"[ _']", "", text)
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0:
        mark = digits[last]
        whole, part = digits[:last], digits[last + 1 :]
        other = "." if mark == "," else ","
        thousands = digits.count(mark) > 1 or (len(part) == 3 and other not in whole and mark == ",")
        digits = digits.replace(mark, "") if thousands else re.sub(r"[.,]", "", whole) + "." + part
    try:
        return float(digits)
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """A positive whole number; None: it is none."""
    value = _number(text) if re.fullmatch(r"[0-9][0-9 .,_']*", text.strip()) else None
    return int(value) if value is not None and value >= 1 and value == int(value) else None


def disk_class(text: str) -> str | None:
    """hdd, ssd or nvme; None: the word is not known."""
    words = set(re.split(r"[^a-z0-9-]+", text.lower()))
    return next((name for name, known in _CLASSES.items() if words & set(known)), None)


def system(text: str, version: str) -> tuple[str, str] | None:
    """Operating system and version: ``Red Hat Enterprise Linux 8.6 (64-bit)`` is rhel 8; None: one is lacking."""
    said = re.sub(r"\(?(32|64)[- ]?bits?\)?|x86_64|x64|amd64", " ", text, flags=re.IGNORECASE)
    number = re.search(r"\d+(\.\d+)*", version) or re.search(r"\d+(\.\d+)*", said)
    name = next((found for pattern, found in _SYSTEMS if re.search(pattern, said, re.IGNORECASE)), None)
    if name is None:
        before = re.split(r"\d", said)[0]
        name = re.sub(r"[^a-z0-9]+", "-", before.lower()).strip("-")
    if number is None or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        return None
    parts = number[0].split(".")
    # Images are chosen by what is released; what was updated within it is no choice.
    kept = {"ubuntu": 2}.get(name, 1) if any(name == known for _, known in _SYSTEMS) else len(parts)
    return name, ".".join(parts[:kept])


def yes(text: str) -> bool | None:
    """Yes or no; an address means yes. None: neither."""
    word = text.strip().lower()
    if word in ("", "no", "n", "false", "0", "none", "-", "off", "private"):
        return False
    if word in ("yes", "y", "true", "1", "x", "on", "public") or re.fullmatch(r"[0-9a-f.:]+", word):
        return True
    return None


def is_off(text: str) -> bool:
    """Whether a state says that the machine is switched off."""
    return plain(text) in ("off", "poweredoff", "stopped", "shutdown", "shutoff", "down", "deallocated")
