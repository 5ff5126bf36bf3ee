"""Coordination measured: what is found of planted campaigns, in how much time, at what cost."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings, state_dir
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.model.thresholds import ANY_LANGUAGE, UNKNOWN, cut_for
from pipeline.model.vector_cache import kept_vectors
from pipeline.signals.behaviour import LABEL
from pipeline.signals.behaviour_load import Load, measure
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.planted import LEVELS
from pipeline.signals.planted_check import Checked, check
from pipeline.signals.planted_traces import Encode, ground_of, halves
from pipeline.signals.transfer_check import Transfer, transfer
from pipeline.sources.behaviour_sets import CHALLENGES, VK, bot_or_not, vk_comments
from pipeline.sources.labelled import own_rows
from pipeline.sources.troll_posts import FILES, people_posts, troll_posts

LANG = "ru"
"""The language of the VK comments: their cut is what decides whether a person sees one."""
TEXT_LEVELS = LEVELS[:3]
"""What needs no vectors."""
NAMES = {"held": "half that nothing was fitted on", "all": "all comments"}


def check_planted(
    settings: Settings, external: Path, release: Path, *, rounds: int, meaning: bool
) -> list[Checked]:
    """Plant campaigns in the VK comments, in the half that fitting never saw and in all of them."""
    comments = vk_comments(external)
    if comments is None:
        raise PipelineError(
            f"{external / VK}: not found", "Name the folder of the public sets: ../shared/data."
        )
    ground = ground_of(comments, encoder_of(settings, release)[0] if meaning else None)
    model = load_model(paths.BEHAVIOUR)
    cuts = cuts_of(release)
    levels = LEVELS if meaning else TEXT_LEVELS
    found: list[Checked] = []
    for name, own in (("held", halves(ground)[1]), ("all", ground)):
        found += check(NAMES[name], own, model, cuts=cuts, rounds=rounds, levels=levels)
    return found


def check_trolls(settings: Settings, external: Path, release: Path) -> list[Transfer]:
    """Return what is flagged of known trolls' posts, and of people's; absent sets are left out."""
    model, cut = load_model(paths.BEHAVIOUR), cuts_of(release)[-1]
    days = settings.score.window_days
    return [
        transfer(name, posts, model, cut=cut, days=days) for name, posts in sets_of_posts(external)
    ]


def sets_of_posts(external: Path) -> Iterator[tuple[str, pa.Table]]:
    """Yield the sets of posts that are there, by name: trolls first, then people."""
    for name in FILES:
        for passed_on, what in ((False, "own posts"), (True, "and what they pass on")):
            posts = troll_posts(external, name, passed_on=passed_on)
            if posts is not None:
                yield f"trolls, {name}, {what}", posts
    for challenge in CHALLENGES:
        accounts = bot_or_not(external, challenge)
        if accounts is not None:
            yield f"people of bot-or-not {challenge}", people_posts(accounts)
    comments = vk_comments(external)
    if comments is not None:
        yield "vk comments", comments


def encoder_of(settings: Settings, release: Path) -> tuple[Encode, str]:
    """Return what gives the vectors of a release and keeps them under var/vectors, and its name."""
    opened = open_release(release)
    scorer = Scorer(opened, threads=settings.score.threads)
    if not scorer.has_vectors:
        raise PipelineError(
            f"{release}: this release gives no vectors of texts",
            "Use a newer release, or --without-meaning.",
        )
    keep = partial(kept_vectors, scorer.vectors, opened.version, folder=state_dir() / "vectors")
    return keep, opened.version


def cuts_of(release: Path) -> list[float]:
    """Return an even chance, and the cut from which the release's routing asks a person."""
    if not release.is_dir():
        return [UNKNOWN.clear]
    thresholds = open_release(release).thresholds
    cuts = thresholds.get(LABEL, {})
    lang = LANG if LANG in cuts else ANY_LANGUAGE
    return sorted({UNKNOWN.clear, cut_for(thresholds, LABEL, lang).clear})


def load(external: Path, n: int, *, vectors: bool = False) -> Load:
    """Measure behaviour on `n` comments made of the VK comments, of our seeds without them."""
    comments = vk_comments(external)
    texts = seeds() if comments is None else comments.column("text").to_pylist()
    said = [text for text in texts if text.strip()]
    return measure(said, n, load_model(paths.BEHAVIOUR), vectors=vectors)


def seeds() -> list[str]:
    """Return the project's own comments."""
    return [row["text"] for _, row in own_rows(paths.ROOT / "data" / "seed")]


def render(found: Sequence[Checked]) -> str:
    """Return the figures as a table for people."""
    lines = []
    for each in found:
        innocents = kinds(each.innocents_by_kind)
        lines += [
            f"{each.ground}: {each.n_comments} comments, {each.n_planted} planted, "
            f"flagged from {each.cut}",
            f"  innocents per 10,000: {each.innocents} with nothing planted ({innocents}), "
            f"{each.innocents_beside} beside campaigns",
        ]
        for level, recall in each.recall.items():
            sizes = "  ".join(
                f"{size}: {share}" for size, share in each.recall_by_size[level].items()
            )
            whole = each.recall_of_campaigns[level]
            lines.append(
                f"  {level:<12} recall {recall:.3f}, campaigns alike {whole:.3f}   {sizes}"
            )
    return "\n".join(lines)


def render_transfer(found: Sequence[Transfer]) -> str:
    """Return what is flagged of posts as a table for people."""
    return "\n".join(
        f"{each.name:<40} {each.n_posts:>6} posts {each.n_accounts:>6} accounts  "
        f"from {each.cut}: {each.flagged} per 10,000 ({kinds(each.by_kind)}), "
        f"{each.accounts:.1%} of accounts; in clusters {each.in_clusters}"
        for each in found
    )


def kinds(shares: Mapping[str, float]) -> str:
    """Return shares by kind of evidence."""
    return ", ".join(f"{kind} {share}" for kind, share in shares.items()) or "none"
