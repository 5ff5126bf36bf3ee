"""A small OpenID provider in a process of its own, which can be told to cheat.

`python openid_provider.py` prints its address and serves until it is ended. POST /behaviour tells
it what to put into the next ID tokens and how to sign them.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from collections.abc import Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "saruna-desk", "s3cret of the desk"
HONEST: Mapping[str, Any] = {
    "claims": {},
    "drop": [],
    "sign": "RS256",
    "form": False,
    "answer": {},
    "describe": {},
    "status": 200,
}


@cache
def keys() -> dict[str, RSAKey | ECKey]:
    """Return the provider's own keys, made once in its process."""
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"}),
    }


@cache
def stranger() -> RSAKey:
    """Return a key that is not published, whatever kid it claims."""
    return RSAKey.generate_key(2048, {"kid": "rsa-1"})


def encoded(value: Mapping[str, Any] | bytes) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claims: Mapping[str, Any], how: str) -> str:
    """Return an ID token, signed as told: by the book, or in one of the ways of an attacker."""
    header = {"alg": how, "kid": "rsa-1"}
    if how in keys():
        header["kid"] = str(keys()[how].kid)
        return jws.serialize_compact(header, json.dumps(claims), keys()[how], algorithms=[how])
    if how in ("stranger", "unknown kid"):
        kid = "rsa-1" if how == "stranger" else "rsa-9"
        return jws.serialize_compact({"alg": "RS256", "kid": kid}, json.dumps(claims), stranger())
    body = f"{encoded(header)}.{encoded(claims)}"
    if how == "none":
        return f"{body}."
    if how == "HS256":
        public = keys()["RS256"].as_pem(private=False)
        return f"{body}.{encoded(hmac.digest(public, body.encode(), 'sha256'))}"
    return how  # no token at all


class Handler(BaseHTTPRequestHandler):
    """The provider's pages; what it remembers belongs to the class."""

    behaviour: dict[str, Any] = dict(HONEST)
    codes: dict[str, dict[str, str]] = {}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(where.query).items()}
        if where.path == "/.well-known/openid-configuration":
            self.send(self.description() | self.behaviour["describe"])
        elif where.path == "/keys":
            self.send(KeySet(list(keys().values())).as_dict(private=False))
        elif where.path == "/authorize" and self.behaviour["form"]:
            self.page(asked)
        elif where.path == "/authorize":
            self.authorize(asked)
        elif where.path == "/end":
            self.go(asked["post_logout_redirect_uri"])
        elif where.path == "/favicon.ico":
            self.reply(b"", 204, {})
        else:
            self.send({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/behaviour":
            type(self).behaviour = {**HONEST, **json.loads(data)}
            self.send({})
        elif self.path == "/authorize":
            self.authorize({key: values[0] for key, values in parse_qs(data).items()})
        elif self.path == "/token":
            self.token({key: values[0] for key, values in parse_qs(data).items()})

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            # As wide as some providers are: the desk takes less.
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }

    def authorize(self, asked: dict[str, str]) -> None:
        """Send a code, to those who ask as the desk should."""
        good = (
            asked["client_id"] == CLIENT
            and asked["response_type"] == "code"
            and asked["code_challenge_method"] == "S256"
            and "openid" in asked["scope"].split()
            and len(asked["nonce"]) >= 16
            and len(asked["state"]) >= 16
        )
        if not good:
            self.send({"error": "invalid_request"}, 400)
            return
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], **self.behaviour["answer"]}
        self.go(f"{asked['redirect_uri']}?{urlencode(answer)}")

    def token(self, asked: dict[str, str]) -> None:
        """Give tokens for a code, once, to the client that proves to be the one who asked."""
        if self.behaviour["status"] != 200:
            self.send({"error": "server_error"}, self.behaviour["status"])
            return
        shown = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        kept = self.codes.pop(asked["code"], None)
        proof = encoded(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if shown.decode() != f"{CLIENT}:{SECRET}":
            self.send({"error": "invalid_client"}, 401)
        elif kept is None or kept["code_challenge"] != proof:
            self.send({"error": "invalid_grant"}, 400)
        else:
            claims = self.claims(kept["nonce"])
            self.send({"access_token": "a", "token_type": "Bearer"} | self.id_token(claims))

    def id_token(self, claims: dict[str, Any]) -> dict[str, str]:
        how = self.behaviour["sign"]
        return {} if how == "nothing" else {"id_token": signed(claims, how)}

    def claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "f3a1-anna",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "anna.ozola",
            "given_name": "Anna",
            "family_name": "Ozola",
            "groups": ["moderators"],
            **self.behaviour["claims"],
        }
        return {key: value for key, value in claims.items() if key not in self.behaviour["drop"]}

    def page(self, asked: dict[str, str]) -> None:
        hidden = "".join(f'<input type="hidden" name="{k}" value="{v}">' for k, v in asked.items())
        button = "<button>Let me in</button>"
        page = f'<!doctype html><form method="post" action="/authorize">{hidden}{button}</form>'
        self.reply(page.encode(), 200, {"Content-Type": "text/html"})

    def go(self, address: str) -> None:
        self.reply(b"", 302, {"Location": address})

    def send(self, body: Mapping[str, Any], status: int = 200) -> None:
        self.reply(json.dumps(body).encode(), status, {"Content-Type": "application/json"})

    def reply(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
