"""A list of servers: forgiving names of columns, what people write in cells, errors with their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcloud.discover import sheet_words
from mcloud.discover.discovery import Discovery
from mcloud.discover.pipeline import Aim
from mcloud.discover.sheet import discover_csv
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack

WHOLE = """\
Host Name;vCPUs;Memory (GB);Disk GB;Operating System;Network;Subnet;IP Address;Public IP;Owner;Data disk;Tags;Power
web-01;2;4;40;Ubuntu 22.04 LTS;prod;web;10.1.1.11;yes;anna;;env=prod;on
web-02;2;4;40;Ubuntu 22.04 LTS;prod;web;10.1.1.12;yes;bob;;env=prod;on

db1;8;32;100;Windows Server 2019 (64-bit);prod;db;10.1.2.5;;anna;500 GB;db-password=plantedTag-5d11; on
old;4;8;;CentOS 7;;;192.168.5.9;;;;;poweredOff
"""


def discover(folder: Path, text: str | bytes, *, strict: bool = False) -> Discovery:
    path = folder / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return discover_csv(path, Aim("sky/north", strict=strict))


def test_a_list_becomes_a_stack(tmp_path: Path) -> None:
    found = discover(tmp_path, WHOLE.replace("plantedTag-5d11; on", "plantedTag-5d11;on"))
    counts = found.counts()
    assert (counts.seen, counts.mapped, counts.folded, counts.remainder) == (4, 3, 1, 0)
    document: dict[str, Any] = dict(found.document)
    assert document["servers"]["web"] == {
        "size": {"vcpu": 2, "memory": "4 GiB"},
        "image": {"os": "ubuntu", "version": "22.04"},
        "subnet": "prod.web",
        "disk": {"size": "40 GiB", "class": "ssd"},
        "public_ip": True,
        "labels": {"env": "prod"},
        "count": 2,
    }
    assert document["servers"]["db1"]["image"] == {"os": "windows", "version": "2019"}
    assert document["volumes"] == {"db1-data": {"size": "500 GiB", "class": "ssd", "attach": "db1"}}
    networks = document["networks"]
    assert {name: sorted(row["subnets"]) for name, row in networks.items()} == {
        "prod": ["db", "web"],
        "main": ["subnet-192-168-5-0"],
    }
    assert (networks["prod"]["cidr"], networks["prod"]["subnets"]["web"]["cidr"]) == ("10.1.0.0/16", "10.1.1.0/24")
    assert networks["prod"]["subnets"]["web"]["internet"] == "direct"
    text = to_yaml(found)
    assert "        cidr: 10.1.1.0/24  # assumed: the least block around the addresses in it" in text.splitlines()
    assert "#   Owner: this column was not read: what it says has no word here" in text.splitlines()
    assert "switched off" in text
    assert "plantedTag-5d11" not in text + to_json(found) + repr(found)
    assert yaml.safe_load(text) == document
    Stack.model_validate(document)


def test_what_a_list_does_not_say_is_asked_or_left_over(tmp_path: Path) -> None:
    found = discover(tmp_path, "name,type\nlonely,m9.huge\n")
    assert {item.text for item in found.open} >= {
        "what does m9.huge have? This is made up",
        "which system is the system of lonely? This is made up",
    }
    assert found.document["servers"]["lonely"]["subnet"] == "default.default"
    [left] = discover(tmp_path, "name,type\nlonely,m9.huge\n", strict=True).remainder
    assert "the size of m9.huge is not known" in left.reason


def test_blocks_that_are_told_are_taken(tmp_path: Path) -> None:
    rows = (
        "server,cpu,ram,os,subnet,cidr,vpc,vpc cidr,qty\n"
        "a,2,4,debian 12,front,10.3.4.0/25,10.3.0.0/20,,3\n"
        "b,1,1,debian 12,10.9.1.0/24,,,,1\n"
    )
    found = discover(tmp_path, rows)
    [first, second] = found.document["networks"].values()
    assert (first["cidr"], first["subnets"]["front"]["cidr"]) == ("10.3.0.0/20", "10.3.4.0/25")
    assert second["subnets"] == {"subnet-10-9-1-0": {"cidr": "10.9.1.0/24", "internet": "none"}}
    assert (found.document["servers"]["a"]["count"], "count" in found.document["servers"]["b"]) == (3, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_encodings(tmp_path: Path, encoding: str, separator: str) -> None:
    size = "7,5 GB" if separator == "," else "7.5 GB"
    lines = [["name", "cpus", "mem"], ["m\u00e1y-1", "2", f'"{size}"']]
    text = "\n".join(separator.join(line) for line in lines)
    found = discover(tmp_path, text.encode(encoding))
    assert found.document["servers"]["m-y-1"]["size"] == {"vcpu": 2, "memory": "7680 MiB"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", "", "is empty"),
        ("cpu,ram\n1,2\n", ":1", "no column names the servers"),
        ("name,host\na,b\n", ":1", "both say name"),
        ("name,cpu\na,two\n", ":2", "'two' is no number of CPUs"),
        ("name,cpu\na,0\n", ":2", "'0' is no number of CPUs"),
        ("name,ram\n\na,4 apples\n", ":3", "'4 apples' is no memory"),
        ("name,disk\na,-4\n", ":2", "'-4' is no size of a disk"),
        ("name,ip\na,10.0.0.300\n", ":2", "'10.0.0.300' is no address"),
        ("name,cidr\na,10.0.0.1/24\n", ":2", "'10.0.0.1/24' is no block"),
        ("name,public ip\na,perhaps\n", ":2", "'perhaps' is no public address"),
        ("name,cpu\na,1,2\n", ":2", "has 3 cells, and the first line names 2 columns"),
        ("name,cpu\n,1\n", ":2", "has no name"),
        ("name,cpu\na,1\nb,1\na,2\n", ":4", "a is in line 2 too"),
        ("name,subnet,cidr\na,x,10.0.1.0/24\nb,x,10.0.2.0/24\n", ":3", "has the block 10.0.1.0/24 in an earlier line"),
        ("name,subnet,vpc\na,x,one\nb,x,two\n", ":3", "in the network one in an earlier line"),
        ('name,cpu\n"a,1\n', ":2", "is not CSV"),
    ],
)
def test_errors_name_their_line(tmp_path: Path, text: str, line: str, says: str) -> None:
    with pytest.raises(DiscoverError) as caught:
        discover(tmp_path, text)
    assert caught.value.where == f"{tmp_path / 'list.csv'}{line}"
    assert says in caught.value.message
    assert caught.value.hint or "earlier line" in says


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DiscoverError, match="cannot be read"):
        discover_csv(tmp_path / "none", Aim("sky/north"))
    with pytest.raises(DiscoverError, match="UTF-8"):
        discover(tmp_path, b"name\n\xe9\n")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("VM Name", ("name", "")),
        ("# CPUs", ("vcpu", "")),
        ("Memory (MB)", ("memory", "mb")),
        ("ram_gib", ("memory", "gib")),
        ("Disk-GB", ("disk", "gb")),
        ("OS according to the VMware Tools", ("os", "")),
        ("Primary IP Address", ("ip", "")),
        ("cpu gb", None),
        ("Owner", None),
    ],
)
def test_names_of_columns(header: str, expected: tuple[str, str] | None) -> None:
    assert sheet_words.column(header) == expected


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("4", "", 4096),
        ("4096", "", 4096),
        ("4096", "mb", 4096),
        ("4 GB", "mb", 4096),
        ("7,5", "", 7680),
        ("1.024,5", "mb", 1024),
        ("1,024 MB", "", 1024),
        ("1'024 MiB", "", 1024),
        ("0.5", "", 512),
        ("1 TB", "", 2**20),
        ("512 KB", "", None),
        ("0", "", None),
        ("4 apples", "", None),
        ("1.2.3", "", 123 * 1024),
        ("four", "", None),
    ],
)
def test_sizes(text: str, unit: str, expected: int | None) -> None:
    found = sheet_words.mebibytes(text, unit)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("Ubuntu 22.04.3 LTS", "", ("ubuntu", "22.04")),
        ("Red Hat Enterprise Linux 8.6 (64-bit)", "", ("rhel", "8")),
        ("Microsoft Windows Server 2019 (64-bit)", "", ("windows", "2019")),
        ("SUSE Linux Enterprise 15", "", ("sles", "15")),
        ("debian", "12", ("debian", "12")),
        ("Debian GNU/Linux 12", "", ("debian", "12")),
        ("Solaris x86_64 11.4", "", ("solaris", "11.4")),
        ("Ubuntu Linux (64-bit)", "", None),
        ("7", "", None),
    ],
)
def test_systems(text: str, version: str, expected: tuple[str, str] | None) -> None:
    assert sheet_words.system(text, version) == expected


HEADERS = st.lists(
    st.sampled_from(
        ["cpu", "ram", "disk", "os", "network", "subnet", "cidr", "ip", "public ip", "qty", "tags", "state", "odd"]
    ),
    unique=True,
    max_size=8,
)
CELLS = st.sampled_from(
    ["", "2", "4 GB", "ubuntu 22.04", "10.0.1.0/24", "10.0.1.7", "192.168.4.4", "yes", "a=b", "x;y", "off", "-1"]
)


@given(headers=HEADERS, rows=st.lists(st.lists(CELLS, max_size=8), max_size=5), strict=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_list_is_accounted_for_or_refused_with_its_line(
    tmp_path: Path, headers: list[str], rows: list[list[str]], strict: bool
) -> None:
    lines = [["name", *headers], *([f"s{at}", *row[: len(headers)]] for at, row in enumerate(rows, 1))]
    try:
        found = discover(tmp_path, "\n".join("\t".join(line) for line in lines), strict=strict)
    except DiscoverError as error:
        assert str(error.where).startswith(str(tmp_path / "list.csv") + ":")  # noqa: PT017
        return
    counts = found.counts()
    assert counts.seen == len(rows) == counts.mapped + counts.folded + counts.remainder
    assert all(left.reason and left.advice for left in found.remainder)
    Stack.model_validate(found.document)
