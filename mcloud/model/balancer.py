"""Load balancers and their certificates as people write them in a stack."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mcloud.model.base import REFERENCE_PATTERN, FormerName, Labels, Model, Name, PlacementText
from mcloud.model.network import ANYWHERE, Cidr
from mcloud.units import Duration

Port = Annotated[int, Field(ge=1, le=65535)]
Algorithm = Literal["round-robin", "least-connections", "source-ip"]
Protocol = Literal["http", "https", "tcp", "udp"]
CheckProtocol = Literal["tcp", "udp", "http", "https"]
Method = Literal["GET", "HEAD", "POST", "PUT"]
RedirectCode = Literal[301, 302]
Threshold = Annotated[int, Field(ge=1, le=100)]
HOST_PATTERN = r"^(\*|[A-Za-z0-9*]([A-Za-z0-9*-]*[A-Za-z0-9*])?)(\.[A-Za-z0-9*]([A-Za-z0-9*-]*[A-Za-z0-9*])?)*$"
CHECK_PATH_PATTERN = r"^/\S*$"
PATH_PATTERN = r"^[/*][^\s?#]*$"
URL_PATTERN = r"^https?://[^\s/?#]+\S*$"
CODES_PATTERN = r"^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$"


class Certificate(Model):
    """A TLS certificate for listeners. The key is a reference to a secret, never the key itself."""

    certificate: str
    """PEM text or file:PATH."""
    private_key: Annotated[str, Field(pattern=REFERENCE_PATTERN)]
    """Where the key is: env:NAME, keyring:NAME or file:PATH."""
    chain: str | None = None
    """PEM text or file:PATH of the intermediate certificates."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


class HealthCheck(Model):
    """How it is found out that a server is well."""

    protocol: CheckProtocol
    """tcp: a connection; udp: a datagram that is not refused; http and https: a request."""
    path: Annotated[str, Field(pattern=CHECK_PATH_PATTERN)] | None = None
    """What is asked for, for http and https. Left out: /."""
    port: Port | None = None
    """Left out: the port that the servers answer on."""
    host: str | None = None
    """The name that is asked for, for http and https."""
    method: Method = "GET"
    """For http and https."""
    codes: Annotated[str, Field(pattern=CODES_PATTERN, examples=["200", "200-299", "200,301"])] = "200"
    """The answers that count as well, for http and https."""
    interval: Duration = Duration(30)
    """Between two checks."""
    timeout: Duration = Duration(5)
    """How long an answer may take; not longer than the interval."""
    healthy: Threshold = 3
    """So many good answers in a row, and the server is taken in."""
    unhealthy: Threshold = 3
    """So many bad ones, and it is left out."""

    @model_validator(mode="after")
    def _fits(self) -> HealthCheck:
        check_monitor(self)
        return self


def check_monitor(check: Any) -> None:
    """Whether a check makes sense.

    Raises:
        ValueError: it does not.
    """
    if check.protocol in ("tcp", "udp") and (check.path or check.host):
        raise ValueError(f"a {check.protocol} check has no path and no host; http and https have them")
    if check.timeout > check.interval:
        raise ValueError(f"the timeout {check.timeout} is longer than the interval {check.interval}")


def _check(value: Any) -> Any:
    """"tcp", "udp", "http:/path" and "https:/path" are short for a check with nothing else said."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"tcp|udp|https?:/\S*", value):
        raise ValueError(f"{value!r} is no health check; write 'tcp', 'udp', 'http:/path' or 'https:/path'")
    protocol, _, path = value.partition(":")
    return {"protocol": protocol, "path": path or None}


class _ShortOrWhole:
    """Schema of a check: a short text, or all of it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        short = {"type": "string", "description": 'Short: "tcp", "udp", "http:/path" or "https:/path".'}
        return {"anyOf": [short, HealthCheck.model_json_schema(mode="validation")]}


Check = Annotated[
    HealthCheck,
    BeforeValidator(_check),
    _ShortOrWhole(),
]


ServerNames = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class Target(Model):
    """Who answers behind a listener."""

    servers: ServerNames
    """Name of the servers, or a list of names: of those that differ in subnet or size."""
    port: Port
    """The port on which the servers answer."""
    protocol: Protocol | None = None
    """Left out: as the listener's, with TLS ended at the load balancer."""
    algorithm: Algorithm = "round-robin"
    """How a server is chosen."""
    sticky: bool = False
    """True: a client stays with its server, by a cookie."""
    check: Check | None = None
    """Health check: "tcp", "udp", "http:/path", "https:/path", or a mapping that says more. Left out: a plain one."""


def _host(value: str | None) -> str | None:
    plain = re.sub(r"\*+", "*", value or "*").lower()
    return None if plain == "*" else plain


def _path(value: str | None) -> str | None:
    plain = re.sub(r"\*+", "*", value or "*")
    return None if plain in ("*", "/*") else plain


Host = Annotated[str, Field(pattern=HOST_PATTERN, examples=["api.example.com", "*.example.com"])]
UrlPath = Annotated[str, Field(pattern=PATH_PATTERN, examples=["/api/*", "*.png"])]
HostPattern = Annotated[Host | None, AfterValidator(_host)]
"""A host name; ``*`` stands for any text. Any host at all is None."""
PathPattern = Annotated[UrlPath | None, AfterValidator(_path)]
"""A path without its query; ``*`` stands for any text. Any path at all is None."""
Redirect = Annotated[str, Field(pattern=URL_PATTERN, examples=["https://www.example.com/"])]


class ListenerRule(Model):
    """What is done with some requests; the first rule that fits a request is taken."""

    host: HostPattern = None
    """The host name that is asked for; ``*`` stands for any text. Left out: any."""
    path: PathPattern = None
    """The path that is asked for; ``*`` stands for any text. Left out: any."""
    to: Target | None = None
    """Who answers."""
    redirect: Redirect | None = None
    """Or: the URL that the client is sent to."""
    code: RedirectCode = 302
    """The status code of a redirect."""
    keep_query: bool = False
    """True: a redirect keeps the query."""
    reject: bool = False
    """Or true: the request is refused."""

    @model_validator(mode="after")
    def _one_action(self) -> ListenerRule:
        one_action(self, self.to)
        return self


def one_action(rule: Any, target: object | None) -> None:
    """A rule does one thing.

    Raises:
        ValueError: it does none, or several.
    """
    if [target is not None, rule.redirect is not None, rule.reject].count(True) != 1:
        raise ValueError("a rule does one thing: it has a target, or redirect, or reject: true")
    if rule.redirect is None and (rule.code != 302 or rule.keep_query):
        raise ValueError("only a redirect has a status code and a query to keep")


def _blocks(value: Any) -> Any:
    """Anywhere is no limit at all."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [] if ANYWHERE in items or "anywhere" in items else items


_BLOCK = {"type": "string", "description": "A CIDR block, or 'anywhere'."}
Blocks = Annotated[
    tuple[Cidr, ...],
    BeforeValidator(_blocks),
    WithJsonSchema({"anyOf": [_BLOCK, {"type": "array", "items": _BLOCK}]}),
]


class Listener(Model):
    """A port on which a load balancer listens."""

    port: Port
    """The port that clients use."""
    protocol: Protocol
    """What clients speak."""
    to: Target | None = None
    """Who answers what no rule takes. May be left out where a rule without host and path takes everything."""
    rules: tuple[ListenerRule, ...] = ()
    """For http and https: what is done with some hosts and paths, the first that fits."""
    certificate: str | None = None
    """Name of the certificate, for https; clients that name no host get this one."""
    sni: tuple[str, ...] = ()
    """Names of further certificates, chosen by the host name that the client asks for."""
    allow: Blocks = ()
    """Who may connect: a CIDR block, or a list. Left out: anybody who can reach it."""
    idle_timeout: Duration | None = None
    """After so long without a byte the connection is closed. Left out: the cloud's own."""

    @model_validator(mode="after")
    def _fits(self) -> Listener:
        if self.protocol == "https" and self.certificate is None:
            raise ValueError("an https listener needs a certificate")
        if self.to is None and not any(rule.host is None and rule.path is None for rule in self.rules):
            raise ValueError("who answers what no rule takes? give the listener a target (to), or a rule for the rest")
        return self


class LoadBalancer(Model):
    """Spreads traffic over servers."""

    subnets: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of the subnets that it is in."""
    public: bool = False
    """True: it has a public address. False: it is reached from inside the network only."""
    min_connections: Annotated[int, Field(ge=1)] | None = None
    """So many connections at once at least, where load balancers are sold by size."""
    flavor: dict[Name, str] = {}
    """One size by the cloud's own name, per cloud: overrides ``min_connections`` there."""
    listeners: Annotated[tuple[Listener, ...], Field(min_length=1)]
    """The ports that it listens on."""
    security_groups: tuple[str, ...] = ()
    """Names of security groups."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}
