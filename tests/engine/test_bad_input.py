"""What goes wrong before anything is made: a clear message, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud_vng.emulator import SPEC

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"placement": "vng/hcmc"}, 1, "did you mean 'hcm'"),
        ({"placement": "vgn/hcm"}, 1, "did you mean 'vng'"),
        ({"placement": "vng/hcm/HCM03-9Z"}, 1, "has no zone 'HCM03-9Z'"),
    ],
)
def test_a_placement_that_is_not_there(desk: Any, change: dict[str, Any], code: int, says: str) -> None:
    desk.write("small.yaml", desk.small(**change))
    for command in ("validate", "up"):
        done = desk.run(command, "small.yaml", exit_code=None)
        assert done.returncode in (code, 1)
        assert says in done.stdout + done.stderr
    assert desk.counts() == {}


def test_a_zone_of_another_cloud(desk: Any) -> None:
    desk.write("small.yaml", desk.small(placement="aws/ap-southeast-1"))
    said = desk.run("validate", "small.yaml", exit_code=1).stdout
    assert "aws/ap-southeast-1 has no zone 'HCM03-1C'" in said


@pytest.mark.parametrize(
    ("flavor", "says"),
    [
        ("s-general-2x5", "did you mean s-general-2x4?"),
        ("s2-general-2x4", "s2-general-2x4 is sold out in HCM03-1C; s-general-2x4 has as much"),
        ("a-general-2x4", "a-general-2x4 is sold in HCM03-1B, not in HCM03-1C"),
    ],
)
def test_a_flavor_that_cannot_be_had(desk: Any, flavor: str, says: str) -> None:
    document = desk.small()
    document["servers"]["web"]["flavor"] = {"vng": flavor}
    path = desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", exit_code=1)
    assert says in done.stderr
    assert f"{path.name}:" in done.stderr
    assert desk.counts() == {}


def test_a_flavor_that_sells_out_on_the_way(desk: Any) -> None:
    """The catalog still had it; the cloud refuses. What is made stays, and the next run goes on."""
    desk.write("small.yaml", desk.small())
    body = {"statusCode": 400, "errorCode": "OutOfStock", "message": "There are no more remaining flavor with id x"}
    desk.fault(action="status", method="POST", path="/servers$", status=400, body=body)
    done = desk.run("up", "small.yaml", exit_code=4)
    assert "There are no more remaining flavor" in done.stderr
    assert "choose another flavor or zone" in done.stderr
    *_, there, failed, again, away = done.stderr.splitlines()
    assert (there, failed) == ("there (2): network main, subnet main.a", "not there, for it failed (1): server web")
    assert again.endswith(":  mcloud up small.yaml")
    assert away.endswith(":  mcloud destroy small.yaml")
    assert desk.counts() == {"networks": 1, "subnets": 1}
    desk.run("up", "small.yaml")
    assert desk.counts()["servers"] == 1


def test_no_credentials(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    done = desk.run("up", "small.yaml", exit_code=1, MCLOUD_PROFILE="default")
    assert "client_id is missing" in done.stderr
    assert "CLIENT_ID" in done.stderr
    document = desk.small()
    document["networks"]["main"]["subnets"]["a"]["zone"] = "HCM03-1Z"
    desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", exit_code=1, MCLOUD_PROFILE="default")
    assert "vng/hcm-3 has no zone 'HCM03-1Z'" in done.stderr
    assert "small.yaml:" in done.stderr


def test_a_profile_that_is_not_there(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    done = desk.run("up", "small.yaml", "--profile", "emulatr", exit_code=1)
    assert "there is no profile 'emulatr'" in done.stderr
    assert "did you mean 'emulator'?" in done.stderr


def test_wrong_credentials(desk: Any) -> None:
    desk.profile("wrong", desk.cloud, secret="not-the-secret")
    desk.write("small.yaml", desk.small())
    done = desk.run("up", "small.yaml", "--profile", "wrong", exit_code=1)
    assert "cannot sign in to VNG Cloud" in done.stderr
    assert "check client_id and client_secret" in done.stderr
    assert "not-the-secret" not in done.stderr


def test_credentials_that_expire_half_way(desk: Any) -> None:
    """Every token is refused once in the middle of the run; each is renewed once and the run ends well."""
    desk.write("small.yaml", desk.small())
    body = {"errors": [{"code": "AUTHENTICATION_FAILED", "message": "Unauthorized"}]}
    desk.fault(action="status", method="POST", path="/subnets$", status=401, body=body)
    desk.fault(action="status", method="GET", path="/servers/ins-", status=401, body=body)
    desk.run("up", "small.yaml")
    assert desk.counts()["servers"] == 1


def test_credentials_that_are_withdrawn_half_way(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    body = {"errors": [{"code": "AUTHENTICATION_FAILED", "message": "Unauthorized"}]}
    desk.fault(action="status", method="POST", path="/servers$", status=401, times=0, body=body)
    done = desk.run("up", "small.yaml", exit_code=4)
    assert "check client_id and client_secret" in done.stderr
    desk.cloud.app.faults.clear()
    desk.run("up", "small.yaml")
    assert desk.counts()["servers"] == 1


def test_the_state_of_another_account(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    desk.run("up", "small.yaml")
    before = desk.run("state", "export", "small.yaml").stdout
    with serve(SPEC, client_id="somebody-else", clock=Clock(0.001)) as other:
        desk.profile("other", other)
        for command in (["up"], ["preview"], ["drift"], ["destroy", "--yes"]):
            done = desk.run(command[0], "small.yaml", *command[1:], "--profile", "other", exit_code=1)
            assert "the state was made with the account vng-" in done.stderr
            assert "use the profile of that account" in done.stderr
    assert desk.run("state", "export", "small.yaml").stdout == before
    assert desk.counts()["servers"] == 1


def test_no_engine_and_no_network(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    empty = desk.folder / "bin"
    empty.mkdir()
    env = {"PATH": str(empty), "MCLOUD_CACHE_DIR": str(desk.folder / "cache"), "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = desk.run("up", "small.yaml", exit_code=1, **env)
    assert "there is no Pulumi engine v3.259.0 and none could be got" in done.stderr
    assert "the official download cannot be reached" in done.stderr
    assert "Go is not installed" in done.stderr
    assert "mcloud engine install" in done.stderr
    assert desk.counts() == {}
    status = desk.run("engine", "status", "--json", exit_code=1, **env)
    assert json.loads(status.stdout)["used"] is None


def test_another_version_of_the_engine_is_passed_over(desk: Any) -> None:
    folder = desk.folder / "bin"
    folder.mkdir()
    fake = folder / "pulumi"
    fake.write_text(f"#!{shutil.which('sh')}\necho v3.100.0\n")
    fake.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    found = json.loads(desk.run("engine", "status", "--json", PATH=path).stdout)
    assert "is v3.100.0, v3.259.0 is needed" in found["places"][0]["remark"]
    assert found["used"] is not None


@pytest.mark.parametrize("variable", ["MCLOUD_BACKEND_URL", "PULUMI_BACKEND_URL"])
def test_a_backend_that_is_not_safe_yet_is_refused(desk: Any, variable: str) -> None:
    desk.write("small.yaml", desk.small())
    done = desk.run("up", "small.yaml", exit_code=1, **{variable: "gs://bucket/state"})
    assert f"{variable} asks for the state to be at gs://" in done.stderr
    assert "MCLOUD_BACKEND_URL=file://FOLDER" in done.stderr
    assert desk.counts() == {}


def test_a_usage_error_is_1_and_not_2(desk: Any) -> None:
    assert "did you mean 'preview'?" in desk.run("previw", "web.yaml", exit_code=1).stderr
    assert "No such option" in desk.run("up", "web.yaml", "--nope", exit_code=1).stderr
    assert "cannot be read" in desk.run("up", "nothing.yaml", exit_code=1).stderr


def test_destroy_without_a_state(desk: Any) -> None:
    done = desk.run("destroy", "web.yaml", "--yes", exit_code=1)
    assert "there is no state of the stack 'web'" in done.stderr


@pytest.mark.parametrize(
    ("backend", "path", "text"),
    [
        ("server", "stacks/small/state.json", "the state is damaged"),
        ("file", "state/.pulumi/stacks/mcloud/small.json", "the state file is damaged"),
    ],
)
def test_a_damaged_state_is_told_and_kept(desk: Any, backend: str, path: str, text: str) -> None:
    desk.env["MCLOUD_STATE_BACKEND"] = backend
    desk.write("small.yaml", desk.small())
    desk.run("up", "small.yaml")
    state = desk.folder / ".mcloud" / path
    state.write_text("{broken")
    done = desk.run("up", "small.yaml", exit_code=1)
    assert text in done.stderr
    assert state.read_text() == "{broken"
    assert desk.counts()["servers"] == 1


def test_the_emulator_says_when_its_port_is_taken(desk: Any) -> None:
    port = desk.cloud.url.rsplit(":", 1)[1]
    done = desk.run("emulator", "up", "vng", "--port", port, exit_code=1)
    assert f"port {port} is in use" in done.stderr


def test_the_emulator_as_a_daemon(desk: Any) -> None:
    assert Path(sys.executable).exists()
    assert "is not up" in desk.run("emulator", "status", "vng", exit_code=1).stdout
    try:
        assert "is up at http://127.0.0.1:" in desk.run("emulator", "up", "vng", "--time-factor", "0.001").stdout
        status = json.loads(desk.run("emulator", "status", "vng", "--json").stdout)
        assert status["time_factor"] == 0.001
        exported = desk.run("emulator", "env", "vng").stdout
        assert f"export VSERVER_BASE_URL={status['url']}/vserver/vserver-gateway" in exported
        rules = desk.run("emulator", "faults", "vng", "--add", '{"action": "status", "path": "/servers$"}').stdout
        assert json.loads(rules)[0]["path"] == "/servers$"
        assert json.loads(desk.run("emulator", "faults", "vng", "--clear").stdout) == []
        assert json.loads(desk.run("emulator", "inventory", "vng", "--json").stdout)["servers"] == []
    finally:
        desk.run("emulator", "down", "vng")
    assert "was not up" in desk.run("emulator", "down", "vng").stdout
