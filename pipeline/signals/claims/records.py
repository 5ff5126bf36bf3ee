"""What a claim is: its wordings, its verdict, where it was debunked, whether it may be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from pipeline.core.text import text_hash

CLAIM = pa.schema(
    [
        pa.field("claim_id", pa.string(), nullable=False),
        pa.field("lang", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("publisher", pa.string(), nullable=False),
        pa.field("date", pa.string(), nullable=False),
        pa.field("address", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("views", pa.list_(pa.string()), nullable=False),
        pa.field("aliases", pa.list_(pa.string()), nullable=False),
        pa.field("links", pa.list_(pa.string()), nullable=False),
    ]
)
"""`views` are all wordings, `text` first; `aliases` their hashes and those of claims that say the
same; `links` are canonical addresses of articles that spread the claim; `date` is as published."""

USABLE, UNUSABLE = "usable", "unusable"

DEBUNKED = (
    *("false", "fabricated", "misleading", "missing_context", "mostly_false", "partly_false"),
    *("inaccurate", "incorrect", "untrue", "unfounded", "conspiracy", "disinformation", "fake"),
    *("hoax", "manipulat", "altered", "pants", "correction"),
    *("nepaties", "meli", "maldin", "viltus", "viltot", "trūkst_konteksta", "sagroz"),
    *("daļēji_nepaties", "nav_taisn"),
    *("лож", "неправд", "фейк", "манипуляц", "вводит_в_заблуждение", "недостоверн"),
    *("частично_неправд", "отсутствует_контекст"),
)
"""Beginnings of verdicts that refute a claim; any other verdict is not evidence against it."""


@dataclass(frozen=True)
class Claim:
    """One debunked claim with every wording that is known of it."""

    claim_id: str
    lang: str
    text: str
    verdict: str
    publisher: str
    date: str
    address: str
    status: str
    origin: str
    views: tuple[str, ...]
    aliases: tuple[str, ...]
    links: tuple[str, ...] = ()


def status_of(verdict: str) -> str:
    """Return `usable` for a verdict that refutes its claim, `unusable` for any other."""
    plain = re.sub(r"[\s-]+", "_", verdict.strip().casefold())
    return USABLE if plain.startswith(DEBUNKED) else UNUSABLE


def claim_of(
    fields: Mapping[str, str], *, origin: str, aliases: tuple[str, ...] = (), link: str = ""
) -> Claim:
    """Return the claim of a row whose fields are checked already."""
    text = " ".join(fields["claim"].split())
    verdict = " ".join(fields["verdict"].split())
    link = canonical_link(link) if link else ""
    return Claim(
        claim_id=text_hash(text),
        lang=fields.get("lang") or "und",
        text=text,
        verdict=verdict,
        publisher=fields.get("publisher") or "",
        date=fields.get("date") or "",
        address=fields["address"].strip(),
        status=status_of(verdict),
        origin=origin,
        views=(text,),
        aliases=tuple(dict.fromkeys((text_hash(text), *filter(None, aliases)))),
        links=(link,) if link else (),
    )


def joined(first: Claim, second: Claim) -> Claim:
    """Return `first` with the wordings, names and links of `second` added."""
    return replace(
        first,
        views=tuple(dict.fromkeys((*first.views, *second.views))),
        aliases=tuple(dict.fromkeys((*first.aliases, *second.aliases))),
        links=tuple(dict.fromkeys((*first.links, *second.links))),
    )


def missing_parts(fields: Mapping[str, str]) -> str:
    """Return why a row is no claim that could be shown to anybody, empty when it is one."""
    if not fields.get("claim", "").strip():
        return "no claim"
    if not fields.get("verdict", "").strip():
        return "no verdict"
    if not re.match(r"https?://[^\s/]+\.[^\s/]+", fields.get("address", "").strip()):
        return "no address of a debunk"
    return ""


SOCIAL = re.compile(
    r"^(facebook|twitter|x|vk|ok|youtube|youtu|instagram|t|telegram|tiktok|linkedin)\.[a-z]{2,3}$"
)
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'»”]+", re.IGNORECASE)


def canonical_link(address: str) -> str:
    """Return an address in the one form in which links are compared, empty when it is no article.

    The bare address of a site, and a profile on a social network, spread no single claim.
    """
    match = re.match(
        r"(?:https?://)?(?:www\.|m\.|amp\.)?([^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?", address
    )
    if match is None:
        return ""
    host, path = match.group(1).casefold(), match.group(2).rstrip("/.,;:!)")
    video = re.search(r"[?&]v=([\w-]{6,})", match.group(3) or "")
    if host == "youtu.be" and path:
        host, path = "youtube.com", f"/watch/{path.strip('/')}"
    elif host == "youtube.com" and video:
        path = f"/watch/{video.group(1)}"
    elif video is None and match.group(3) and not path.strip("/"):
        path = match.group(3)
    n_parts = len([part for part in path.split("/") if part])
    if n_parts == 0 or (SOCIAL.match(host) and n_parts < 2):
        return ""
    return host + path


def links_in(text: str) -> list[tuple[int, int, str]]:
    """Return the spans and canonical forms of the addresses in a text."""
    found = [(hit.start(), hit.end(), canonical_link(hit.group())) for hit in LINK.finditer(text)]
    return [each for each in found if each[2]]


def to_table(claims: list[Claim]) -> pa.Table:
    """Return claims as a table."""
    rows = [{name: getattr(claim, name) for name in CLAIM.names} for claim in claims]
    return pa.Table.from_pylist(rows, schema=CLAIM)


def from_table(table: pa.Table) -> list[Claim]:
    """Return the claims of a table."""
    listed = ("views", "aliases", "links")
    return [
        Claim(**{**row, **{name: tuple(row[name]) for name in listed}}) for row in table.to_pylist()
    ]
