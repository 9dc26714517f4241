"""SSH keys (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Native, Observed, Picks
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw
from mcloud_aws.resources.rows import Ec2Kind, one_of
from mcloud_aws.session import AwsSession

TYPES = ("ssh-rsa", "ssh-ed25519")  # ImportKeyPair, API reference 2026-11


class KeyPair(Ec2Kind):
    """An imported key. Its native id is its name: that is how servers are told."""

    kind = "KeyPair"
    operation, field, id_field, id_filter = "describe_key_pairs", "KeyPairs", "KeyName", "key_name"
    replace_on: ClassVar[frozenset[str]] = frozenset({"publicKey", "name"})
    name_limit = 60

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        words = [*str(inputs["publicKey"]).split(None, 2), ""]
        found = super().gaps(resource, inputs)
        if words[0] not in TYPES:
            reason = f"AWS takes RSA and ED25519 keys, not {words[0]}"
            found.append(Gap("key-type", resource, "blocking", reason, "make one with ssh-keygen -t ed25519"))
        if len(words) == 4 and len(words[2].encode()) > translate.COMMENT_BYTES:
            reason = f"a key's comment is kept in a tag, which has room for {translate.COMMENT_BYTES} bytes"
            found.append(Gap("key-comment", resource, "blocking", reason, "shorten the comment at the key's end"))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.key_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.key_seen(native))

    def rows(self, session: AwsSession, **filters: Any) -> list[Raw]:
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        arguments = {"Filters": wanted} if wanted else {}
        return list(session.ec2.describe_key_pairs(IncludePublicKey=True, **arguments)["KeyPairs"])

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        session.ec2_once.import_key_pair(**self.translate(inputs, picks))
        return session.born(str(inputs["name"]))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.row(session, native_id)
        if native is not None:
            self.retag(session, native["KeyPairId"], native.get("Tags"), old, new)
        return False

    def remove(self, session: AwsSession, native_id: str) -> None:
        session.ec2.delete_key_pair(KeyName=native_id)

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        return one_of([self.id_of(row) for row in self.rows(session, key_name=str(inputs["name"]))])
