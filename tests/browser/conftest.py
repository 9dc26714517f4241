"""A browser, and the pages that it looks at. Without chromium these tests are skipped: make browser installs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mcloud.adapter import registry
from mcloud.catalog.rates import shipped_rates
from mcloud.match.compare import Terms, compare
from mcloud.migrate.data import Stored
from mcloud.migrate.plan import Known, plan_migration
from mcloud.migrate.utilization import read_usage
from mcloud.model.base import Placement
from mcloud.model.graph import read_reference
from mcloud.model.stack import Stack
from mcloud.report.comparison import comparison_report
from mcloud.report.html import to_html
from mcloud.report.migration import migration_report

CHROMIUM = Path("/usr/bin/chromium")
REAL = Path(__file__).parents[1] / "data" / "utilization" / "vms-240.csv.gz"
SIZES = ((2, 4), (4, 16), (8, 32))
SERVERS = 18
PAGES = ("compare", "plan")


def estate(machines: list[str]) -> Stack:
    """Servers with labels that name the machines whose use is known; one that nobody sells; volumes and buckets."""
    image, subnets = {"os": "ubuntu", "version": "22.04"}, {"a": {"cidr": "10.0.0.0/20"}, "b": {"cidr": "10.0.16.0/20"}}
    servers: dict[str, Any] = {}
    for number, machine in enumerate(machines):
        vcpu, gib = SIZES[number % len(SIZES)]
        size = {"vcpu": vcpu, "memory": f"{gib if number else 9000} GiB"}
        servers[f"vm-{number:03}"] = {
            "size": size,
            "image": image,
            "subnet": "ab"[number % 2],
            "security_groups": ["web"],
            "stateless": number % 3 == 0,
            "labels": {"vm": machine},
        }
    return Stack.model_validate(
        {
            "mcloud": 1,
            "name": "estate",
            "placement": "aws/ap-southeast-1",
            "labels": {"owner": "<b>web</b> & team"},
            "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": subnets}},
            "security_groups": {"web": {"ingress": [{"ports": 443, "from": "anywhere"}]}},
            "servers": servers,
            "volumes": {f"data-{n}": {"size": f"{n + 1}00 GiB", "attach": f"vm-{n:03}"} for n in range(1, 12)},
            "buckets": {"assets": {}, "logs": {}},
        }
    )


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two pages as files, of the shipped catalogs."""
    folder = tmp_path_factory.mktemp("pages")
    usage = read_usage(REAL)
    stack = estate(list(usage)[:SERVERS])
    terms = Terms(lambda at: registry.get(at.cloud).catalog(), read_reference, shipped_rates(), date(2026, 11, 26))
    stored = {"buckets.assets": Stored(734_003_200_000, 1_200_345), "volumes.data-1": Stored(5_120, None)}
    targets = [Placement.parse(text) for text in ("aws/ap-southeast-1", "vng/hcm-3", "vng/han-1")]
    plan = plan_migration(stack, targets[1], terms, Known(usage, REAL.name, stored, "data.csv"))
    found = {"compare": comparison_report(compare(stack, targets, terms)), "plan": migration_report(plan)}
    for name, report in found.items():
        (folder / f"{name}.html").write_text(to_html(report), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in found}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; as root it runs without its sandbox, and looks at our own files only."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: make browser installs it (as root, by apt-get)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield made
        made.close()


@dataclass
class Opened:
    """A page with all that it said, asked for, and stumbled over."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class Opener:
    """Opens pages and closes them in the end."""

    def __init__(self, browser: Browser, pages: dict[str, Path]) -> None:
        self._browser = browser
        self._pages = pages
        self._contexts: list[Any] = []

    def __call__(self, name: str, width: int = 1200, scheme: Any = "light") -> Opened:
        context = self._browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self._contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.said.append(message.text))
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.goto(self._pages[name].as_uri())
        return opened

    def close(self) -> None:
        """Close all of them."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def opener(browser: Browser, pages: dict[str, Path]) -> Iterator[Opener]:
    """Opens a page by name."""
    made = Opener(browser, pages)
    yield made
    made.close()
