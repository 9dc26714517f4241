"""The vendor's refusals as mcloud's errors.

VNG tells errors apart by message text, not by HTTP status (the vendor's own SDK matches lower-cased
fragments; [SDK] 2026-05-25, [3P] live 2026-07, [MCP] live 2026-09). The table is read from the top; the first fragment
found in the text decides, then the status.
"""

from __future__ import annotations

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
    Unreachable,
)
from mcloud_vng.s3_errors import explain_s3
from mcloud_vng.vendor_errors import VendorError

TABLE: tuple[tuple[str, type[CloudError], str], ...] = (
    (
        "there are no more remaining flavor",
        OutOfStock,
        "choose another flavor or zone; mcloud catalog list shows stock",
    ),
    ("exceeded ", QuotaExceeded, "delete what is not needed or ask the vendor for a higher limit"),
    ("do not have sufficient credits", QuotaExceeded, "top up the account's wallet"),
    ("ext_pm_credit_not_enough", QuotaExceeded, "top up the account's wallet"),
    ("ext_pm_payment_method_not_allow", InvalidRequest, "set a payment method for the account"),
    ("payment method is not allowed", InvalidRequest, "set a payment method for the account"),
    ("is not belong to user", Unauthorised, "the project belongs to another user; check the credentials"),
    ("because it contains the subnet", InUse, "the subnets go first; the cloud needs a while after the last one"),
    ("securitygroupinuse", InUse, "take the group off its servers first"),
    ("server group is in use", InUse, "remove its servers first"),
    ("cannot delete server with status", InUse, "the server is busy; it is tried again"),
    ("cannot change security group of server with status", InUse, "the server is busy; it is tried again"),
    ("cannot delete the creating subnet", InUse, "the subnet is busy; it is tried again"),
    (
        "new volume type must be same zone",
        InvalidRequest,
        "SSD and NVMe are two kinds of storage: migrate the volume in the console, or make a second one and copy",
    ),
    ("cannot attach encryption volume", InvalidRequest, "the server must be made with disk: {encrypted: true}"),
    # Load balancers take one change at a time; [SDK] tells the words apart, [TF] waits for LoadBalancerNotReady.
    ("is not ready", InUse, "the load balancer is busy; it is tried again"),
    ("is updating", InUse, "the load balancer is busy; it is tried again"),
    ("is creating", InUse, "the load balancer is busy; it is tried again"),
    ("is deleting", InUse, "the load balancer is busy; it is tried again"),
    ("is used in listener", InUse, "the listener or policy that uses the pool goes first"),
    ("is in use", InUse, "what uses it goes first"),
    ("is the same as the current package", Conflict, "it has that size already"),
    ("duplicated listener", Conflict, "another listener of the load balancer has this name, or this protocol and port"),
    ("duplicated pool name", Conflict, "choose another name"),
    ("identical to the existing members", Conflict, "the pool has these members already"),
    ("invalid package id", InvalidRequest, "a load balancer's size must be of its zone and layer"),
    ("is in-process", InUse, "the volume is busy; it is tried again"),
    ("is migrating", InUse, "the volume is busy; it is tried again"),
    ("securitygroupruleexists", Conflict, "another rule of the group says the same; leave one of them out"),
    ("name of security group already exist", Conflict, "choose another name"),
    ("name must be unique", Conflict, "choose another name"),
    ("already exist", Conflict, "choose another name"),
    ("vpc is overlap with another", Conflict, "choose a block that no network of the project uses"),
    ("is overlap with another", Conflict, "choose a block that no other subnet of the network uses"),
    ("only allows attaching 1 floating ip", Conflict, "the server has a public address already"),
    ("already attached", Conflict, "it is attached already"),
    ("has been attached", Conflict, "it is attached already"),
    ("invalid public key", InvalidRequest, "VNG takes RSA keys only: ssh-keygen -t rsa -b 4096"),
    (
        "cannot get zone with id",
        InvalidRequest,
        "the zone is closed to the account; mcloud catalog list shows open ones",
    ),
    ("don't support zone", InvalidRequest, "flavor, image, disk and subnet must be in one zone"),
    ("support image", InvalidRequest, "choose another image or flavor"),
    ("invalid cidr", InvalidRequest, "see the networks section of the adapter's documentation for the blocks it takes"),
    ("is not allowed", InvalidRequest, "see the allowed values in the message"),
    ("reserved for system", InvalidRequest, "use 10.0.0.0/8, 172.16.0.0-172.24.255.255 or 192.168.0.0/16"),
    ("is not found", NotFound, ""),
    ("not found", NotFound, ""),
    ("could not find resource", NotFound, ""),
    ("cannot get ", NotFound, ""),
)
BY_STATUS: dict[int, type[CloudError]] = {
    400: InvalidRequest,
    401: Unauthorised,
    403: Unauthorised,
    404: NotFound,
    409: Conflict,
    422: InvalidRequest,
    429: RateLimited,
}
SIGN_IN_HINT = "check client_id and client_secret in the profile; the service account needs vServerFullAccess"


def explain(error: Exception, doing: str) -> CloudError:
    """Sort a driver's error; what is no vendor error is passed on as unknown, by its type only."""
    if isinstance(error, CloudError):
        return error
    of_storage = explain_s3(error, doing)
    if of_storage is not None:
        return of_storage
    if not isinstance(error, VendorError):
        return CloudError(f"cannot {doing}: {type(error).__name__}", hint="run again with --debug")
    if error.status is None:
        return _unreachable(error, doing)
    text = error.text or ""
    found, hint = _sort(error.status, text)
    message = f"cannot {doing}: {text or f'the cloud answered HTTP {error.status}'}"
    made = found(message, hint=hint or None, vendor_code=error.code, vendor_text=text or None)
    if isinstance(made, RateLimited):
        made.retry_after = error.retry_after
    return made


def _sort(status: int, text: str) -> tuple[type[CloudError], str]:
    if status in (401, 403):
        return Unauthorised, SIGN_IN_HINT
    if status == 429:
        return RateLimited, "it is tried again"
    lowered = text.lower()
    for fragment, kind, hint in TABLE:
        if fragment in lowered:
            return kind, hint
    if status >= 500:
        return Temporary, "the cloud failed; it is tried again where that is safe"
    return BY_STATUS.get(status, CloudError), ""


def _unreachable(error: VendorError, doing: str) -> Unreachable:
    made = Unreachable(
        f"cannot {doing}: no answer from {error.path or 'the cloud'}",
        hint="check the network and the profile's endpoints",
        vendor_text=error.text or None,
    )
    made.sent = error.sent
    return made
