"""The desk and the OpenID provider of the tests, and a browser's way between them."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml
from django.test import Client
from openid_provider import CLIENT

from pipeline.desk import openid
from pipeline.desk.models import User

GROUPS = {
    "moderators": {"role": "moderator", "institutions": ["ogre"]},
    "culture": {"role": "moderator", "institutions": ["culture"]},
    "seniors of culture": {"role": "senior", "institutions": ["culture"]},
    "communications": {"role": "communications"},
    "nowhere": {"role": "moderator", "institutions": ["nowhere"]},
}
SUB = "f3a1-anna"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass(frozen=True)
class Stand:
    """The provider of the tests, and the file with which the desk knows it."""

    issuer: str
    file: Path

    def behave(self, **how: Any) -> None:
        OPENER.open(f"{self.issuer}/behaviour", json.dumps(how).encode(), timeout=10).close()

    def configure(self, **changes: Any) -> None:
        """Write the desk's file; a change to None leaves a key out."""
        whole = {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "name": "Ogres konts",
            "groups": GROUPS,
            "accounts": "create",
            **changes,
        }
        kept = {key: value for key, value in whole.items() if value is not None}
        self.file.write_text(yaml.safe_dump(kept), encoding="utf-8")
        forget()


def forget() -> None:
    openid.provider.cache_clear()
    openid.client_of.cache_clear()


def leave(client: Client, following: str = "") -> str:
    """Start a sign-in; return the address at the provider."""
    response = client.get("/sign-in/provider", {"next": following} if following else {})
    assert response.status_code == 302
    return str(response["Location"])


def at_the_provider(address: str) -> str:
    """Return where the provider sends the browser back to."""
    with pytest.raises(urllib.error.HTTPError, match="302") as caught:
        OPENER.open(address, timeout=10)
    caught.value.close()
    return str(caught.value.headers["Location"])


def come_back(client: Client, address: str, **changes: str) -> Any:
    asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    response = client.get(f"{urlsplit(address).path}?{urlencode(asked | changes)}")
    return shown(client, response)


def shown(client: Client, response: Any) -> Any:
    """Return the page of a refusal, every other answer as it is."""
    is_refused = response.get("Location") == "/sign-in/refused"
    return client.get("/sign-in/refused") if is_refused else response


def sign_in(client: Client, following: str = "") -> Any:
    return come_back(client, at_the_provider(leave(client, following)))


def who(client: Client) -> str | None:
    """Return the name of whoever this browser is at the desk."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None
