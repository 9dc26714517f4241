"""What the kinds of EC2 share: things are found by their Name tag, and told apart by it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Poll
from mcloud.errors import Conflict, InUse
from mcloud_aws.api import Raw, gone_is_well, rows
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import changes, label_gaps

STEPS = 3  # times that a delete of several calls goes on after one of them was refused because its thing is gone


def one_of(matches: list[str]) -> Found:
    """The answer of ``find`` for these ids."""
    return Found(matches[0] if len(matches) == 1 else None, tuple(matches))


class Ec2Kind(Kind):
    """A kind of EC2 whose rows carry tags. The Name tag is the resource's name, and how it is found."""

    operation: ClassVar[str]
    field: ClassVar[str]
    id_field: ClassVar[str]
    id_filter: ClassVar[str]
    believe_none_after = 30.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return label_gaps(resource, inputs)

    def rows(self, session: AwsSession, **filters: Any) -> list[Raw]:
        """Rows that are there."""
        found = rows(session, self.operation, self.field, **filters)
        return [row for row in found if self.is_there(row)]

    def is_there(self, row: Native) -> bool:
        """False for a row of something that is gone."""
        return True

    def row(self, session: AwsSession, native_id: str) -> Raw | None:
        """The one row; None when it is gone."""
        found = self.rows(session, **{self.id_filter: native_id})
        return found[0] if found else None

    def id_of(self, row: Native) -> str:
        """The native id of a row."""
        return str(row[self.id_field])

    def native(self, session: AwsSession, row: Raw) -> Native:
        """What ``observe`` is given, from a row."""
        return row

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        found = self.row(session, native_id)
        return None if found is None else self.native(session, found)

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return unseen(session, native_id)
        return self.state(native)

    def state(self, native: Native) -> Poll:
        """One look at something that is there."""
        return Poll("ready", "there")

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        return self.found(session, inputs, self.rows(session, tag_Name=str(inputs["name"])))

    def found(self, session: AwsSession, inputs: Inputs, matches: list[Raw]) -> Found:
        """The answer of ``find`` for these rows."""
        if matches:
            session.spent(str(inputs["name"]))
        return one_of([self.id_of(row) for row in matches])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for row in self.rows(session):
            yield self.id_of(row), self.native(session, row)

    def refuse_twin(self, session: AwsSession, inputs: Inputs) -> None:
        """Names are how things are found again, so there are no two of one name.

        Raises:
            Conflict: there is one already.
        """
        found = self.find(session, inputs)
        if found.candidates:
            raise Conflict(
                f"{found.candidates[0]} has the name {inputs['name']} already",
                hint="choose another name, or leave it out",
            )

    def retag(self, session: AwsSession, native_id: str, tags: Any, old: Inputs, new: Inputs) -> None:
        """Write the name and the labels where they differ."""
        write, lost = changes(tags, old, new)
        if write:
            session.ec2.create_tags(Resources=[native_id], Tags=write)
        if lost:
            session.ec2.delete_tags(Resources=[native_id], Tags=[{"Key": key} for key in lost])

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        for _ in range(STEPS):
            try:
                return self.remove(session, native_id)
            except Exception as error:
                if not gone_is_well(error):
                    raise
                # A step was done already, when the client library repeated its call: go on with what comes after it.
        if self.row(session, native_id) is not None:
            raise InUse(f"{native_id} is still there after it was deleted; try again")
        return None

    @abstractmethod
    def remove(self, session: AwsSession, native_id: str) -> None:
        """The delete calls; one may be refused because its thing is gone, and then they are made again."""


def unseen(session: AwsSession, native_id: str) -> Poll:
    """One look at something that is not seen: on its way where it was made just now."""
    return Poll("pending", "not seen yet") if session.is_young(native_id) else Poll("gone", "gone")
