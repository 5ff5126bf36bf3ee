"""Rows of the comment and reject tables, and the key that stands for an author."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from pipeline.core.tables import COMMENT, REJECT

FILE_SOURCE = "file:"
"""Prefix of the source of comments whose file names no platform."""

MADE_ID = "made-"
"""Prefix of comment ids that ingest made because the input has none."""


class Comment(NamedTuple):
    """One row of the comment table; fields in the order of the schema."""

    comment_id: str
    source: str
    channel: str | None
    institution: str | None
    thread_id: str | None
    parent_id: str | None
    author_key: str | None
    created_at: datetime | None
    text: str
    permalink: str | None
    n_reactions: int | None
    n_replies: int | None
    author_created_at: datetime | None
    author_n_followers: int | None
    author_n_following: int | None
    author_n_posts: int | None
    author_has_avatar: bool | None
    author_is_verified: bool | None


class Reject(NamedTuple):
    """One row of the reject table; fields in the order of the schema."""

    source: str
    file: str
    row_number: int
    comment_id: str | None
    reason: str
    detail: str | None


def is_author_key(text: str) -> bool:
    """Tell whether a text has the form of the keys that `author_key` makes."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def author_key(author_id: str, source: str, secret: bytes) -> str:
    """Return the keyed hash (32 hex digits) that replaces an author's id on a platform.

    Sources are kept apart, so that one person's accounts on two platforms cannot be linked. Plain
    files share one space: the same author must keep the same key from one night's file to the next.
    """
    space = FILE_SOURCE if source.startswith(FILE_SOURCE) else source
    message = f"{space}\0{author_id}".encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, "sha256").hex()[:32]


def comment_table(comments: Sequence[Comment]) -> pa.Table:
    """Return the comments as a table of the COMMENT schema."""
    return rows_to_table(comments, COMMENT)


def reject_table(rejects: Sequence[Reject]) -> pa.Table:
    """Return the rejects as a table of the REJECT schema."""
    return rows_to_table(rejects, REJECT)


def rows_to_table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    """Return rows, whose values are in the order of `schema`, as a table of it."""
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
