"""Runs the program without Pulumi's language host: python run.py up --config placement=aws/ap-southeast-1

It needs ``pulumi`` on PATH. State and configuration are the same as those of plain ``pulumi`` in this folder.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pulumi import automation
from three_tier import program


def main() -> None:
    """Preview, up or destroy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["preview", "up", "destroy"])
    parser.add_argument("--stack", default="dev")
    parser.add_argument("--config", action="append", default=[], metavar="NAME=VALUE", help="set before it runs")
    given = parser.parse_args()
    # Nothing but the program runs Python: no plugin for the language is looked for.
    os.environ.setdefault("PULUMI_PYTHON_CMD", sys.executable)
    here = automation.LocalWorkspaceOptions(work_dir=str(Path(__file__).parent))
    stack = automation.create_or_select_stack(given.stack, project_name="three-tier-web", program=program, opts=here)
    for item in given.config:
        name, _, value = item.partition("=")
        stack.set_config(name, automation.ConfigValue(value))
    try:
        getattr(stack, given.command)(on_output=print)
    except automation.CommandError as error:
        sys.exit(f"pulumi {given.command} failed: {error}".splitlines()[0])


if __name__ == "__main__":
    main()
