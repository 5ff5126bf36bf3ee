"""The way to the OpenID provider and back: authorization code with PKCE, state and nonce.

Authlib (the `oidc` extra) speaks the protocol; what is here narrows it: two signature algorithms,
one issuer, one audience, addresses that are named and no other part of what a provider publishes.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from django.http import HttpRequest
from pydantic import ValidationError

from pipeline.core.errors import PipelineError
from pipeline.core.openid import DISCOVERY, Endpoints, Provider, load_provider

logger = logging.getLogger(__name__)
ALGORITHMS: Final = ("RS256", "ES256")
"""Signatures with a key that the provider alone has; `none` and shared secrets prove nothing."""
TIMEOUT: Final = 10
"""Seconds to wait for the provider: people wait with us."""
LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
CLIENT_SECONDS: Final = 3600
"""How long addresses and keys are kept: a key that the provider withdraws is refused after that."""
LONGEST_HINT: Final = 3000
"""An ID token that lists many groups makes an address that servers refuse."""


class Refusal(StrEnum):
    """Why somebody who comes from the provider is not let in."""

    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    STALE = "stale"
    CANCELLED = "cancelled"
    NO_GROUP = "no group"
    NO_INSTITUTION = "no institution"
    NOT_LINKED = "not linked"
    NAME_TAKEN = "name taken"
    CLOSED = "closed"


class Refused(Exception):  # noqa: N818 - an answer to a person, not a fault
    """Somebody is not let in; `detail` is for the operator and holds no name."""

    def __init__(self, refusal: Refusal, detail: str = "", *, subject: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else refusal)
        self.refusal = refusal
        self.subject = subject


@dataclass(frozen=True)
class Arrival:
    """What the provider says of somebody who has come back from it."""

    claims: Mapping[str, Any]
    id_token: str
    """What the provider wants to see again at the end, empty when it has no end."""
    next: str


@lru_cache(maxsize=1)
def provider() -> Provider | None:
    """Return the provider that is configured, None without one; PipelineError when half of one is.

    Read once: a change needs a restart, as every other setting of the desk does.
    """
    found = load_provider()
    missing = [name for name in ("authlib", "requests") if find_spec(name) is None]
    if found is not None and missing:
        raise PipelineError(
            f"SARUNA_OIDC: is set, but {' and '.join(missing)} is not installed",
            "Run `pip install 'saruna[oidc]'`, or unset SARUNA_OIDC and SARUNA_OIDC_SECRET.",
        )
    return found


def usable_provider() -> Provider | None:
    """Return the provider that pages may offer: none when half of one is configured.

    `saruna desk serve` refuses to start then; under another server the log says it.
    """
    try:
        return provider()
    except PipelineError as error:
        logger.error("sign-in through OpenID Connect is off: %s", error)
        return None


def needed_provider() -> Provider:
    """Return the provider where there must be one."""
    found = provider()
    if found is None:
        raise LookupError("no provider is configured")
    return found


def begin(request: HttpRequest, back: str, following: str) -> str:
    """Return the provider's address for a new sign-in; the session keeps what belongs to it."""
    with explained():
        client = current_client()
        asked = client.create_authorization_url(back)
        client.save_authorize_data(request, redirect_uri=back, next=following, **asked)
    return str(asked["url"])


def finish(request: HttpRequest) -> Arrival:
    """Return who comes back, once: the code and the state are used up. Raises Refused."""
    client, found = current_client(), needed_provider()
    state = request.GET.get("state")
    waiting = client.framework.get_state_data(request.session, state)
    if waiting is None:
        raise Refused(Refusal.STALE, "no sign-in of this browser waits for this answer")
    if request.GET.get("iss", found.settings.issuer) != found.settings.issuer:
        raise Refused(Refusal.UNTRUSTED, "the answer names another issuer")
    options = {
        "iss": {"essential": True, "value": found.settings.issuer},
        "aud": {"essential": True, "value": found.settings.client_id},
    }
    try:
        with explained():
            token = client.authorize_access_token(request, claims_options=options, leeway=LEEWAY)
    finally:
        client.framework.clear_state_data(request.session, state)
        # Django keeps no change of a session whose request ends in a fault.
        request.session.save()
    claims = token.get("userinfo")
    if not claims:
        raise Refused(Refusal.UNTRUSTED, "the answer holds no ID token")
    ends = client.server_metadata["end_session_endpoint"]
    return Arrival(claims, token["id_token"] if ends else "", waiting.get("next") or "")


def leaving_address(id_token: str, back: str) -> str | None:
    """Return where the provider ends its own session, None when it is away."""
    try:
        with explained():
            client = current_client()
            address = client.create_logout_url(
                post_logout_redirect_uri=back,
                id_token_hint=id_token if len(id_token) <= LONGEST_HINT else None,
                client_id=client.client_id,
            )
    except Refused:
        return None
    return str(address["url"])


def look() -> str:
    """Say whom the desk trusts, after asking for addresses and keys anew. Raises Refused."""
    found = needed_provider()
    with explained():
        keys = make_client(found).fetch_jwk_set()["keys"]
    return f"{found.settings.issuer} answers, {len(keys)} keys"


def current_client() -> Any:
    """Return the client of this hour."""
    return client_of(int(time.time() // CLIENT_SECONDS))


@lru_cache(maxsize=1)
def client_of(hour: int) -> Any:  # noqa: ARG001 - a new hour makes a new client
    """Return a client with the provider's addresses; one that cannot be made is not kept."""
    with explained():
        return make_client(needed_provider())


def make_client(found: Provider) -> Any:
    """Return the client of a provider; asks it for its addresses unless they are set."""
    from authlib.integrations.django_client import OAuth

    settings = found.settings
    endpoints, method = settings.endpoints, "client_secret_basic"
    if endpoints is None:
        endpoints, method = discover(settings.issuer)
    return OAuth().register(
        "provider",
        client_id=settings.client_id,
        client_secret=found.secret.value,
        authorize_url=endpoints.authorization,
        access_token_url=endpoints.token,
        jwks_uri=endpoints.keys,
        end_session_endpoint=endpoints.end_session,
        id_token_signing_alg_values_supported=list(ALGORITHMS),
        client_kwargs={
            "scope": " ".join(settings.scopes),
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": method,
            "default_timeout": TIMEOUT,
        },
    )


def discover(issuer: str) -> tuple[Endpoints, str]:
    """Return the addresses that a provider publishes, and how a client shows its secret to it.

    OpenID Connect Discovery 1.0, section 4.3: the issuer in the answer is the one that was asked.
    """
    from authlib.integrations.requests_client import OAuth2Session

    with OAuth2Session(default_timeout=TIMEOUT) as session:
        answer = session.get(issuer.removesuffix("/") + DISCOVERY, withhold_token=True)
    answer.raise_for_status()
    told = answer.json()
    if told["issuer"] != issuer:
        raise Refused(Refusal.UNTRUSTED, "the provider's description names another issuer")
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    endpoints = Endpoints(
        authorization=told["authorization_endpoint"],
        token=told["token_endpoint"],
        keys=told["jwks_uri"],
        end_session=told.get("end_session_endpoint", ""),
    )
    basic = "client_secret_basic" in methods or "client_secret_post" not in methods
    return endpoints, "client_secret_basic" if basic else "client_secret_post"


@contextmanager
def explained() -> Iterator[None]:
    """Turn what goes wrong with a provider into a refusal; its words reach neither page nor log."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        yield
    except RequestException as error:
        raise Refused(Refusal.UNREACHABLE, type(error).__name__) from error
    except JoseError as error:
        raise Refused(Refusal.UNTRUSTED, f"ID token: {error.error}") from error
    except AuthlibBaseError as error:
        cancelled = error.error in ("access_denied", "login_required", "consent_required")
        kind = Refusal.CANCELLED if cancelled else Refusal.UNTRUSTED
        raise Refused(kind, code_of(error.error)) from error
    except (ValidationError, LookupError, TypeError, ValueError) as error:
        raise Refused(Refusal.UNTRUSTED, type(error).__name__) from error


def code_of(error: object) -> str:
    """Return an error code of the protocol as it is, anything else as a word of our own."""
    known = isinstance(error, str) and error.isascii() and error.replace("_", "").isalpha()
    return str(error)[:60] if known else "an unknown error"
