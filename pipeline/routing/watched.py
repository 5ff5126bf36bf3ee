"""Watched: what of a night is compared with other nights. Numbers alone, no text and no ids.

Vectors are kept in few dimensions: distances stay nearly the same (Johnson and Lindenstrauss 1984;
random signs after Achlioptas 2003), and nobody gets back from them to what was written.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.tables import COMMENT, atomic_path, iterate_table, score_schema, write_table

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int16]
LANGS = ("lv", "ru", "en", "und")
LENGTHS = (10, 20, 40, 80, 160, 320, 640)
"""Characters at which the bins of length part."""
PROBS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8)
"""Where the bins of `prob_abuse` part: most comments lie near 0."""
WIDTH = 32
"""Dimensions in which vectors are kept."""
MOST_VECTORS = 300
"""Comments of a night whose vectors are kept, drawn by the hash of their key."""
MOST_ROWS = 20_000
"""Comments of a night that are looked at; a large night shows its shape in fewer."""
FOLDER = "scores.parts/watched"
"""Beside the parts of a run: what is thrown away with them never counts again."""
SAMPLE = pa.schema(
    [pa.field("lot", pa.uint64()), pa.field("lang", pa.string()), pa.field("vector", pa.binary())]
)


@dataclass(frozen=True)
class Watched:
    """A night in numbers: a language, bins of length and prob per comment, some vectors."""

    langs: Codes
    """Shape (comments,): places in LANGS."""
    lengths: Codes
    """Shape (comments,): bins of LENGTHS."""
    probs: Codes
    """Shape (comments,): bins of PROBS, -1 where the comment was not scored."""
    vectors: Floats
    """Shape (sample, WIDTH)."""
    vector_langs: Codes
    """Shape (sample,)."""

    def part(self, lang: str) -> "Watched":
        """Return the comments of a language."""
        code = LANGS.index(lang)
        rows, own = self.langs == code, self.vector_langs == code
        return Watched(
            self.langs[rows],
            self.lengths[rows],
            self.probs[rows],
            self.vectors[own],
            self.vector_langs[own],
        )


def keep_sample(
    folder: Path, chunk: pa.Table, langs: Sequence[str], vectors: Sequence[Floats | None]
) -> None:
    """Keep the vectors of a chunk's comments with the smallest lots, enough for any night."""
    keys = zip(
        chunk.column("source").to_pylist(), chunk.column("comment_id").to_pylist(), strict=True
    )
    lots = [lot_of(source, name) for source, name in keys]
    known = sorted((lot, at) for at, lot in enumerate(lots) if vectors[at] is not None)
    chosen = [at for _, at in known[:MOST_VECTORS]]
    if not chosen:
        return
    small = narrowed(np.stack([vector for at in chosen if (vector := vectors[at]) is not None]))
    table = pa.table(
        {
            "lot": [lots[at] for at in chosen],
            "lang": [langs[at] for at in chosen],
            "vector": [row.astype(np.float16).tobytes() for row in small],
        },
        schema=SAMPLE,
    )
    # The same chunk again replaces itself.
    write_table(folder / FOLDER / f"{lots[0]:016x}.parquet", table)


def lot_of(source: str, comment_id: str) -> int:
    """Return a number that stands for a comment as if it were drawn."""
    key = f"watched\0{source}\0{comment_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")


def narrowed(vectors: Floats) -> Floats:
    """Return vectors in WIDTH dimensions, the same ones on every machine."""
    width = vectors.shape[1]
    bits = np.frombuffer(hashlib.shake_256(b"saruna drift").digest(width * WIDTH // 8), np.uint8)
    signs = np.unpackbits(bits).astype(np.float32).reshape(width, WIDTH) * 2 - 1
    result: Floats = vectors @ signs / np.float32(np.sqrt(WIDTH))
    return result


def read_sample(folder: Path) -> tuple[Floats, Codes]:
    """Return the vectors that a night kept, and their languages."""
    files = sorted((folder / FOLDER).glob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file, schema=SAMPLE).to_pylist()]
    rows = sorted(rows, key=lambda row: row["lot"])[:MOST_VECTORS]
    vectors = [np.frombuffer(row["vector"], np.float16).astype(np.float32) for row in rows]
    stacked = np.stack(vectors) if vectors else np.zeros((0, WIDTH), np.float32)
    return stacked, codes([row["lang"] for row in rows])


def codes(langs: Iterable[str]) -> Codes:
    """Return languages as places in LANGS; one that is not there counts as the last."""
    known = {lang: at for at, lang in enumerate(LANGS)}
    return np.array([known.get(lang, len(LANGS) - 1) for lang in langs], dtype=np.int16)


def watch(folder: Path, labels: Sequence[str]) -> Watched:
    """Return what is watched of the night in this folder."""
    lengths: list[npt.NDArray[np.int64]] = []
    langs: list[str] = []
    probs: list[npt.NDArray[np.float64]] = []
    schema = score_schema(labels)
    for table in iterate_table(folder / "comments.parquet", COMMENT, "saruna validate"):
        texts = table.column("text").to_pylist()
        lengths.append(np.array([len(text) for text in texts], dtype=np.int64))
    for table in iterate_table(folder / "scores.parquet", schema, "saruna score"):
        langs += table.column("lang").to_pylist()
        column = table.column("prob_abuse").to_numpy()
        probs.append(np.asarray(column, dtype=np.float64))
    vectors, own = read_sample(folder)
    return of_rows(
        langs,
        np.concatenate([np.zeros(0, np.int64), *lengths]),
        np.concatenate([np.zeros(0), *probs]),
        vectors=vectors,
        vector_langs=own,
    )


def of_rows(
    langs: Sequence[str],
    lengths: npt.NDArray[np.int64],
    probs: npt.NDArray[np.float64],
    *,
    vectors: Floats,
    vector_langs: Codes,
) -> Watched:
    """Return a night from its rows; at most MOST_ROWS of them, evenly spread."""
    chosen = np.unique(np.linspace(0, len(langs) - 1, min(len(langs), MOST_ROWS)).astype(int))
    bins = np.digitize(np.nan_to_num(probs), PROBS)
    return Watched(
        codes(langs)[chosen],
        np.digitize(lengths, LENGTHS).astype(np.int16)[chosen],
        np.where(np.isnan(probs), -1, bins).astype(np.int16)[chosen],
        vectors,
        vector_langs,
    )


def save(path: Path, nights: Mapping[str, Watched], about: Mapping[str, str]) -> None:
    """Write nights by their name, and what they are of; the file is whole at any time."""
    arrays: dict[str, Any] = {}
    for at, night in enumerate(nights.values()):
        for field in fields(Watched):
            arrays[f"{at}.{field.name}"] = getattr(night, field.name)
    names = np.array(list(nights), dtype=np.str_)
    told = np.array([*about.values()], dtype=np.str_)
    # savez adds an ending to a name, not to an open file.
    with atomic_path(path) as partial, partial.open("wb") as handle:
        np.savez_compressed(handle, names=names, about=told, **arrays)


def load(path: Path, about: Mapping[str, str]) -> dict[str, Watched] | None:
    """Return the nights on file, None when there are none, or of something else.

    Raises PipelineError for a file that cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            if stored["about"].tolist() != [*about.values()]:
                return None
            return {
                str(name): Watched(
                    **{field.name: stored[f"{at}.{field.name}"] for field in fields(Watched)}
                )
                for at, name in enumerate(stored["names"].tolist())
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise PipelineError(
            f"{path}: cannot be read", "Remove the file: the next report makes it anew."
        ) from error
