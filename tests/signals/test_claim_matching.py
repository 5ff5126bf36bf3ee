"""A comment that repeats a debunked claim is shown with its source; one that denies it is not."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from claims_material import (
    GLOSSARY,
    SHIPPED,
    WIDTH,
    claims_file,
    encode,
    matcher_of,
    plain_projection,
    read_claims,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.policy import load_policy
from pipeline.signals.claims.base import save_claims
from pipeline.signals.claims.emerging import (
    DEFAULT,
    Limits,
    asserts,
    emerging,
    keep,
    write_emerging,
)
from pipeline.signals.claims.index import ClaimIndex
from pipeline.signals.claims.matching import Matcher, finding_of
from pipeline.signals.claims.model import load_model
from pipeline.signals.claims.night import ClaimSignal, Encoder, open_signal
from pipeline.signals.claims.report import auc
from pipeline.signals.claims.terms import fold, numbers_in, terms_of

ENCODER = Encoder(encode, WIDTH, "v1")
LINKED = "https://lies.example/raksts/7"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return matcher_of(read_claims(SHIPPED / "own.tsv"))


@pytest.mark.parametrize(
    ("comment", "claim"),
    [
        ("Bēgļiem Latvijā maksā daudz lielākus pabalstus nekā mūsu ģimenēm", "beg"),
        ("Беженцам в Латвии платят пособия больше, чем нашим семьям с детьми", "beg"),
        ("NATO laus Krievijai ienemt Latviju un tikai pec 180 dienam atbrivos", "180"),
        ("НАТО отдаст Латвию России и освободит через 180 дней", "180"),
    ],
)
def test_the_claim_is_found_in_both_languages_and_without_marks(
    matcher: Matcher, comment: str, claim: str
) -> None:
    comments = matcher.comments([comment], encode([comment]))
    (hits,) = matcher.hits(comments)
    _, order = matcher.ranked(comments[0], hits)
    found = matcher.index.claims[int(hits.claims[order[0]])]
    assert any(claim in fold(view).replace("bē", "be") for view in found.views)


def test_names_and_numbers_meet_across_alphabets() -> None:
    texts = ("Zelenskis prasa 5 000 eiro", "Зеленский просит 5000 евро", "Zelensky wants 5000")
    first, *others = (terms_of(text, GLOSSARY) for text in texts)
    for other in others:
        assert "5000" in first.numbers & other.numbers
        assert "zelensky" in first.concepts & other.concepts
    assert {fold("Даугавпилс")[:5]} == {fold("Daugavpils")[:5]}


@pytest.mark.parametrize(
    ("tokens", "numbers"),
    [
        (["5", "000"], {"5000"}),
        (["2026"], {"2026"}),
        (["7"], set()),
        (["6,4"], {"6.4"}),
        (["5g"], set()),
        (["12", "345", "678"], {"12345678"}),
    ],
)
def test_numbers_are_read_whole(tokens: list[str], numbers: set[str]) -> None:
    assert numbers_in(tokens) == numbers


@pytest.mark.parametrize(
    "text", ["", "?", "Vai?", "Paldies!", "🤣🤣", "ь ъ ь Ь", "https://ogre.lv/a/b"]
)
def test_what_asserts_nothing_matches_nothing(matcher: Matcher, text: str) -> None:
    assert matcher.match([text], encode([text])) == [None]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60) | st.text("аьъяЫщ'ā5 ,.%-?", max_size=60))
def test_any_text_can_be_matched(text: str) -> None:
    matcher = matcher_of(read_claims(SHIPPED / "own.tsv")[:4])
    (match,) = matcher.match([text], encode([text]))
    assert match is None or 0 <= match.prob <= 1


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    folder = tmp_path_factory.mktemp("linked")
    path = folder / "claims.tsv"
    path.write_text(
        "claim\tlang\tverdict\tpublisher\tdate\taddress\tlink\n"
        f"Potes nogalina\tlv\tfalse\tX\t2021\thttps://example.org/d\t{LINKED}\n",
        encoding="utf-8",
    )
    return matcher_of(read_claims(path))


@pytest.mark.parametrize(
    ("comment", "is_shown"),
    [
        (f"Beidzot patiesība! {LINKED}", True),
        (f"{LINKED}?utm_source=fb", True),
        (f"Šī ir melu ziņa: {LINKED}", False),
        (f"Вот фейк, не верьте: {LINKED}", False),
        (f"Vai šis ir taisnība? {LINKED}", False),
        ("https://lies.example/cits/8 lasiet visi", False),
    ],
)
def test_a_link_to_a_known_article_is_evidence_unless_it_is_doubted(
    linked: Matcher, comment: str, is_shown: bool
) -> None:
    (match,) = linked.match([comment], encode([comment]))
    finding = finding_of(match, linked.model.cut)
    assert (finding is not None) is is_shown
    if finding is not None:
        assert finding.kind == "claim_link"
        assert LINKED.startswith(comment[finding.start : finding.end].partition("?")[0])


def test_evidence_names_the_claim_and_gives_no_verdict(linked: Matcher) -> None:
    (match,) = linked.match([LINKED], encode([LINKED]))
    finding = finding_of(match, linked.model.cut)
    assert finding is not None
    assert finding.detail == linked.index.claims[0].claim_id
    assert finding.label == "disinformation"


def test_a_claim_that_is_no_debunk_is_never_evidence(tmp_path: Path) -> None:
    path = claims_file(tmp_path, "Potes ir drošas\tlv\ttrue\tX\t2021\thttps://example.org/a")
    matcher = matcher_of(read_claims(path))
    assert matcher.match(["Potes ir drošas, saka ārsti"], encode(["a"])) == [None]


def test_the_label_never_makes_a_comment_a_priority() -> None:
    policy = load_policy()
    assert policy.label("disinformation").never_priority
    assert policy.label("anti_state").never_priority


def test_a_match_below_its_cut_routes_nothing(matcher: Matcher, tmp_path: Path) -> None:
    signal = ClaimSignal(matcher.index.claims, matcher, tmp_path, has_vectors=True)
    texts = [view for claim in matcher.index.claims for view in claim.views]
    for said in signal.find(texts, encode(texts)):
        assert said.prob is not None
        assert said.findings or said.prob < 0.5


def test_without_vectors_links_alone_are_assessed(linked: Matcher, tmp_path: Path) -> None:
    signal = ClaimSignal(linked.index.claims, linked, tmp_path, has_vectors=False)
    plain, link = signal.find(["Potes nogalina cilvēkus", f"Lasi {LINKED}"], None)
    assert plain.prob is None
    assert link.findings[0].kind == "claim_link"


def test_a_night_opens_the_shipped_claims_and_refuses_a_stale_base(tmp_path: Path) -> None:
    opened = open_signal(tmp_path / "none", SHIPPED, ENCODER, tmp_path)
    assert opened.has_vectors
    assert len(opened.matcher.index.claims) >= 60
    save_claims(tmp_path / "claims", read_claims(SHIPPED / "own.tsv"))
    with pytest.raises(PipelineError, match="saruna claims index"):
        open_signal(tmp_path / "claims", SHIPPED, ENCODER, tmp_path)
    narrow = open_signal(tmp_path / "none", SHIPPED, Encoder(encode, 8, "v1"), tmp_path)
    assert not narrow.has_vectors


def test_exact_search_agrees_with_brute_force() -> None:
    claims = read_claims(SHIPPED / "own.tsv")
    views = [view for claim in claims for view in claim.views]
    index = ClaimIndex(claims, encode(views), plain_projection(), GLOSSARY, lexical_weight=0.5)
    text = "Krievija uzbruks nākamgad, raksta slepeni NATO papīri"
    terms, vector = terms_of(text, GLOSSARY), encode([text])
    (hits,) = index.search([terms], vector, 5)
    own = terms.all()
    scores = {}
    for at, view in enumerate(index.views):
        shared = own & view.terms.all()
        lexical = sum(index.idf[term] ** 2 for term in shared)
        lexical /= index.norm(own) * index.norm(view.terms.all())
        score = float(vector[0] @ index.vectors[at]) + 0.5 * lexical
        scores[view.claim] = max(scores.get(view.claim, -9.0), score)
    best = sorted(scores, key=lambda at: -scores[at])[:5]
    assert hits.claims.tolist() == best
    assert np.allclose(hits.scores, [scores[at] for at in best], atol=1e-4)


def test_a_comment_below_the_floor_has_no_candidates_and_others_keep_theirs(
    matcher: Matcher,
) -> None:
    texts = ["Dome slēgs baseinu", *(claim.views[0] for claim in matcher.index.claims[:5])]
    comments = matcher.comments(texts, encode(texts))
    every = matcher.hits(comments)
    floor = sorted(float(hits.scores[0]) for hits in every)[2]
    for whole, kept in zip(every, matcher.hits(comments, floor), strict=True):
        expected = whole.views.tolist() if whole.scores[0] >= floor else []
        assert kept.views.tolist() == expected


def test_numbers_of_another_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="saruna claims train"):
        load_model(tmp_path)


def rows(texts: list[str], authors: list[str]) -> list[dict[str, object]]:
    start = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    return [
        {
            "comment_id": f"c{at}",
            "author_key": author,
            "created_at": start + datetime.timedelta(hours=at),
            "vector": vector.astype(np.float16).tobytes(),
        }
        for at, (author, vector) in enumerate(zip(authors, encode(texts), strict=True))
    ]


RUMOUR = "Dome no maija slēgs baseinu un pārdos to celtniekiem"
OTHERS = [
    "Kad tīrīs sniegu Brīvības ielā pie pieturas",
    "Paldies skolotājai par brīnišķīgo koncertu vakar",
    "Autobuss šorīt atkal nepienāca laikā uz darbu",
    "В парке сломаны качели и разбиты фонари",
]


def test_what_several_people_repeat_becomes_a_group_without_a_verdict() -> None:
    table = emerging(rows([RUMOUR] * 6 + OTHERS, [f"a{at}" for at in range(10)]), DEFAULT)
    (group,) = table.to_pylist()
    assert (group["size"], group["n_authors"]) == (6, 6)
    assert set(group["examples"]) <= {f"c{at}" for at in range(6)}
    assert 0 < group["growth"] < 1
    assert "verdict" not in group


def test_a_greeting_asserts_nothing_however_it_names_whom_it_answers() -> None:
    assert not asserts("[id5117daa572c4b6482ea0ddd808abf085|Сергей Иванов], спасибо")
    assert not asserts("Vai tiešām dome slēgs baseinu un pārdos to?")
    assert asserts(RUMOUR)


def test_one_person_who_repeats_himself_is_no_group() -> None:
    assert emerging(rows([RUMOUR] * 6 + OTHERS, ["a"] * 10), DEFAULT).num_rows == 0


def test_groups_forget_what_is_older_than_their_days(tmp_path: Path) -> None:
    keep(tmp_path, rows([RUMOUR] * 6 + OTHERS, [f"a{at}" for at in range(10)]))
    summary = write_emerging([tmp_path], tmp_path / "out.parquet", Limits(days=0))
    assert (summary.n_groups, summary.n_comments, summary.n_left_out) == (0, 1, 9)
    write_emerging([tmp_path], tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 1


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([1.0, 0.5]), np.array([0.5, 0.0])) == 0.875
    assert auc(np.array([]), np.array([1.0])) is None
