"""emulator: run a cloud on this machine."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.adapter.profile import save_profile
from mcloud.cli import out
from mcloud.cli.options import AsJson, make_app
from mcloud.emulator import control
from mcloud.errors import EmulatorError, UsageError

GROUP = True
app = make_app("Run a cloud on this machine, without an account.")
PROFILE = "emulator"
Cloud = Annotated[str, typer.Argument(help="Name of the cloud.")]


@app.command()
def up(
    cloud: Cloud,
    port: int = typer.Option(0, help="Port on loopback; 0 takes a free one."),
    time_factor: float = typer.Option(
        control.DEFAULT_FACTOR, help="The vendor's state times are multiplied by this.", min=0.0
    ),
    record: Annotated[Path | None, typer.Option(help="Write each exchange to this file, secrets masked.")] = None,
    profile: str = typer.Option(PROFILE, help="Name of the profile that is written for it."),
) -> None:
    """Start an emulator and write a profile for it."""
    daemon = control.up(cloud, port=port, time_factor=time_factor, record=record)
    part = control.spec_of(cloud).whole_profile(daemon.url, daemon.client_id, daemon.objects_url)
    part["secrets"] = {name: f"file:{file}" for name, file in daemon.secret_files.items()}
    save_profile(profile, {cloud: part})
    typer.echo(f"the {cloud} emulator is up at {daemon.url} (state times x {daemon.time_factor:g})")
    if daemon.objects_url:
        typer.echo(f"its object storage (S3) is at {daemon.objects_url}")
    typer.echo(f"profile {profile!r} leads to it: add --profile {profile}, or export MCLOUD_PROFILE={profile}")


@app.command()
def down(cloud: Cloud) -> None:
    """Stop an emulator; what it held is gone."""
    typer.echo(f"the {cloud} emulator is down" if control.down(cloud) else f"the {cloud} emulator was not up")


@app.command()
def status(cloud: Cloud, as_json: AsJson = False) -> None:
    """Whether it is up, and how much it holds."""
    daemon = control.running(cloud)
    if daemon is None:
        if as_json:
            out.print_json({"cloud": cloud, "up": False})
        else:
            typer.echo(f"the {cloud} emulator is not up")
        raise typer.Exit(1)
    found = control.call(cloud, "GET", "status")
    if as_json:
        places = {"url": daemon.url, "objects_url": daemon.objects_url}
        out.print_json({**found, "up": True, **places, "pid": daemon.pid})
        return
    held = ", ".join(f"{number} {kind}" for kind, number in found["objects"].items() if number) or "nothing"
    typer.echo(f"the {cloud} emulator is up at {daemon.url} (state times x {found['time_factor']:g}); it holds {held}")


@app.command()
def env(cloud: Cloud) -> None:
    """What to set so that the vendor's own clients talk to it: eval "$(mcloud emulator env CLOUD)"."""
    daemon = control.running(cloud)
    if daemon is None:
        raise EmulatorError(f"the {cloud} emulator is not up", hint=f"mcloud emulator up {cloud}")
    variables = control.spec_of(cloud).whole_env(daemon.url, daemon.client_id, daemon.secret(), daemon.objects())
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def inventory(cloud: Cloud, as_json: AsJson = False) -> None:
    """Every object that it holds."""
    found = control.call(cloud, "GET", "inventory")
    if as_json:
        out.print_json(found)
        return
    rows = [
        (kind, item.get("name") or item.get("displayName") or "", item.get("status") or _held(item))
        for kind in found
        for item in found[kind]
    ]
    out.table(("kind", "name", "status"), rows)


def _held(item: dict[str, Any]) -> str:
    return f"{item['objects']} objects" if "objects" in item else ""


@app.command()
def faults(
    cloud: Cloud,
    add: Annotated[str | None, typer.Option(help='A rule as JSON: {"action": "status", "path": "/servers$"}')] = None,
    clear: bool = typer.Option(False, "--clear", help="Remove all rules."),
) -> None:
    """Make it fail: show, add or clear fault rules."""
    if clear:
        control.call(cloud, "DELETE", "faults")
    if add is not None:
        control.call(cloud, "POST", "faults", _rule(add))
    out.print_json(control.call(cloud, "GET", "faults"))


def _rule(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--add is not JSON: {error}", hint='{"action": "status", "path": "/servers$"}') from error
