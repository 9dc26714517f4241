"""The vendor's own Terraform provider, unmodified, against the emulator.

Apply, empty plan, change in place, empty plan, destroy, nothing left.

    python tests/oracle/terraform_vng.py /path/to/terraform-provider-vngcloud [--record FILE]
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
from pathlib import Path

import httpx
import yaml

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud_vng.emulator import SPEC

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "web.yaml"


class Oracle:
    """Terraform in a folder of its own, with the provider taken from a local file."""

    def __init__(self, folder: Path, provider: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        shutil.copy(HERE / "vng.tf", folder / "main.tf")
        (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
        cli = folder / "cli.tfrc"
        overrides = f'dev_overrides {{ "vngcloud/vngcloud" = "{provider.parent}" }}'
        cli.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
        self.env = {**os.environ, "TF_CLI_CONFIG_FILE": str(cli), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def run(self, *arguments: str, wanted: int = 0) -> None:
        """Run terraform; stop when it does not end as wanted."""
        started = time.monotonic()
        command = ["terraform", *arguments, "-no-color"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        sys.stdout.write(
            f"terraform {' '.join(arguments)}: exit {done.returncode}, {time.monotonic() - started:.0f} s\n"
        )
        sys.stdout.flush()
        if done.returncode != wanted:
            sys.stdout.write(done.stdout[-6000:] + done.stderr[-6000:])
            raise SystemExit(f"expected exit {wanted}")


def main() -> None:
    """Run all steps, or say aloud that nothing was checked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("provider", nargs="?", type=Path)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    if arguments.provider is None or shutil.which("terraform") is None:
        missing = "no PROVIDER=<binary> was given" if arguments.provider is None else "terraform is not installed"
        sys.stdout.write(f"SKIPPED: {missing}; nothing was checked against the vendor's provider\n")
        return
    key = yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"]
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(
            SPEC, client_id="oracle", client_secret="oracle-secret", clock=Clock(0.02), record=arguments.record
        ) as cloud,
    ):
        before = httpx.get(f"{cloud.url}/_mcloud/inventory").json()
        variables = {"base": cloud.url, "client_id": "oracle", "client_secret": "oracle-secret", "public_key": key}
        oracle = Oracle(Path(folder), arguments.provider.absolute(), variables)
        oracle.run("apply", "-auto-approve", "-input=false")
        oracle.run("plan", "-detailed-exitcode", "-input=false")
        oracle.run("plan", "-detailed-exitcode", "-input=false", "-var", "step=2", wanted=2)
        oracle.run("apply", "-auto-approve", "-input=false", "-var", "step=2")
        oracle.run("plan", "-detailed-exitcode", "-input=false", "-var", "step=2")
        oracle.run("destroy", "-auto-approve", "-input=false", "-var", "step=2")
        after = httpx.get(f"{cloud.url}/_mcloud/inventory").json()
    if after != before:
        raise SystemExit(f"left behind: { {kind: len(items) for kind, items in after.items() if items} }")
    sys.stdout.write("the vendor's provider: apply, empty plan, change in place, empty plan, destroy, nothing left\n")


if __name__ == "__main__":
    main()
