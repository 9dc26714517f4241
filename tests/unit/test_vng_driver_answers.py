"""What the driver sends and how it takes answers that the emulated service never gives."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from libcloud.compute.types import NodeState, StorageVolumeState

from mcloud_vng.driver import VNGNodeDriver
from mcloud_vng.vendor_errors import VendorError

SECRET = "s3cr3t/+"
TOKEN = {"access_token": "token-1", "token_type": "bearer", "expires_in": "7200"}
PROJECTS = {"success": True, "projects": [{"projectId": "pro-1", "userId": 7}]}


class Service(ThreadingHTTPServer):
    """Answers by "METHOD path" from a table of (status, headers, body); keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.put("POST /iam/v2/auth/token", TOKEN)
        self.put("GET /gw/v1/projects", PROJECTS)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, call: str, body: Any, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.answers[call] = (status, headers, raw)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Service

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        call = f"{self.command} {self.path}"
        self.server.asked.append((call, dict(self.headers), sent))
        status, headers, body = self.server.answers.get(call, (404, {}, b'{"message":"no route"}'))
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def connect(service: Service, **changes: Any) -> VNGNodeDriver:
    arguments = {"iam_endpoint": f"{service.url}/iam/", "vserver_endpoint": f"{service.url}/gw/", **changes}
    return VNGNodeDriver("client:1", SECRET, **arguments)


def _basic(headers: dict[str, str]) -> str:
    return base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()


def test_signing_in_as_the_vendors_terraform_provider_does(service: Service) -> None:
    connect(service).ex_list_projects()
    (call, headers, body), (asked, bearer, _) = service.asked
    assert call == "POST /iam/v2/auth/token"
    assert _basic(headers) == "client%3A1:s3cr3t%2F%2B"
    assert (headers["Content-Type"], body) == (
        "application/x-www-form-urlencoded",
        "grant_type=client_credentials&scope=email",
    )
    assert (asked, bearer["Authorization"]) == ("GET /gw/v1/projects", "Bearer token-1")


def test_signing_in_the_older_way(service: Service) -> None:
    service.put("POST /iam/v1/auth/token", {"accessToken": "token-old"})
    connect(service, auth_version="v1").ex_list_projects()
    (call, headers, body), (_, bearer, _) = service.asked
    assert (call, _basic(headers)) == ("POST /iam/v1/auth/token", "client:1:s3cr3t/+")
    assert (headers["Content-Type"], json.loads(body)) == ("application/json", {"grantType": "client_credentials"})
    assert bearer["Authorization"] == "Bearer token-old"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"auth_version": "v3"}, "auth_version is 'v3'"),
        ({"iam_endpoint": "iam.example.test"}, "is no endpoint"),
        ({"vserver_endpoint": "ftp://example.test"}, "is no endpoint"),
    ],
)
def test_wrong_settings_are_told_before_any_call(service: Service, changes: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        connect(service, **changes)
    assert service.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(service: Service, status: int) -> None:
    service.put("POST /gw/v2/pro-1/networks", b"", status, location=f"{service.url}/elsewhere")
    with pytest.raises(VendorError, match="redirected to another address") as caught:
        connect(service).ex_create_network({"name": "net-one"})
    assert (caught.value.status, caught.value.sent) == (None, True)
    assert [call for call, _, _ in service.asked if "elsewhere" in call] == []


def test_a_netrc_entry_does_not_replace_the_token(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("mcloud_vng.connection.LOOPBACK", ())
    connect(service).ex_list_projects()
    assert [headers["Authorization"].split()[0] for _, headers, _ in service.asked] == ["Basic", "Bearer"]
    assert _basic(service.asked[0][1]) == "client%3A1:s3cr3t%2F%2B"


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_answers_are_utf8(service: Service, kind: str) -> None:
    item = {"id": "net-1", "displayName": "mạng nội bộ"}
    service.put("GET /gw/v2/pro-1/networks/net-1", item, 200, **{"content-type": kind})
    assert connect(service).ex_get_network("net-1") == item


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (502, b"<html><head><title>502 Bad\n Gateway</title></head></html>", (502, None, "502 Bad Gateway")),
        (200, b"<html>hello</html>", (None, None, "HTTP 200, but the answer is not JSON")),
        (200, b"", (None, None, "the answer has no data")),
        (202, b'{"data":null}', (None, None, "the answer has no data")),
        (200, b'{"success":false,"errorCode":9,"errorMsg":"no"}', (200, "9", "no")),
        (400, b'{"message":null}', (400, None, "")),
    ],
)
def test_odd_answers_to_a_create(service: Service, status: int, body: bytes, expected: tuple[Any, ...]) -> None:
    service.put("POST /gw/v2/pro-1/networks", body, status)
    with pytest.raises(VendorError) as caught:
        connect(service).ex_create_network({"name": "net-one"})
    error = caught.value
    assert (error.status, error.code, error.text) == expected
    assert error.sent


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"data": None}, None),
        ({"data": {"uuid": "vol-1", "status": "DELETED"}}, None),
        ({"data": {"uuid": "vol-1", "status": "DELETING"}}, {"uuid": "vol-1", "status": "DELETING"}),
    ],
)
def test_the_forms_of_not_there(service: Service, answer: Any, expected: Any) -> None:
    service.put("GET /gw/v2/pro-1/volumes/vol-1", answer)
    assert connect(service).ex_get_volume("vol-1") == expected


def test_a_sign_in_without_a_token_is_told_without_its_body(service: Service) -> None:
    service.put("POST /iam/v2/auth/token", b'{"acc": "half-a-token')
    with pytest.raises(VendorError, match="not JSON") as caught:
        connect(service).ex_list_projects()
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    service.put("POST /iam/v2/auth/token", {"token_type": "bearer"})
    with pytest.raises(VendorError, match="the answer has no access_token"):
        connect(service).ex_list_projects()


def test_a_generated_key_has_its_private_part_once(service: Service) -> None:
    row = {"id": "ssh-1", "name": "key-one", "pubKey": "ssh-rsa AAAA", "privateKey": "-----BEGIN"}
    service.put("POST /gw/v2/pro-1/sshKeys", {"data": row}, 201)
    made = connect(service).create_key_pair("key-one")
    assert (made.name, made.public_key, made.private_key) == ("key-one", "ssh-rsa AAAA", "-----BEGIN")
    assert json.loads(service.asked[-1][2]) == {"name": "key-one"}
    assert "BEGIN" not in repr(made)


def test_a_delete_carries_its_body(service: Service) -> None:
    service.put("DELETE /gw/v2/pro-1/servers/ins-1", {"data": {}}, 202)
    driver = connect(service)
    driver.ex_delete_server("ins-1")
    driver.ex_delete_server("ins-1", delete_all_volumes=True)
    assert [json.loads(body) for _, _, body in service.asked[-2:]] == [
        {"deleteAllVolume": False},
        {"deleteAllVolume": True},
    ]


def test_the_zone_abroad_and_closed_zones(service: Service) -> None:
    zones = [
        {"uuid": "HCM03-1A", "name": "HCM-1A", "isEnabled": False},
        {"uuid": "HCM03-1C", "name": "HCM-1C", "isEnabled": True},
        {"uuid": "HCM03-BKK-01", "name": "BKK-1A", "isEnabled": True},
    ]
    service.put("GET /gw/v1/pro-1/zones", {"data": zones})
    found = [(zone.id, zone.country) for zone in connect(service).list_locations()]
    assert found == [("HCM03-1C", "VN"), ("HCM03-BKK-01", "TH")]


def test_a_zone_that_only_the_family_names(service: Service) -> None:
    families = [{"id": "fz-1", "name": "general", "zoneId": "HCM03-1C"}]
    row = {"name": "s-2x4", "cpu": 2, "memory": 4, "zoneId": None, "isSoldOut": False}
    rows = [{**row, "flavorId": "flav-1", "remainingVms": 3}, {**row, "flavorId": "flav-2", "remainingVms": 0}]
    service.put("GET /gw/v1/pro-1/flavor_zones/product", {"success": True, "flavorZones": families})
    service.put("GET /gw/v1/pro-1/fz-1/flavors", {"success": True, "flavors": rows})
    driver = connect(service)
    assert [(size.id, size.ram, size.extra["zone"]) for size in driver.list_sizes()] == [("flav-1", 4096, "HCM03-1C")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATING", NodeState.PENDING),
        ("CREATING-BILLING", NodeState.PENDING),
        ("ACTIVE", NodeState.RUNNING),
        ("TURNING-OFF", NodeState.STOPPING),
        ("STOPPED", NodeState.STOPPED),
        ("STARTING", NodeState.STARTING),
        ("REBOOTING", NodeState.REBOOTING),
        ("CHANGING-FLAVOR", NodeState.RECONFIGURING),
        ("VERIFYING-FLAVOR", NodeState.RECONFIGURING),
        ("CHANGING-SECURITY-GROUP", NodeState.RECONFIGURING),
        ("ERROR", NodeState.ERROR),
        ("SOMETHING-NEW", NodeState.UNKNOWN),
    ],
)
def test_states_of_nodes(service: Service, status: str, state: NodeState) -> None:
    nics = [{"fixedIp": "10.42.1.10", "floatingIp": "203.0.113.7"}, {"fixedIp": "10.42.2.10", "floatingIp": None}]
    row = {"uuid": "ins-1", "name": "web-1", "status": status, "internalInterfaces": nics}
    service.put("GET /gw/v2/pro-1/servers/ins-1", {"data": row})
    node = connect(service).ex_get_node("ins-1")
    assert node is not None
    assert (node.state, node.extra["status"]) == (state, status)
    assert (node.public_ips, node.private_ips) == (["203.0.113.7"], ["10.42.1.10", "10.42.2.10"])


def test_volumes(service: Service) -> None:
    states = {
        "AVAILABLE": StorageVolumeState.AVAILABLE,
        "IN-USE": StorageVolumeState.INUSE,
        "RESIZING": StorageVolumeState.UPDATING,
        "SOMETHING-NEW": StorageVolumeState.UNKNOWN,
    }
    rows = [{"uuid": f"vol-{status}", "name": "data", "size": 20, "status": status} for status in states]
    page = {"listData": rows, "page": 1, "pageSize": 100, "totalPage": 1, "totalItem": len(rows)}
    service.put("GET /gw/v2/pro-1/volumes?page=1&size=100", page)
    assert [volume.state for volume in connect(service).list_volumes()] == list(states.values())


def test_a_list_without_paging_figures_is_one_page(service: Service) -> None:
    whole = {"listData": [{"id": "net-1"}], "page": 0, "pageSize": 0, "totalPage": 0, "totalItem": 1}
    service.put("GET /gw/v2/pro-1/networks?page=1&size=100", whole)
    assert connect(service).ex_list_networks() == [{"id": "net-1"}]
