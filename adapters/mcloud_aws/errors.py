"""AWS's refusals as mcloud's errors, by the error's code; what the client library raises by itself included.

Codes: docs.aws.amazon.com, "Error codes for the Amazon EC2 API", the S3 API's "Error responses", the "Errors" of each
operation of Elastic Load Balancing and ACM (2026-11).
"""

from __future__ import annotations

import sys
from typing import Any

from mcloud.adapter.client_errors import refused, unreachable
from mcloud.errors import (
    CloudError,
    Conflict,
    InUse,
    InvalidRequest,
    NotFound,
    OutOfStock,
    QuotaExceeded,
    RateLimited,
    Temporary,
    Unauthorised,
)

Sorted = tuple[type[CloudError], str]

_SIGN_IN = "check the AWS profile and its permissions; with SSO run: aws sso login"
_AGAIN = "it is tried again"
_QUOTA = "delete what is not needed, or ask for more in the Service Quotas console"
_STOCK = "choose another flavor or zone, or try later"
_NAME = "choose another name, or leave it out"

TABLE: dict[str, Sorted] = {
    # Who asks.
    "AuthFailure": (Unauthorised, _SIGN_IN),
    "UnauthorizedOperation": (Unauthorised, _SIGN_IN),
    "AccessDenied": (Unauthorised, _SIGN_IN),
    "AccessDeniedException": (Unauthorised, _SIGN_IN),
    "InvalidClientTokenId": (Unauthorised, _SIGN_IN),
    "UnrecognizedClientException": (Unauthorised, _SIGN_IN),
    "InvalidAccessKeyId": (Unauthorised, _SIGN_IN),
    "SignatureDoesNotMatch": (Unauthorised, _SIGN_IN),
    "ExpiredToken": (Unauthorised, "the credentials have expired; sign in again"),
    "ExpiredTokenException": (Unauthorised, "the credentials have expired; sign in again"),
    "RequestExpired": (Unauthorised, "sign in again, or set this machine's clock"),
    "RequestTimeTooSkewed": (Unauthorised, "set this machine's clock"),
    "OptInRequired": (Unauthorised, "the account is not subscribed to the service or region"),
    "PendingVerification": (Unauthorised, "AWS is still verifying the account"),
    "Blocked": (Unauthorised, "the account is blocked; ask AWS support"),
    # Too fast, and what passes.
    "RequestLimitExceeded": (RateLimited, _AGAIN),
    "Throttling": (RateLimited, _AGAIN),
    "ThrottlingException": (RateLimited, _AGAIN),
    "SlowDown": (RateLimited, _AGAIN),
    "InternalError": (Temporary, _AGAIN),
    "InternalFailure": (Temporary, _AGAIN),
    "ServiceUnavailable": (Temporary, _AGAIN),
    "Unavailable": (Temporary, _AGAIN),
    "RequestTimeout": (Temporary, _AGAIN),
    # No room.
    "InsufficientInstanceCapacity": (OutOfStock, _STOCK),
    "InsufficientHostCapacity": (OutOfStock, _STOCK),
    "InsufficientCapacity": (OutOfStock, _STOCK),
    "InsufficientVolumeCapacity": (OutOfStock, _STOCK),
    "InsufficientAddressCapacity": (OutOfStock, "AWS has no free address here now; try later"),
    "InsufficientFreeAddressesInSubnet": (QuotaExceeded, "the subnet has no free address; use a larger one"),
    "Unsupported": (InvalidRequest, "the zone does not sell this; mcloud catalog list shows what is sold where"),
    "MaxIOPSLimitExceeded": (QuotaExceeded, _QUOTA),
    "AttachmentLimitExceeded": (QuotaExceeded, "the flavor takes no more; choose a larger one"),
    "TagLimitExceeded": (QuotaExceeded, "a resource has at most 50 tags"),
    "RulesPerSecurityGroupLimitExceeded": (QuotaExceeded, _QUOTA),
    "SecurityGroupsPerInterfaceLimitExceeded": (QuotaExceeded, _QUOTA),
    "TooManyBuckets": (QuotaExceeded, _QUOTA),
    # Somebody needs it, or it is busy.
    "DependencyViolation": (InUse, "what uses it goes first; it is tried again"),
    "VolumeInUse": (InUse, "the volume is on a server"),
    "InvalidNetworkInterface.InUse": (InUse, "it is tried again"),
    "InvalidIPAddress.InUse": (InUse, "it is tried again"),
    "InvalidPlacementGroup.InUse": (InUse, "remove its servers first"),
    "IncorrectState": (InUse, "it is busy; it is tried again"),
    "IncorrectInstanceState": (InUse, "the server is busy; it is tried again"),
    "IncorrectModificationState": (InUse, "the volume is being changed; it is tried again"),
    "VolumeModificationRateExceeded": (Conflict, "AWS changes a volume only once in some hours; wait, then run again"),
    "ResourceInUse": (InUse, _AGAIN),
    "ResourceInUseException": (InUse, "a listener still uses it"),
    "BucketNotEmpty": (InUse, ""),
    "OperationAborted": (Conflict, "another change of the bucket is under way; try again"),
    # It is there already.
    "InvalidGroup.Duplicate": (Conflict, _NAME),
    "InvalidKeyPair.Duplicate": (Conflict, _NAME),
    "InvalidPlacementGroup.Duplicate": (Conflict, _NAME),
    "InvalidPermission.Duplicate": (Conflict, "another rule of the group says the same; leave one of them out"),
    "InvalidSubnet.Conflict": (Conflict, "choose a block that no other subnet of the network uses"),
    "RouteAlreadyExists": (Conflict, "a route table has a route to this block already"),
    "Resource.AlreadyAssociated": (Conflict, "it is associated already"),
    "Resource.AlreadyAssigned": (Conflict, "it is assigned already"),
    "IdempotentParameterMismatch": (Conflict, "the same name was used for something else lately; choose another one"),
    "BucketAlreadyExists": (Conflict, "the name is taken, maybe by another account; choose another one"),
    "BucketAlreadyOwnedByYou": (Conflict, "the bucket is there already; import it or choose another name"),
    "DuplicateLoadBalancerName": (Conflict, _NAME),
    "DuplicateTargetGroupName": (Conflict, _NAME),
    "PriorityInUse": (Conflict, "another run may be writing the listener's rules; run again"),
    "DuplicateListener": (Conflict, "the load balancer listens on this port already"),
    # What does not fit.
    "Gateway.NotAttached": (InvalidRequest, "put the server into a subnet with internet: direct"),
    "InvalidVpc.Range": (InvalidRequest, "choose a block from /16 to /28"),
    "InvalidSubnet.Range": (InvalidRequest, "choose a block inside the network's, from /16 to /28"),
    "InvalidZone.NotFound": (InvalidRequest, "mcloud catalog list shows the zones that are open to the account"),
    "NotImplemented": (InvalidRequest, "the service does not do this"),
    "AuthorizationHeaderMalformed": (InvalidRequest, "the placement's region must be the bucket's"),
    "PermanentRedirect": (InvalidRequest, "the bucket is in another region"),
    "InvalidPlacementGroup.Unknown": (NotFound, ""),
    "InvalidAMIID.Unavailable": (NotFound, "run again: the catalog of images is read anew"),
}
# What the vendor adds to many names, in this order.
_BY_PART: tuple[tuple[str, Sorted], ...] = (
    ("NotFound", (NotFound, "")),
    ("NoSuch", (NotFound, "")),
    (".Malformed", (NotFound, "")),
    ("LimitExceeded", (QuotaExceeded, _QUOTA)),
    ("TooMany", (QuotaExceeded, _QUOTA)),
    ("Duplicate", (Conflict, _NAME)),
    ("AlreadyExists", (Conflict, _NAME)),
    ("InUse", (InUse, _AGAIN)),
    ("Invalid", (InvalidRequest, "")),
    ("Missing", (InvalidRequest, "")),
    ("Malformed", (InvalidRequest, "")),
    ("Validation", (InvalidRequest, "")),
    ("Unsupported", (InvalidRequest, "")),
)
_BY_STATUS: dict[int, Sorted] = {
    401: (Unauthorised, _SIGN_IN),
    403: (Unauthorised, _SIGN_IN),
    404: (NotFound, ""),
    409: (Conflict, ""),
    429: (RateLimited, _AGAIN),
}
# What the client library raises for an answer that broke off; one of them is not among its public errors.
_CUT_OFF = ("ResponseParserError", "IncompleteReadError")
# The client library's own errors about credentials, by name.
_NO_CREDENTIALS = {
    "NoCredentialsError": "no credentials were found: sign in with the AWS CLI, name an AWS profile in the mcloud "
    "profile (settings: profile), or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "PartialCredentialsError": "the credentials are not complete",
    "CredentialRetrievalError": _SIGN_IN,
    "TokenRetrievalError": "the SSO sign-in has expired; run: aws sso login",
    "SSOTokenLoadError": "there is no SSO sign-in; run: aws sso login",
    "UnauthorizedSSOTokenError": "the SSO sign-in has expired; run: aws sso login",
    "LoginRefreshRequired": "the sign-in has expired; run: aws login",
}


def code_of(error: Exception) -> str:
    """The service's error code; empty for an error of anything else."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def explain(error: Exception, doing: str) -> CloudError:
    """Sort an error of the client library; anything else is passed on as unknown, by its type only."""
    if isinstance(error, CloudError):
        return error
    library: Any = sys.modules.get("botocore.exceptions")
    if library is not None:
        if isinstance(error, library.ClientError):
            return refused(error, doing, "AWS", sorted_code)
        name = type(error).__name__
        if name in _NO_CREDENTIALS:
            return Unauthorised(f"cannot {doing}: {name}", hint=_NO_CREDENTIALS[name])
        if isinstance(error, (library.HTTPClientError, library.ConnectionError)) or name in _CUT_OFF:
            hint = "check the network and the profile's endpoints"
            return unreachable(error, doing, "AWS", library, hint)
        if isinstance(error, (library.ParamValidationError, library.UnknownRegionError)):
            # Its text holds the values, which may be secret.
            return InvalidRequest(f"cannot {doing}: AWS would not take the request ({name})", hint="run with --debug")
    return CloudError(f"cannot {doing}: {type(error).__name__}", hint="run again with --debug")


def sorted_code(code: str, status: int) -> Sorted:
    """Error and hint for a code, else by the HTTP status."""
    if code in TABLE:
        return TABLE[code]
    if status >= 500:
        return Temporary, _AGAIN
    for part, found in _BY_PART:
        if part in code:
            return found
    return _BY_STATUS.get(status, (InvalidRequest if 400 <= status < 500 else CloudError, ""))
