"""Whose project a driver works in: asked for once, by the first call that needs it."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

from libcloud.common.types import LibcloudError

from mcloud_vng.connection import VNGConnection, field

Raw = dict[str, Any]


class AccountCalls:
    """Mixed into a driver, which gives ``connection``."""

    connection: VNGConnection

    def _begin(self, project: str | None) -> None:
        """Before the first call; ``project`` is the one that is asked for."""
        self._project_lock = threading.Lock()
        self._account: Raw | None = None
        self._wanted_project = project

    def _project(self) -> str:
        return str(self.ex_account()["project_id"])

    def _path(self, version: str, *parts: str) -> str:
        """``/v2/<project>/…``; ids that people give (an import) cannot lead to another path.

        Raises:
            ValueError: a part is no id.
        """
        for part in parts:
            if part.strip(".") == "":
                raise ValueError(f"{part!r} is no id")
        return "/".join(["", version, self._project(), *(quote(part, safe="") for part in parts)])

    def ex_list_projects(self) -> list[Raw]:
        """Projects of the user in this region: ``projectId``, ``userId``."""
        path = "/v1/projects"
        return list(field("GET", path, self.connection.call("GET", path), "projects"))

    def ex_account(self) -> Raw:
        """``project_id`` and ``user_id``; asked for once.

        Raises:
            VendorError: refused or no answer.
            LibcloudError: the user has no such project here.
        """
        with self._project_lock:
            if self._account is None:
                rows = self.ex_list_projects()
                found = [row for row in rows if self._wanted_project in (None, row["projectId"])]
                if not found:
                    raise LibcloudError("the user has no such project in this region", driver=self)
                self._account = {"project_id": found[0]["projectId"], "user_id": found[0]["userId"]}
            return self._account
