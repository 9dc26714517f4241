"""Where each resource instance of the twenty state files goes, by a table; and that no state breaks the account."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcloud.discover.discovery import Discovery
from mcloud.discover.pipeline import discover_tfstate
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import DiscoverError
from mcloud_aws.terraform import MEANINGS

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "examples" / "tfstate", ROOT / "tests" / "data" / "tfstate")
FILES = sorted((path for folder in FOLDERS for path in folder.glob("*.tfstate")), key=lambda path: path.name)
TABLE = ROOT / "tests" / "data" / "tfstate" / "fates.csv"


def together() -> Discovery:
    return discover_tfstate(FILES, placement="vng/hcm", meanings=MEANINGS)


def test_every_instance_has_its_fate() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        expected = {(row["file"], row["address"]): (row["fate"], row["where"]) for row in csv.DictReader(file)}
    found = together()
    assert len(FILES) == 20
    assert len(expected) == len(found.seen) == 72
    wrong = {}
    for outcome in found.outcomes:
        fate, where = expected[Path(outcome.file).name, outcome.address]
        fits = where in outcome.reason if fate == "remainder" else where == outcome.target
        if outcome.fate != fate or not fits:
            wrong[outcome.address] = (outcome.fate, outcome.target or outcome.reason)
    assert wrong == {}
    assert all(outcome.advice for outcome in found.remainder)


IDS = st.sampled_from(["vpc-1", "subnet-1", "subnet-2", "sg-1", "i-1", "eni-1", "lt-1", "tg-1", "lb-1", "eip-1", "b-1"])
BLOCKS = st.sampled_from(["10.0.0.0/16", "10.0.1.0/24", "0.0.0.0/0", "no block"])
JUNK = st.sampled_from(
    [None, "", "x", 0, 7, True, False, [], {}, [{}], ["x", None], [7], "true", "-1", 1.5, {"a": "b"}]
)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        (
            *("id", "arn", "vpc_id", "subnet_id", "instance", "instance_id", "volume_id", "allocation_id", "bucket"),
            *("security_group_id", "source_security_group_id", "referenced_security_group_id", "route_table_id"),
            *("gateway_id", "nat_gateway_id", "network_interface_id", "load_balancer_arn", "target_group_arn", "elb"),
            *("target_id", "listener_arn", "certificate_arn", "launch_configuration", "autoscaling_group_name", "ami"),
            *(
                "internet_gateway_id",
                "name",
                "key_name",
                "lb_target_group_arn",
                "image_id",
                "primary_network_interface_id",
            ),
        ),
        IDS,
    ),
    **dict.fromkeys(("cidr_block", "destination_cidr_block", "cidr_ipv4"), BLOCKS),
    **dict.fromkeys(
        ("subnets", "security_groups", "vpc_security_group_ids", "vpc_zone_identifier", "instances"),
        st.lists(IDS, max_size=2),
    ),
    **dict.fromkeys(("target_group_arns", "load_balancers"), st.lists(IDS, max_size=2)),
    "cidr_blocks": st.lists(BLOCKS, max_size=2),
    "type": st.sampled_from(["ingress", "egress", "gp3", "io1"]),
    "instance_type": st.sampled_from(["t3.micro", "z9.mega"]),
    "protocol": st.sampled_from(["tcp", "HTTP", "HTTPS", "-1", "TLS"]),
    **dict.fromkeys(
        ("port", "from_port", "to_port", "size", "desired_capacity", "min_size"), st.sampled_from([0, 1, 80, "443"])
    ),
    "strategy": st.sampled_from(["spread", "cluster", "partition"]),
    "tags": st.sampled_from([{"Name": "x", "team": "a"}, {"aws:x": "y"}]),
}
BLOCK_NAMES = (
    *("route", "ingress", "egress", "default_action", "action", "condition", "listener", "health_check", "versioning"),
    *("ebs_block_device", "root_block_device", "block_device_mappings", "launch_template", "network_interfaces"),
    *("subnet_mapping", "attachment", "cors_rule", "lifecycle_rule", "rule", "mixed_instances_policy", "tag", "ebs"),
    *("redirect", "fixed_response", "forward", "target_group", "host_header", "path_pattern", "expiration", "filter"),
)
INNER = st.dictionaries(
    st.sampled_from(
        [
            *(*PLAIN, *BLOCK_NAMES, "lb_port", "instance_port", "lb_protocol", "target", "volume_size", "device_name"),
            *("values", "allowed_origins", "allowed_methods", "days", "device_index", "status_code", "host", "path"),
        ]
    ),
    st.one_of(JUNK, IDS, BLOCKS, st.sampled_from([80, 443, "http", "forward", "redirect", "/a*", ["*"], ["GET"]])),
    max_size=6,
)
KINDS = st.sampled_from([*(key.replace("*", "odd") for key in MEANINGS), "aws_unheard_of", "google_sql_user"])
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.one_of(values, values, values, JUNK) for name, values in PLAIN.items()},
        **{name: st.one_of(st.lists(INNER, max_size=2), JUNK) for name in BLOCK_NAMES},
        "policy": st.sampled_from(["{}", "no json", '{"Statement": [{"Effect": "Allow"}]}', "[]"]),
    },
)
EXTRAS = st.sampled_from([{}, {}, {}, {"mode": "data"}, {"deposed": "1"}])


MODULES = st.sampled_from([None, None, "module.a", 'module.a["x"].module.b[0]', "module.b[1]"])
KEYS = st.sampled_from([(None,), (None,), (0, 1, 2), ("a", "b/c"), ("0", 0), ()])
ROWS = st.lists(st.tuples(KINDS, ATTRIBUTES, EXTRAS, MODULES, KEYS), max_size=9)


def state(rows: list[Any]) -> dict[str, Any]:
    """A state of one resource for each row, with an instance for each of its keys."""
    resources = [
        {"mode": extra.get("mode", "managed"), "type": kind, "name": f"r{at}"}
        | ({"module": module} if module else {})
        | {
            "instances": [
                {"attributes": values}
                | ({} if key is None else {"index_key": key})
                | ({"deposed": "1"} if "deposed" in extra else {})
                for key in keys
            ]
        }
        for at, (kind, values, extra, module, keys) in enumerate(rows)
    ]
    return {"version": 4, "resources": resources}


@given(files=st.lists(ROWS, min_size=1, max_size=3), strict=st.booleans())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_states_of_any_types_are_accounted_for(tmp_path: Path, files: list[Any], strict: bool) -> None:
    paths = [tmp_path / f"{number}.tfstate" for number in range(len(files))]
    for path, rows in zip(paths, files, strict=True):
        path.write_text(json.dumps(state(rows)), encoding="utf-8")
    try:
        found = discover_tfstate(paths, placement="vng/hcm", meanings=MEANINGS, strict=strict)
    except DiscoverError as error:
        # Two resources with one id may contradict each other; nothing else of these rows stops a run.
        assert "differs" in str(error)  # noqa: PT017
        return
    for path, rows in zip(paths, files, strict=True):
        counts = found.counts(str(path))
        assert counts.seen == sum(len(row[4]) for row in rows) == counts.mapped + counts.folded + counts.remainder
    assert found.counts().seen == sum(found.counts(str(path)).seen for path in paths)
    assert all(outcome.reason for outcome in found.remainder)
    assert all(outcome.target for outcome in found.mapped)
    assert yaml.safe_load(to_yaml(found)) == json.loads(to_json(found))["document"]
