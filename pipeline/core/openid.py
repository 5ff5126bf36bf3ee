"""The OpenID provider that people of the desk may sign in through.

SARUNA_OIDC names a YAML file, SARUNA_OIDC_SECRET holds the secret that goes with it; without both
there are local accounts alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Section, describe_problem, environment, read_mapping

DISCOVERY = "/.well-known/openid-configuration"
OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
HINT = "docs/desk.md, Sign-in through the municipality's accounts, has a file to start from."


def safe_address(address: str) -> str:
    """Return an address that nobody on the way can read or change; ValueError otherwise."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return address
    if parts.scheme == "http" and parts.hostname in OWN_MACHINE:
        return address
    raise ValueError("must start with https://")


class Access(Section):
    """What the members of one group may do at the desk."""

    role: Literal["moderator", "senior", "communications", "data_team", "operator", "auditor"]
    """The role, as docs/desk.md lists them."""
    institutions: tuple[str, ...] = Field(default=(), validate_default=True)
    """Codes of the institutions; moderators and seniors need at least one."""

    @field_validator("institutions")
    @classmethod
    def own_institutions(cls, codes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Refuse a role that works for named institutions and has none."""
        if not codes and info.data.get("role") in ("moderator", "senior"):
            raise ValueError("moderators and seniors need at least one")
        return codes


class Endpoints(Section):
    """Addresses of a provider that does not publish them."""

    authorization: str = Field(min_length=1)
    token: str = Field(min_length=1)
    keys: str = Field(min_length=1)
    end_session: str = ""

    @field_validator("*")
    @classmethod
    def safe(cls, address: str) -> str:
        """Refuse addresses that are open to others."""
        return safe_address(address) if address else address


class OpenIdSettings(Section):
    """The file that SARUNA_OIDC names: sign-in to the desk through an OpenID provider."""

    issuer: str
    """The provider's own name, an https address; its description is read from below it."""
    client_id: str = Field(min_length=1)
    """The name under which the provider knows the desk."""
    name: str = Field(min_length=1, max_length=60)
    """What the button on the sign-in page calls the provider."""
    endpoints: Endpoints | None = None
    """`authorization`, `token`, `keys` and perhaps `end_session`, for a provider that publishes no
    description of itself."""
    scopes: tuple[str, ...] = ("openid", "profile")
    """What the provider is asked for; some give groups only for a scope of their own."""
    groups_claim: tuple[str, ...] = ("groups",)
    """Where the ID token lists the groups, as a path: `[realm_access, roles]`."""
    groups: dict[str, Access] = {}
    """Group to `role` and `institutions`. The first that a person is in decides the role, and every
    further group of that role adds its institutions. Empty: whoever is linked keeps the role that
    the desk gave."""
    accounts: Literal["link", "create"] = "link"
    """`link`: only people whom an administrator has linked come in. `create`: whoever is in one of
    the groups gets an account."""
    username_claim: str = "preferred_username"
    """What a new account is called after."""

    @field_validator("issuer")
    @classmethod
    def issuer_alone(cls, issuer: str) -> str:
        """Refuse an address that is open to others, or that of the description."""
        if issuer.endswith(DISCOVERY):
            raise ValueError(f"write it without {DISCOVERY}")
        return safe_address(issuer)

    @field_validator("groups_claim", mode="before")
    @classmethod
    def path(cls, claim: object) -> object:
        """Let a single name stand for a path of one step."""
        return (claim,) if isinstance(claim, str) else claim

    @field_validator("scopes")
    @classmethod
    def with_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse scopes for which a provider would send no ID token."""
        if "openid" not in scopes:
            raise ValueError("must contain openid")
        return scopes

    @field_validator("accounts")
    @classmethod
    def created_with_a_role(cls, accounts: str, info: ValidationInfo) -> str:
        """Refuse to create accounts that no group gives a role."""
        if accounts == "create" and info.data.get("groups") == {}:
            raise ValueError("needs `groups`")
        return accounts


@dataclass(frozen=True)
class Secret:
    """A secret that shows itself as `***` wherever it is printed."""

    value: str

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True)
class Provider:
    """A provider that is configured whole."""

    settings: OpenIdSettings
    secret: Secret


def load_provider() -> Provider | None:
    """Return the provider of the environment, None when none is configured.

    Raises PipelineError that names everything which is missing or wrong.
    """
    place, secret = environment("SARUNA_OIDC"), environment("SARUNA_OIDC_SECRET")
    if place is None:
        if secret is None:
            return None
        raise PipelineError("SARUNA_OIDC: is not set, but SARUNA_OIDC_SECRET is (***)", HINT)
    try:
        settings = OpenIdSettings.model_validate(read_mapping(Path(place), HINT))
        problems = []
    except ValidationError as error:
        problems = [describe_problem(Path(place), each, OpenIdSettings) for each in error.errors()]
    if secret is None:
        problems.append("SARUNA_OIDC_SECRET: is not set, but SARUNA_OIDC is")
    if problems or secret is None:
        raise PipelineError("\n".join(problems), HINT)
    return Provider(settings, Secret(secret))
