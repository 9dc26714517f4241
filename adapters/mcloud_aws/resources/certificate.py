"""Certificates of ACM (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import Conflict, Unreachable
from mcloud.model.base import Placement
from mcloud_aws import balance
from mcloud_aws.api import Raw, gone_is_well
from mcloud_aws.errors import code_of
from mcloud_aws.resources.rows import one_of, unseen
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import NAME, changes, label_gaps, tag_list_of, tag_map

# Without these only certificates with RSA keys of 2,048 bits are listed (ListCertificates, API reference 2026-11).
KEYS = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


class Certificate(Kind):
    """An imported certificate; its native id is its ARN. A new text or key is a new certificate."""

    kind = "Certificate"
    replace_on: ClassVar[frozenset[str]] = frozenset({"certificate", "chain", "privateKey"})
    believe_none_after = 10.0
    # The tags of each are a call of their own.
    reads_by_list: ClassVar[bool] = False

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return label_gaps(resource, inputs)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """Arguments of ImportCertificate; the key is text in a call's inputs, and where it is kept in any others."""
        chain = inputs.get("chain")
        return {
            "Certificate": inputs["certificate"],
            "PrivateKey": str(inputs["privateKey"]),
            **({"CertificateChain": chain} if chain else {}),
            "Tags": tag_list_of(inputs),
        }

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(balance.certificate_seen(native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        there = self.find(session, inputs).candidates
        if there:
            raise Conflict(f"{there[0]} has the name {inputs['name']} already", hint="choose another name")
        made = session.client("acm", once=True).import_certificate(**self.translate(inputs, picks))
        if not made.get("CertificateArn"):
            # Of an answer in JSON that breaks off the client library makes an empty one.
            raise Unreachable("the answer to the import of a certificate broke off", hint="it is looked for")
        return session.born(str(made["CertificateArn"]))

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        acm = session.client("acm")
        try:
            found = acm.describe_certificate(CertificateArn=native_id)["Certificate"]
            return {"certificate": found, "tags": _tags(acm, native_id)}
        except Exception as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        return unseen(session, native_id) if native is None else Poll("ready", "there")

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        acm = session.client("acm")
        write, lost = changes(_tags(acm, native_id), old, new)
        if write:
            acm.add_tags_to_certificate(CertificateArn=native_id, Tags=write)
        if lost:
            acm.remove_tags_from_certificate(CertificateArn=native_id, Tags=[{"Key": key} for key in lost])
        return False

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        try:
            session.client("acm").delete_certificate(CertificateArn=native_id)
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        name = str(inputs["name"])
        return one_of([arn for arn, tags in self._all(session) if tag_map(tags).get(NAME) == name])

    def _all(self, session: AwsSession) -> Iterator[tuple[str, list[dict[str, str]]]]:
        acm = session.client("acm")
        paginator = acm.get_paginator("list_certificates")
        for page in paginator.paginate(Includes={"keyTypes": KEYS}):
            for row in page["CertificateSummaryList"]:
                yield str(row["CertificateArn"]), _tags(acm, row["CertificateArn"])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for arn, tags in self._all(session):
            yield arn, {"certificate": {"CertificateArn": arn}, "tags": tags}


def _tags(acm: Any, arn: str) -> Any:
    return acm.list_tags_for_certificate(CertificateArn=arn).get("Tags") or []
