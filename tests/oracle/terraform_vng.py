"""The vendor's own Terraform provider, unmodified, against the emulator.

For each scenario, on an emulator of its own: apply, empty plan, changes in place each with an empty plan after it,
import, destroy, nothing left.

    python tests/oracle/terraform_vng.py /path/to/terraform-provider-vngcloud [--only NAME] [--record FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from mcloud.adapter.conformance.pem import make_certificate
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "web.yaml"
COMMON = "provider.tf"


@dataclass(frozen=True)
class Scenario:
    """Resources of one kind of work.

    Attributes:
        file: the Terraform file, beside ``provider.tf``; ``var.step`` is 1 at first.
        recording: the file that the exchanges are recorded in.
        changes: what each further value of ``var.step`` changes in place.
        imports: resource -> the attributes that its import id is made of.
        unread: attributes that an import of the provider cannot find out, because it does not read them.
    """

    file: str
    recording: str
    changes: tuple[tuple[int, str], ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    unread: frozenset[str] = frozenset()

    @property
    def last(self) -> int:
        """The last step."""
        return self.changes[-1][0]


SCENARIOS = {
    # The rule's import is broken in the provider (v1.3.11): it leaves the group out.
    "servers": Scenario(
        "servers.tf",
        "vng-terraform.jsonl",
        (
            (2, "network name, group description, flavor of a running server"),
            (3, "security groups of the server"),
            (4, "root disk grows"),
            (5, "server stops"),
            (6, "flavor of a stopped server"),
        ),
        (
            ("vngcloud_vserver_network.n", ("project_id", "id")),
            ("vngcloud_vserver_subnet.s", ("project_id", "network_id", "id")),
            ("vngcloud_vserver_secgroup.g", ("project_id", "id")),
            ("vngcloud_vserver_sshkey.k", ("project_id", "id")),
            ("vngcloud_vserver_server.w", ("project_id", "id")),
            ("vngcloud_vserver_volume.v", ("project_id", "id")),
            ("vngcloud_vserver_volume_attach.a", ("project_id", "volume_id", "server_id")),
        ),
        frozenset({"ssh_key", "action", "timeouts", "user_data", "root_disk_encryption_type"}),
    ),
    # Attached interfaces have no import.
    "addresses": Scenario(
        "vserver_rest.tf",
        "vng-terraform-rest.jsonl",
        (
            (2, "one more route"),
            (3, "name and description of the virtual address"),
            (4, "name of the elastic interface"),
            (5, "description of the server group"),
        ),
        (
            ("vngcloud_vserver_route_table.r", ("project_id", "id")),
            ("vngcloud_vserver_vip.v", ("project_id", "id")),
            (
                "vngcloud_vserver_address_pair_interface_attachment.a",
                ("project_id", "virtual_ip_address_id", "id"),
            ),
            ("vngcloud_vserver_network_interface.e", ("project_id", "id")),
            ("vngcloud_vserver_server_group.p", ("project_id", "id")),
        ),
        frozenset({"timeouts"}),
    ),
    # Certificates have no import in the provider.
    "load balancers": Scenario(
        "vlb.tf",
        "vng-terraform-vlb.jsonl",
        (
            (2, "package of one load balancer, allowed blocks of a listener of the other"),
            (3, "algorithm, stickiness, monitor and members of pools"),
            (4, "default pool, timeout and headers of a listener"),
            (5, "rule of a policy"),
            (6, "code of a policy's redirect"),
        ),
        (
            ("vngcloud_vlb_load_balancer.alb", ("project_id", "id")),
            ("vngcloud_vlb_load_balancer.nlb", ("project_id", "id")),
            ("vngcloud_vlb_pool.web", ("project_id", "load_balancer_id", "id")),
            ("vngcloud_vlb_pool.db", ("project_id", "load_balancer_id", "id")),
            ("vngcloud_vlb_listener.https", ("project_id", "load_balancer_id", "id")),
            ("vngcloud_vlb_listener.db", ("project_id", "load_balancer_id", "id")),
            ("vngcloud_vlb_l7policy.api", ("project_id", "load_balancer_id", "listener_id", "id")),
            ("vngcloud_vlb_l7policy.old", ("project_id", "load_balancer_id", "listener_id", "id")),
        ),
    ),
}
NOT_READY = {"LoadBalancerNotReady", "ListenerNotReady"}


class Oracle:
    """Terraform in a folder of its own, with the provider taken from a local file."""

    def __init__(self, folder: Path, provider: Path, scenario: Scenario, variables: dict[str, Any]) -> None:
        self.folder = folder
        self.scenario = scenario
        for name in (COMMON, scenario.file):
            shutil.copy(HERE / name, folder / name)
        (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
        cli = folder / "cli.tfrc"
        overrides = f'dev_overrides {{ "vngcloud/vngcloud" = "{provider.parent}" }}'
        cli.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
        self.env = {**os.environ, "TF_CLI_CONFIG_FILE": str(cli), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def run(self, *arguments: str, step: int, wanted: int = 0) -> None:
        """Run terraform; stop when it does not end as wanted."""
        started = time.monotonic()
        command = ["terraform", *arguments, "-no-color"]
        env = {**self.env, "TF_VAR_step": str(step)}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        said = f"step {step}: terraform {' '.join(arguments[:2])}: exit {done.returncode}, {seconds:.0f} s"
        _say(said)
        if done.returncode != wanted:
            _say(done.stdout[-6000:] + done.stderr[-6000:])
            raise SystemExit(f"expected exit {wanted}")

    def apply(self, step: int) -> None:
        """Apply, and a plan after it that has nothing to do."""
        self.run("apply", "-auto-approve", "-input=false", step=step)
        self.run("plan", "-detailed-exitcode", "-input=false", step=step)

    def resources(self) -> dict[str, dict[str, Any]]:
        """Address -> attributes, as the state has them."""
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return {
            f"{item['type']}.{item['name']}": item["instances"][0]["attributes"]
            for item in state["resources"]
            if item["mode"] == "managed"
        }

    def import_again(self, step: int) -> None:
        """Forget resources and import them: the state must be what it was, but for what the provider never reads."""
        before = self.resources()
        for address, names in self.scenario.imports:
            parts = [before[address][name] for name in names]
            self.run("state", "rm", address, step=step)
            self.run("import", "-input=false", address, ":".join(parts), step=step)
        after = self.resources()
        for address, _ in self.scenario.imports:
            read = {name for name in before[address] if name not in self.scenario.unread}
            # Terraform keeps what was never set as null, and what was read as empty.
            values = {name: (before[address][name] or None, after[address].get(name) or None) for name in read}
            odd = {name: pair for name, pair in values.items() if pair[0] != pair[1]}
            if odd:
                raise SystemExit(f"{address} was imported with other values (before, after): {odd}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _certificates() -> dict[str, dict[str, str]]:
    made = {name: make_certificate(f"{name}.example") for name in ("default", "other", "client")}
    return {name: {"certificate": pair[0], "key": pair[1]} for name, pair in made.items()}


def condense(recording: Path) -> None:
    """Leave out sign-ins and reads that are the same, answer included, as one before: Terraform reads all anew for
    every plan. Writes that came too early are left out too: the provider sends them again."""
    kept: dict[str, str] = {}
    for number, line in enumerate(recording.read_text().splitlines()):
        exchange = json.loads(line)
        answer = exchange["response"]
        if isinstance(answer, dict) and answer.get("errorCode") in NOT_READY:
            continue
        repeats = exchange["method"] == "GET" or "/auth/token" in exchange["path"]
        kept.setdefault(line if repeats else str(number), line)
    recording.write_text("".join(f"{line}\n" for line in kept.values()))


def play(cloud: Running, oracle: Oracle) -> None:
    """All steps; SystemExit where one does not end as it must."""
    scenario = oracle.scenario
    before = httpx.get(f"{cloud.url}/_mcloud/inventory").json()
    oracle.apply(1)
    made = {address: item["id"] for address, item in oracle.resources().items()}
    for step, what in scenario.changes:
        _say(f"-- {what}")
        oracle.run("plan", "-detailed-exitcode", "-input=false", step=step, wanted=2)
        oracle.apply(step)
    if {address: item["id"] for address, item in oracle.resources().items()} != made:
        raise SystemExit("something was replaced instead of changed in place")
    _say("-- import")
    oracle.import_again(scenario.last)
    oracle.run("destroy", "-auto-approve", "-input=false", step=scenario.last)
    after = httpx.get(f"{cloud.url}/_mcloud/inventory").json()
    if after != before:
        raise SystemExit(f"left behind: { {kind: len(items) for kind, items in after.items() if items} }")


def run(name: str, provider: Path, records: Path | None) -> None:
    """One scenario on an emulator of its own, recorded when there is a folder for it."""
    scenario = SCENARIOS[name]
    record = None if records is None else records / scenario.recording
    if record is not None:
        record.unlink(missing_ok=True)
    _say(f"== {name}")
    key = yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"]
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(SPEC, client_id="oracle", client_secret="oracle-secret", clock=Clock(0.02), record=record) as cloud,
    ):
        variables = {
            "base": cloud.url,
            "client_id": "oracle",
            "client_secret": "oracle-secret",
            "public_key": key,
            "certificates": _certificates(),
        }
        play(cloud, Oracle(Path(folder), provider.absolute(), scenario, variables))
    if record is not None:
        condense(record)
    _say(
        f"{name}: apply, {len(scenario.changes)} changes in place, import, destroy, every plan after them empty, "
        "nothing left"
    )


def _missing(provider: Path | None) -> str | None:
    """What a run needs and is not there."""
    if provider is None:
        return "no PROVIDER=<binary> was given"
    if not provider.is_file():
        return f"there is no provider at {provider}"
    return "terraform is not installed" if shutil.which("terraform") is None else None


def main() -> None:
    """Run all scenarios, or say aloud that nothing was checked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("provider", nargs="?", type=Path)
    parser.add_argument("--only", choices=SCENARIOS)
    parser.add_argument("--record", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    missing = _missing(arguments.provider)
    if missing is not None:
        _say(f"SKIPPED: {missing}; nothing was checked against the vendor's provider")
        return
    for name in [arguments.only] if arguments.only else SCENARIOS:
        run(name, arguments.provider, arguments.record)


if __name__ == "__main__":
    main()
