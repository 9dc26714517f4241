"""User data that is kept elsewhere, labels, encryption and payment on the real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.engine

TEXT = "#cloud-config\nwrite_files: [{path: /etc/token, content: hunter2-and-more}]\n"
OTHER = "#cloud-config\nwrite_files: [{path: /etc/token, content: another-one}]\n"


def stack(desk: Any, **server: Any) -> dict[str, Any]:
    document: dict[str, Any] = desk.small()
    document["servers"]["web"] |= server
    return document


def everything_written(desk: Any) -> str:
    """All that the run left behind in its folder, but for the secret itself."""
    return "".join(
        path.read_text(errors="replace")
        for path in desk.folder.rglob("*")
        if path.is_file() and path.name != "token.yaml"
    )


def test_user_data_that_is_kept_elsewhere_is_nowhere_in_the_state(desk: Any) -> None:
    secret = desk.folder / "token.yaml"
    secret.write_text(TEXT)
    secret.chmod(0o600)
    desk.write("small.yaml", stack(desk, user_data={"secret": "file:token.yaml"}))
    said = desk.run("up", "small.yaml")
    (server,) = desk.inventory()["servers"]
    assert server["hasUserData"] is True
    assert "hunter2" not in said.stdout + said.stderr + everything_written(desk)
    assert "file:token.yaml" in everything_written(desk)
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout

    # The same text from somewhere else is no change; another text needs a new server.
    desk.write("small.yaml", stack(desk, user_data={"secret": "env:USER_DATA"}))
    assert "nothing to change" in desk.run("preview", "small.yaml", USER_DATA=TEXT.strip()).stdout
    desk.run("up", "small.yaml", USER_DATA=TEXT.strip())
    assert [item["uuid"] for item in desk.inventory()["servers"]] == [server["uuid"]]
    shown = desk.run("preview", "small.yaml", exit_code=2, USER_DATA=OTHER).stdout
    assert "± replace server web (userData)" in shown
    assert "another-one" not in shown + everything_written(desk)

    missing = desk.run("up", "small.yaml", exit_code=None)
    assert missing.returncode in (1, 4)
    assert "the environment variable USER_DATA is not set" in missing.stderr
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}


def test_labels_encryption_and_money(desk: Any) -> None:
    document = stack(
        desk,
        disk={"size": "30 GiB", "encrypted": True},
        labels={"owner": "web-team", "env": "eu"},
        billing={"renew": True},
    )
    document["volumes"] = {"data": {"size": "10 GiB", "attach": "web", "encrypted": True}}
    desk.write("small.yaml", document)
    shown = desk.run("preview", "small.yaml", exit_code=2)
    assert "servers.web: env: tags on VNG have values of 3-255" in shown.stderr
    # 30 and 10 GB of disk 3000 at 3,200; the flavor's price and that of encryption are not known.
    assert "creating takes 128,000 VND from the account on vng/hcm-3 at once for the first month" in shown.stdout
    assert "at a price that is not known: encryption of the root disk, flavor s-general-2x4" in shown.stdout
    assert "not renewed by themselves, so they end after that month: data" in shown.stdout
    as_json = json.loads(desk.run("preview", "small.yaml", "--json", exit_code=2).stdout)
    assert as_json["charges"] == {"vng/hcm-3": {"VND": "128000"}}

    desk.run("up", "small.yaml")
    world = desk.cloud.app.cloud.worlds["hcm-3"]
    (server,) = desk.inventory()["servers"]
    assert (server["encryptionVolume"], server["autoRenew"]) == (True, True)
    assert [(tag["key"], tag["value"]) for tag in world.tags[server["uuid"]]] == [("owner", "web-team")]
    quiet = desk.run("preview", "small.yaml").stdout
    assert "nothing to change" in quiet
    assert "creating takes" not in quiet

    document["servers"]["web"]["labels"] = {"owner": "ops-team"}
    desk.write("small.yaml", document)
    assert "~ change server web (labels)" in desk.run("preview", "small.yaml", exit_code=2).stdout
    desk.run("up", "small.yaml")
    assert [tag["value"] for tag in world.tags[server["uuid"]]] == ["ops-team"]

    document["servers"]["web"]["billing"] = {"renew": False}
    desk.write("small.yaml", document)
    assert "whether a server is renewed cannot be changed" in desk.run("preview", "small.yaml", exit_code=1).stderr


def test_an_encrypted_volume_on_a_plain_server_is_told_before_anything_is_made(desk: Any) -> None:
    document = stack(desk)
    document["volumes"] = {"data": {"size": "10 GiB", "attach": "web", "encrypted": True}}
    desk.write("small.yaml", document)
    assert "[encrypted-volume, blocking]" in desk.run("validate", "small.yaml", exit_code=3).stdout
    assert "[encrypted-volume, blocking]" in desk.run("up", "small.yaml", exit_code=3).stderr
    assert desk.counts() == {}
