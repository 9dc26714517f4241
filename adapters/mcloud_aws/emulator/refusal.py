"""Refusals in AWS's own codes, and how each of its protocols writes them."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from mcloud.emulator.wire import WireAnswer

Protocol = Literal["ec2", "query", "json"]


class Refused(Exception):
    """AWS says no."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Words:
    """What a service calls what every service knows."""

    unknown_key: tuple[str, int]
    wrong_signature: tuple[str, int]
    no_signature: tuple[str, int]
    expired: tuple[str, int]
    forbidden: tuple[str, int]
    throttled: tuple[str, int]
    broken: str
    busy: str
    unknown_action: tuple[str, int]


# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
EC2 = Words(
    unknown_key=("AuthFailure", 401),
    wrong_signature=("AuthFailure", 401),
    no_signature=("MissingAuthenticationToken", 403),
    # Of EC2 itself "RequestExpired"; the gateway's word for a session that is over is the second one.
    expired=("RequestExpired", 400),
    forbidden=("UnauthorizedOperation", 403),
    throttled=("RequestLimitExceeded", 503),
    broken="InternalError",
    busy="Unavailable",
    unknown_action=("InvalidAction", 400),
)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
QUERY = Words(
    unknown_key=("InvalidClientTokenId", 403),
    wrong_signature=("SignatureDoesNotMatch", 403),
    no_signature=("MissingAuthenticationToken", 403),
    expired=("ExpiredToken", 403),
    forbidden=("AccessDenied", 403),
    throttled=("Throttling", 400),
    broken="InternalFailure",
    busy="ServiceUnavailable",
    unknown_action=("InvalidAction", 400),
)
# https://docs.aws.amazon.com/acm/latest/APIReference/CommonErrors.html
JSON = Words(
    unknown_key=("UnrecognizedClientException", 400),
    wrong_signature=("InvalidSignatureException", 400),
    no_signature=("MissingAuthenticationTokenException", 400),
    expired=("ExpiredTokenException", 400),
    forbidden=("AccessDeniedException", 400),
    throttled=("ThrottlingException", 400),
    broken="InternalFailure",
    busy="ServiceUnavailable",
    unknown_action=("UnknownOperationException", 400),
)
WORDS: dict[Protocol, Words] = {"ec2": EC2, "query": QUERY, "json": JSON}


def told(protocol: Protocol, refused: Refused, headers: tuple[tuple[str, str], ...] = ()) -> WireAnswer:
    """A refusal as the wire has it."""
    request = str(uuid.uuid4())
    if protocol == "json":
        body = json.dumps({"__type": refused.code, "message": refused.message}).encode()
        content = ("content-type", "application/x-amz-json-1.1")
        return WireAnswer(refused.status, (content, ("x-amzn-requestid", request), *headers), body)
    error = f"<Code>{escape(refused.code)}</Code><Message>{escape(refused.message)}</Message>"
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request}</RequestID></Response>"
    else:
        side = "Sender" if refused.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{side}</Type>{error}</Error><RequestId>{request}</RequestId></ErrorResponse>"
        )
    raw = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    content = ("content-type", "text/xml;charset=UTF-8")
    return WireAnswer(refused.status, (content, ("x-amzn-requestid", secrets.token_hex(16)), *headers), raw)
