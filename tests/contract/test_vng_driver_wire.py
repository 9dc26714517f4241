"""Signing in and what goes wrong on the wire, against the emulated service and its faults."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud.secrets import without_secrets
from mcloud_vng.driver import VNGNodeDriver
from mcloud_vng.emulator import SPEC
from mcloud_vng.vendor_errors import VendorError

SECRET = "wire-s3cr3t/+%:é"
NEVER = 10**9
BODY = {"name": "net-one", "cidr": "10.42.0.0/16"}


@pytest.fixture
def emulator() -> Iterator[Running]:
    with serve(SPEC, client_id="wire-client", client_secret=SECRET) as running:
        # Rules that never strike: they count.
        running.app.faults.add(FaultRule(action="status", path="/auth/token$", nth=NEVER))
        running.app.faults.add(FaultRule(action="status", path="/networks$", nth=NEVER))
        yield running


def connect(emulator: Running, secret: str = SECRET, **changes: Any) -> VNGNodeDriver:
    arguments = {
        "iam_endpoint": f"{emulator.url}/accounts-api",
        "vserver_endpoint": f"{emulator.url}/vserver/vserver-gateway",
        **changes,
    }
    return VNGNodeDriver(emulator.client_id, secret, **arguments)


@pytest.fixture
def driver(emulator: Running) -> VNGNodeDriver:
    """Signed in already."""
    made = connect(emulator)
    made.ex_account()
    return made


def counted(emulator: Running) -> tuple[int, int]:
    """Sign-ins, and calls of the list or create of networks."""
    rules = emulator.app.faults.rules()
    return rules[0]["seen"], rules[1]["seen"]


def spoil(emulator: Running, **rule: Any) -> None:
    emulator.app.faults.add(FaultRule(**{"path": "/networks$", **rule}))


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_both_ways_to_sign_in(emulator: Running, version: str) -> None:
    secret = SECRET.replace("%", "").replace("é", "")
    emulator.app.cloud._client = (emulator.client_id, secret)  # type: ignore[attr-defined]
    spoil(emulator, action="status", path=f"/{'v1' if version == 'v2' else 'v2'}/auth/token$", times=0)
    assert (
        connect(emulator, secret, auth_version=version).ex_account()["user_id"]
        == emulator.app.cloud.worlds["hcm-3"].user
    )


def test_drivers_of_one_account_share_a_token(emulator: Running) -> None:
    connect(emulator).ex_list_networks()
    connect(emulator).ex_list_networks()
    assert counted(emulator)[0] == 1


def test_a_wrong_secret_is_not_let_in_by_a_token_that_is_there(emulator: Running, driver: VNGNodeDriver) -> None:
    with pytest.raises(VendorError) as caught:
        connect(emulator, "another").ex_list_networks()
    assert (caught.value.status, caught.value.code) == (401, "AUTHENTICATION_FAILED")
    assert caught.value.path == "/v2/auth/token"


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, None), (401, {"message": None}), (500, {"code": "IAM_VALIDATION_ERROR", "message": "token"})],
)
def test_a_refused_token_is_renewed_once(emulator: Running, driver: VNGNodeDriver, status: int, body: Any) -> None:
    spoil(emulator, action="status", status=status, body=body)
    assert driver.ex_list_networks() == []
    assert counted(emulator) == (2, 2)


def test_an_expired_token_is_renewed(emulator: Running, driver: VNGNodeDriver) -> None:
    emulator.app.cloud.tune("expire-tokens", {})
    assert driver.ex_create_network(BODY)["displayName"] == "net-one"
    assert counted(emulator) == (2, 2)


def test_a_token_that_is_always_refused_does_not_loop(emulator: Running, driver: VNGNodeDriver) -> None:
    spoil(emulator, action="status", status=401, times=0)
    with pytest.raises(VendorError) as caught:
        driver.ex_list_networks()
    assert caught.value.status == 401
    assert counted(emulator) == (2, 2)


def test_many_threads_share_a_driver_and_one_sign_in(emulator: Running) -> None:
    driver = connect(emulator)
    barrier = threading.Barrier(8)

    def work(number: int) -> list[str]:
        barrier.wait()
        made = driver.ex_create_security_group({"name": f"group-{number}"})["uuid"]
        return [(driver.ex_get_security_group(made) or {})["name"] for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert results == [[f"group-{number}"] * 5 for number in range(8)]
    assert counted(emulator)[0] == 1


def test_many_threads_renew_one_expired_token_once(emulator: Running, driver: VNGNodeDriver) -> None:
    emulator.app.cloud.tune("expire-tokens", {})
    barrier = threading.Barrier(8)

    def work(_: int) -> int:
        barrier.wait()
        return len(driver.ex_list_zones())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [3] * 8
    assert counted(emulator)[0] == 2


@pytest.mark.parametrize(
    ("rule", "status", "code", "text", "wait"),
    [
        ({"action": "rate-limit", "seconds": 7}, 429, None, "too many requests", 7.0),
        ({"action": "status", "status": 503, "body": {"message": "maintenance"}}, 503, None, "maintenance", None),
        (
            {"action": "status", "status": 403, "body": [{"code": "IAM_PERMISSION_DENIED", "message": "denied"}]},
            403,
            "IAM_PERMISSION_DENIED",
            "denied",
            None,
        ),
        ({"action": "status", "status": 404, "body": {"message": "x is not found"}}, 404, None, "x is not found", None),
    ],
)
def test_a_refusal_is_told_and_not_repeated(
    emulator: Running,
    driver: VNGNodeDriver,
    rule: dict[str, Any],
    status: int,
    code: str | None,
    text: str,
    wait: float | None,
) -> None:
    spoil(emulator, **rule)
    with pytest.raises(VendorError) as caught:
        driver.ex_create_network(BODY)
    error = caught.value
    assert (error.status, error.code, error.text, error.retry_after, error.sent) == (status, code, text, wait, True)
    assert (error.method, error.path) == ("POST", f"/v2/{driver.ex_account()['project_id']}/networks")
    assert counted(emulator) == (1, 1)
    assert driver.ex_list_networks() == []


@pytest.mark.parametrize("effect", [True, False])
def test_a_cut_connection_is_told_as_sent_and_not_repeated(
    emulator: Running, driver: VNGNodeDriver, effect: bool
) -> None:
    spoil(emulator, action="reset", effect=effect)
    with pytest.raises(VendorError, match="connection lost") as caught:
        driver.ex_create_network(BODY)
    assert (caught.value.status, caught.value.sent) == (None, True)
    assert counted(emulator) == (1, 1)
    assert len(driver.ex_list_networks()) == int(effect)


def test_a_late_answer_is_told_as_sent(emulator: Running) -> None:
    driver = connect(emulator, timeout=0.3)
    driver.ex_account()
    spoil(emulator, action="delay", seconds=2, effect=True)
    with pytest.raises(VendorError, match="timed out waiting") as caught:
        driver.ex_create_network(BODY)
    assert (caught.value.status, caught.value.sent) == (None, True)
    assert len(driver.ex_list_networks()) == 1


@contextlib.contextmanager
def nobody_there() -> Iterator[str]:
    """A port that is taken and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_refused_connection_is_told_as_not_sent(emulator: Running, driver: VNGNodeDriver) -> None:
    with nobody_there() as url:
        with pytest.raises(VendorError, match="cannot connect") as caught:
            connect(emulator, vserver_endpoint=url).ex_list_projects()
        assert (caught.value.status, caught.value.sent) == (None, False)
        with pytest.raises(VendorError, match=r"^POST /v2/auth/token: cannot connect$") as caught:
            connect(emulator, iam_endpoint=url).ex_list_projects()
        assert caught.value.sent is False


class NewConnectionError(OSError):
    """Called as the HTTP library's own error for what was not sent."""


def test_an_error_handled_meanwhile_is_not_taken_for_this_one(emulator: Running, driver: VNGNodeDriver) -> None:
    spoil(emulator, action="reset")
    try:
        raise NewConnectionError
    except OSError:
        with pytest.raises(VendorError) as caught:
            driver.ex_create_network(BODY)
    assert (caught.value.text, caught.value.sent) == ("connection lost", True)


def test_the_loopback_is_reached_without_the_proxy(emulator: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with nobody_there() as url:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, url)
        assert connect(emulator).ex_list_networks() == []


def _chain(error: BaseException) -> Iterator[BaseException]:
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if item is not None and id(item) not in seen:
            seen.add(id(item))
            yield item
            todo += [item.__cause__, item.__context__]


def test_no_secret_in_errors_or_reprs(emulator: Running, driver: VNGNodeDriver, tmp_path: Path) -> None:
    errors: list[VendorError] = []
    with nobody_there() as url:
        for changes in ({"iam_endpoint": url}, {"vserver_endpoint": url}, {}):
            made = connect(emulator, SECRET if changes else "another-s3cr3t", **changes)
            with pytest.raises(VendorError) as caught:
                made.ex_list_projects()
            errors.append(caught.value)
    spoil(emulator, action="reset")
    with pytest.raises(VendorError) as caught:
        driver.ex_list_networks()
    errors.append(caught.value)

    said = [repr(driver), str(driver), repr(driver.connection), repr(driver.connection.token)]
    for error in errors:
        for item in _chain(error):
            assert not hasattr(item, "request"), "it would hold the Authorization header"
            said += [str(item), repr(item), repr(vars(item))]
    token = driver.connection.token.current(lambda: ("", 0.0))
    pair = base64.b64encode(f"{emulator.client_id}:{SECRET}".encode()).decode()
    assert len(token) > 20
    for secret in (SECRET, "s3cr3t", token, pair):
        assert not [text for text in said if secret in text]


def test_a_token_that_was_renewed_is_cut_out_of_what_the_cloud_says(account: Any) -> None:
    token = account.driver.connection.token
    first = token.handed_over()
    spoil(account.cloud, action="status", status=401, times=1)
    account.driver.ex_list_networks()
    second = token.handed_over()
    assert first is not None
    assert second is not None
    assert first[0] != second[0]
    for value, _ in (first, second):
        assert without_secrets(f"refused: {value}") == "refused: (secret)"
