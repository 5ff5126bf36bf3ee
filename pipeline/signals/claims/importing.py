"""Import: tables of debunked claims, ClaimReview and plain CSV become claims or rejects.

A file is known by its columns. Rejected rows keep their file, number and reason.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.text import text_hash
from pipeline.signals.claims.records import Claim, canonical_link, claim_of, joined, missing_parts

EUVSDISINFO = "EUvsDisinfo"
DISINFORMATION = "disinformation"
"""EUvsDisinfo gives no verdicts: every case in its list is disinformation by its own account."""

csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Reject:
    """A row that cannot be a claim, and why; `row` counts records from 1."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True)
class Link:
    """An article that spread a claim: its canonical address, and the address of the debunk."""

    link: str
    address: str


@dataclass
class Imported:
    """What came out of files: claims, links to add to claims, rejects, files of another kind."""

    claims: list[Claim]
    links: list[Link]
    rejects: list[Reject]
    skipped: list[str]
    n_rows: int = 0


Row = Mapping[str, str]


def read_sources(path: Path) -> Imported:
    """Return everything that a file, or all files of a folder, say about debunked claims."""
    if not path.exists():
        raise PipelineError(f"{path}: not found", "Name a file or a folder with tables of claims.")
    found = Imported([], [], [], [])
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    # The tables that name articles come after those that name the debunks of these articles.
    for file in sorted(files, key=lambda each: (each.name.startswith("full_dataset"), str(each))):
        read_file(file, found)
    return found


def read_file(file: Path, found: Imported) -> None:
    """Add what one file says; a file of an unknown kind is listed as skipped."""
    suffix = file.suffix.casefold()
    if suffix in {".json", ".jsonld"}:
        records = reviews(file)
        if not records:
            found.skipped.append(file.name)
        for number, fields in enumerate(records, start=1):
            keep(found, file, number, fields)
        return
    if suffix not in {".csv", ".tsv"}:
        found.skipped.append(file.name)
        return
    header, rows = table(file)
    reader = next((each for needs, each in READERS if needs <= set(header)), None)
    if reader is None:
        found.skipped.append(file.name)
        return
    reader(found, file, rows)


def table(file: Path) -> tuple[list[str], list[Row]]:
    """Return the header and the rows of a file with commas, semicolons or tabs between."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            first = handle.readline()
            mark = max(("\t", ";", ","), key=first.count)
            handle.seek(0)
            rows = list(csv.DictReader(handle, delimiter=mark))
    except UnicodeDecodeError as error:
        raise PipelineError(f"{file}: is not UTF-8 text", "Save it as UTF-8.") from error
    cells: list[Row] = [
        {str(key): value or "" for key, value in row.items() if key} for row in rows
    ]
    return next(csv.reader([first], delimiter=mark), []), cells


def keep(
    found: Imported,
    file: Path,
    number: int,
    fields: Row,
    *,
    aliases: tuple[str, ...] = (),
    link: str = "",
) -> Claim | None:
    """Add a row as a claim, or as a reject with its reason."""
    found.n_rows += 1
    reason = missing_parts(fields)
    if reason:
        found.rejects.append(Reject(file.name, number, reason))
        return None
    claim = claim_of(fields, origin=file.name, aliases=aliases, link=link)
    found.claims.append(claim)
    return claim


def read_plain(found: Imported, file: Path, rows: list[Row]) -> None:
    """Read `claim, verdict, address` and what else is known; rows of one `key` are wordings."""
    first_of: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        key = row.get("key", "")
        if key and key in first_of and not row.get("address") and row.get("claim", "").strip():
            at = first_of[key]
            wording = {**row, "verdict": "-", "address": "-"}
            found.claims[at] = joined(found.claims[at], claim_of(wording, origin=file.name))
            found.n_rows += 1
            continue
        link = row.get("link", "")
        if keep(found, file, number, row, aliases=(row.get("same_as", ""),), link=link) and key:
            first_of[key] = len(found.claims) - 1


def read_euvsdisinfo(found: Imported, file: Path, rows: list[Row]) -> None:
    """Read EUvsDisinfo's table of cases: the title is the claim, the id the debunk's address."""
    for number, row in enumerate(rows, start=1):
        # Titles that were cut at "…" say half a claim; they still match, and the address is whole.
        fields = {
            "claim": row["title"].strip(" …"),
            "verdict": DISINFORMATION,
            "publisher": EUVSDISINFO,
            "date": row["date"],
            "address": row["id"],
            "lang": "en",
        }
        keep(found, file, number, fields, aliases=(text_hash(row["title"]),))


def read_publications(found: Imported, file: Path, rows: list[Row]) -> None:
    """Read which article spread which case."""
    for number, row in enumerate(rows, start=1):
        found.n_rows += 1
        link = canonical_link(row["publication"])
        if link:
            found.links.append(Link(link, row["id"]))
        else:
            found.rejects.append(Reject(file.name, number, "no address of a single article"))


def read_older_cases(found: Imported, file: Path, rows: list[Row]) -> None:
    """Read the older table, which names the article and the disproof but no debunk's address.

    The debunk is found by the article, when another table links both.
    """
    debunks: dict[str, list[str]] = {}
    for each in found.links:
        debunks.setdefault(each.link, []).append(each.address)
    for number, row in enumerate(rows, start=1):
        link = canonical_link(row["source"])
        fields = {
            "claim": row["title"].strip(" …"),
            "verdict": DISINFORMATION if row["disproof"].strip() else "",
            "publisher": EUVSDISINFO,
            "date": row["date"],
            "address": debunks.get(link, [""])[0],
            "lang": "en",
        }
        keep(found, file, number, fields)


def read_lv_factchecks(found: Imported, file: Path, rows: list[Row]) -> None:
    """Read the compiled Latvian and Russian fact-checks."""
    for number, row in enumerate(rows, start=1):
        fields = {**row, "claim": row["claim_paraphrase"], "address": row["url"]}
        keep(found, file, number, fields)


READERS: tuple[tuple[set[str], Callable[[Imported, Path, list[Row]], None]], ...] = (
    ({"claim_paraphrase", "verdict", "url"}, read_lv_factchecks),
    ({"id", "publication"}, read_publications),
    ({"id", "title", "outlets"}, read_euvsdisinfo),
    ({"title", "source", "disproof"}, read_older_cases),
    ({"claim", "verdict", "address"}, read_plain),
)


def reviews(file: Path) -> list[Row]:
    """Return the ClaimReview objects of a JSON-LD file, wherever they are nested."""
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PipelineError(f"{file}: is not valid JSON", "Fetch or save it again.") from error
    return [review_fields(each) for each in nested(loaded)]


def nested(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every ClaimReview inside a JSON value."""
    if isinstance(value, list):
        for each in value:
            yield from nested(each)
    elif isinstance(value, dict):
        kind = value.get("@type")
        if kind == "ClaimReview" or (isinstance(kind, list) and "ClaimReview" in kind):
            yield value
        else:
            for each in value.values():
                yield from nested(each)


def review_fields(review: Mapping[str, Any]) -> Row:
    """Return the fields of a ClaimReview (schema.org): claim, verdict, publisher, date, address."""
    rating = review.get("reviewRating") or {}
    author = review.get("author") or review.get("publisher") or {}
    author = author[0] if isinstance(author, list) and author else author
    said = rating.get("alternateName") or rating.get("name") or ""
    return {
        "claim": str(review.get("claimReviewed") or ""),
        "verdict": str(said or verdict_of_number(rating)),
        "publisher": str(author.get("name") or "") if isinstance(author, dict) else str(author),
        "date": str(review.get("datePublished") or ""),
        "address": str(review.get("url") or ""),
        "lang": str(review.get("inLanguage") or "und")[:2],
    }


def verdict_of_number(rating: Mapping[str, Any]) -> str:
    """Return `false` for a rating in the lower half of its scale, empty for any other."""
    try:
        worst, best = float(rating["worstRating"]), float(rating["bestRating"])
        return "false" if float(rating["ratingValue"]) < (worst + best) / 2 else ""
    except (KeyError, TypeError, ValueError):
        return ""
