"""Which input column holds which field of a comment: named by the operator, else guessed."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.errors import PipelineError, UsageError

ALIASES: dict[str, tuple[str, ...]] = {
    "text": (
        "text",
        "comment_text",
        "comment",
        "comments",
        "message",
        "body",
        "content",
        "text_original",
        "teksts",
        "komentārs",
        "komentāra_teksts",
        "комментарий",
        "текст",
        "текст_комментария",
        "сообщение",
    ),
    "comment_id": ("comment_id", "id", "komentāra_id", "ид", "id_комментария"),
    "source": ("source", "avots", "источник"),
    "channel": ("channel", "platform", "kanāls", "канал", "платформа"),
    "institution": ("institution", "iestāde", "учреждение"),
    "thread_id": (
        "thread_id",
        "post_id",
        "video_id",
        "article_id",
        "topic_id",
        "thread",
        "ieraksta_id",
        "ид_записи",
    ),
    "parent_id": ("parent_id", "reply_to", "reply_to_id", "in_reply_to", "parent"),
    "author_id": (
        "author_id",
        "user_id",
        "author_channel_id",
        "from_id",
        "user_id_hashed",
        "author",
        "user",
        "username",
        "user_name",
        "author_name",
        "autors",
        "lietotājs",
        "автор",
        "пользователь",
    ),
    "created_at": (
        "created_at",
        "created_time",
        "published_at",
        "datetime",
        "timestamp",
        "date",
        "time",
        "created",
        "publish_date",
        "datums",
        "laiks",
        "datums_un_laiks",
        "дата",
        "время",
        "дата_и_время",
    ),
    "permalink": ("permalink", "permalink_url", "url", "link", "saite", "ссылка"),
    "n_reactions": (
        "n_reactions",
        "reactions",
        "likes",
        "like_count",
        "reakcijas",
        "patīk",
        "лайки",
    ),
    "n_replies": ("n_replies", "replies", "reply_count", "comment_count", "atbildes", "ответы"),
    "author_created_at": ("author_created_at",),
    "author_n_followers": ("author_n_followers", "followers"),
    "author_n_following": ("author_n_following", "following"),
    "author_n_posts": ("author_n_posts",),
    "author_has_avatar": ("author_has_avatar",),
    "author_is_verified": ("author_is_verified",),
}
"""Column names that are obvious, best first, for each field that an input can give."""

PLAIN_NAME = re.compile(r"[\w.\-]+(?: [\w.\-]+){0,3}")
MAX_NAME = 40
MAX_SHOWN = 60


def parse_mapping(option: str) -> dict[str, str]:
    """Return the mapping that `--map text=body,author_id=user` writes.

    An empty column switches the guess for that field off.
    """
    mapping: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in option.split(","))):
        field, separator, column = part.partition("=")
        if not separator or not field.strip():
            raise UsageError(
                f"--map: {part!r} is not field=column",
                "Write for example --map text=body,created_at=date.",
            )
        mapping[field.strip()] = column.strip()
    check_targets(mapping)
    return mapping


def check_targets(mapping: Mapping[str, str]) -> None:
    """Raise UsageError that names every field of the mapping that comments do not have."""
    unknown = [name for name in mapping if name not in ALIASES]
    if unknown:
        raise UsageError(
            "\n".join(f"--map: unknown field {name!r}{suggest(name, ALIASES)}" for name in unknown),
            f"Fields are: {', '.join(ALIASES)}.",
        )


def match_columns(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field that has one among `columns`.

    Named columns win; a guess never takes a column that another field was given.
    """
    by_name = {simplify(column): column for column in reversed(columns)}
    found = {}
    for field, wanted in mapping.items():
        column = wanted if wanted in columns else by_name.get(simplify(wanted)) if wanted else None
        if column is not None:
            found[field] = column
    taken = set(found.values())
    for field, aliases in ALIASES.items():
        free = (by_name[key] for key in map(simplify, aliases) if key in by_name)
        guess = next((column for column in free if column not in taken), None)
        if field not in mapping and guess is not None:
            found[field] = guess
            taken.add(guess)
    return found


def check_columns(place: str, columns: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Raise PipelineError that names every mapped column that is absent, and an absent text."""
    found = match_columns(columns, mapping)
    problems = [
        f"{place}: no column {wanted!r} for {field}{suggest(wanted, columns)}"
        for field, wanted in mapping.items()
        if wanted and field not in found
    ]
    problems += [
        f"{place}: the column {column!r} for {field} stands there more than once"
        for field, column in found.items()
        if list(columns).count(column) > 1
    ]
    if "text" not in found and not mapping.get("text"):
        problems.append(f"{place}: no column that is obviously the comment's text")
    if not problems:
        return
    raise PipelineError(
        "\n".join([*problems, f"Columns here: {', '.join(show_names(columns)) or 'none'}."]),
        "Name the columns with --map, for example --map text=COLUMN,created_at=COLUMN.",
    )


def simplify(name: str) -> str:
    """Return a column name without case, diacritics and the difference between separators."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\s.\-]+", "_", letters)


def suggest(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" with the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near and is_name(near[0]) else ""


def show_names(columns: Sequence[str]) -> list[str]:
    """Return the columns as an error may show them.

    In a file without a header the first comment stands where names should be; it must not be
    shown, so what does not look like a name is only counted.
    """
    names = [column for column in columns if is_name(column)]
    n_others = len(columns) - len(names)
    names = names[:MAX_SHOWN] + (["..."] if len(names) > MAX_SHOWN else [])
    return names + ([f"{n_others} that do not look like names"] if n_others else [])


def is_name(column: str) -> bool:
    """Tell whether a header cell looks like the name of a column."""
    return len(column) <= MAX_NAME and PLAIN_NAME.fullmatch(column) is not None
