"""The claim base keeps every claim once, with its source, and says why a row was refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from claims_material import SHIPPED, claims_file, encode, read_claims

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.text import text_hash
from pipeline.signals.claims.base import (
    build_index,
    load_claims,
    load_vectors,
    merge,
    save_claims,
)
from pipeline.signals.claims.importing import read_sources
from pipeline.signals.claims.pairs import read_pairs
from pipeline.signals.claims.records import canonical_link, links_in, status_of

CHIPS = "Vakcīnās ir čipi\tlv\tfalse\tRe:Check\t2021-03-01\thttps://example.org/cipi"
TOWN = "Dome slēdz bibliotēku\tlv\tcorrection\tOgres novads\t2026-02-02\thttps://example.org/dome"


def test_a_row_without_verdict_or_address_is_rejected_with_its_row_and_reason(
    tmp_path: Path,
) -> None:
    path = claims_file(
        tmp_path,
        CHIPS,
        "Bez sprieduma\tlv\t\tX\t2021\thttps://example.org/a",
        "Bez adreses\tlv\tfalse\tX\t2021\t",
        "Slikta adrese\tlv\tfalse\tX\t2021\tnav",
        "\tlv\tfalse\tX\t2021\thttps://example.org/b",
    )
    found = read_sources(path)
    assert [(each.row, each.reason) for each in found.rejects] == [
        (2, "no verdict"),
        (3, "no address of a debunk"),
        (4, "no address of a debunk"),
        (5, "no claim"),
    ]
    assert len(found.claims) == 1


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("false", "usable"),
        ("Nepatiesi", "usable"),
        ("Ложь", "usable"),
        ("missing context", "usable"),
        ("disinformation", "usable"),
        ("supported_per_title", "unusable"),
        ("partly_true", "unusable"),
        ("denied_by_municipality_not_factcheck", "unusable"),
        ("True", "unusable"),
        ("", "unusable"),
    ],
)
def test_only_a_verdict_that_refutes_makes_evidence(verdict: str, status: str) -> None:
    assert status_of(verdict) == status


def test_claim_review_is_found_wherever_a_page_nests_it(tmp_path: Path) -> None:
    review = {
        "@type": "ClaimReview",
        "claimReviewed": "Maskas ir bīstamas",
        "url": "https://example.org/maskas",
        "datePublished": "2020-09-01",
        "author": {"@type": "Organization", "name": "Re:Check"},
        "reviewRating": {"ratingValue": "1", "bestRating": "5", "worstRating": "1"},
        "inLanguage": "lv-LV",
    }
    true = {**review, "claimReviewed": "Ūdens ir slapjš", "reviewRating": {"ratingValue": "5"}}
    page = {"@graph": [{"@type": "WebPage", "mainEntity": [review]}, true]}
    path = tmp_path / "page.jsonld"
    path.write_text(json.dumps(page), encoding="utf-8")
    found = read_sources(path)
    (claim,) = found.claims
    assert (claim.verdict, claim.publisher, claim.lang) == ("false", "Re:Check", "lv")
    assert [each.reason for each in found.rejects] == ["no verdict"]


def test_the_same_claim_stays_one_with_all_its_wordings(tmp_path: Path) -> None:
    known = read_claims(claims_file(tmp_path, CHIPS, TOWN))
    again = read_sources(claims_file(tmp_path, CHIPS))
    merged = merge(known, again)
    assert (len(merged.claims), merged.n_added, merged.n_joined) == (2, 0, 1)
    wording = CHIPS.replace("Vakcīnās ir čipi", "Vakcīnās tiešām ir ielikti čipi")
    merged = merge(known, read_sources(claims_file(tmp_path, wording)))
    assert len(merged.claims) == 2
    assert len(merged.claims[0].views) == 2
    other = CHIPS.replace("Vakcīnās ir čipi", "Bils Geitss samazina iedzīvotājus")
    assert len(merge(known, read_sources(claims_file(tmp_path, other))).claims) == 3


def test_tables_of_euvsdisinfo_give_claims_and_the_articles_that_spread_them(
    tmp_path: Path,
) -> None:
    debunk = "https://euvsdisinfo.eu/report/one/"
    (tmp_path / "posts.csv").write_text(
        f"date,id,title,countries,keywords,languages,outlets\n2020-01-01,{debunk},Chips rule,,,,\n",
        encoding="utf-8",
    )
    (tmp_path / "publications.csv").write_text(
        f"id,publication,archive\n{debunk},https://www.lies.example/a/1?utm=2,\n{debunk},https://x.ru,\n",
        encoding="utf-8",
    )
    (tmp_path / "full_dataset.csv").write_text(
        "issue;date;title;source;summary;disproof\n1;2020;Chips rule all;https://lies.example/a/1;s;d\n"
        "1;2020;Unlinked;https://lies.example/a/2;s;d\n",
        encoding="utf-8",
    )
    found = read_sources(tmp_path)
    (claim,) = merge([], found).claims
    assert claim.views == ("Chips rule", "Chips rule all")
    assert claim.links == ("lies.example/a/1",)
    assert {each.reason for each in found.rejects} == {
        "no address of a debunk",
        "no address of a single article",
    }


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://www.site.lv/raksts/1/?utm_source=fb#top", "site.lv/raksts/1"),
        ("http://site.lv/raksts/1", "site.lv/raksts/1"),
        ("https://youtu.be/abcdef12345", "youtube.com/watch/abcdef12345"),
        ("https://m.youtube.com/watch?v=abcdef12345&t=9", "youtube.com/watch/abcdef12345"),
        ("https://site.lv/", ""),
        ("https://www.facebook.com/lapa", ""),
        ("https://vk.com/wall/12", "vk.com/wall/12"),
    ],
)
def test_links_are_compared_in_one_form_and_front_pages_name_no_claim(
    address: str, link: str
) -> None:
    assert canonical_link(address) == link


def test_links_in_a_comment_keep_their_place() -> None:
    text = "Lasi: https://www.site.lv/raksts/1, viss pateikts"
    ((start, end, link),) = links_in(text)
    assert text[start:end].startswith("https://")
    assert link == "site.lv/raksts/1"


def test_a_base_comes_back_as_it_was_written(tmp_path: Path) -> None:
    claims = read_claims(SHIPPED / "own.tsv")
    save_claims(tmp_path, claims)
    assert load_claims(tmp_path) == claims


def test_an_index_of_another_encoder_or_other_claims_is_refused_by_name(tmp_path: Path) -> None:
    claims = read_claims(claims_file(tmp_path, CHIPS, TOWN))
    save_claims(tmp_path, claims)
    with pytest.raises(PipelineError, match="saruna claims index"):
        load_vectors(tmp_path, claims, "v1")
    assert build_index(tmp_path, claims, encode, "v1") == 2
    assert np.allclose(
        load_vectors(tmp_path, claims, "v1"), encode([c.text for c in claims]), 0, 1e-3
    )
    for chosen, encoder in ((claims, "v2"), (claims[:1], "v1")):
        with pytest.raises(PipelineError, match="saruna claims index"):
            load_vectors(tmp_path, chosen, encoder)


def test_shipped_claims_are_many_are_usable_and_can_be_looked_up() -> None:
    claims = read_claims(SHIPPED / "own.tsv")
    assert len(claims) >= 60
    assert not read_sources(SHIPPED / "own.tsv").rejects
    assert all(claim.status == "usable" and claim.date and claim.publisher for claim in claims) or [
        claim.claim_id for claim in claims if not claim.date
    ]
    assert all(len(claim.views) >= 2 for claim in claims)


def test_shipped_claims_repeat_no_third_party_wording() -> None:
    folder = paths.ROOT.parent / "shared" / "data" / "disinfo"
    if not folder.is_dir():
        pytest.skip("the public sets are not here")
    own = {text_hash(view) for claim in read_claims(SHIPPED / "own.tsv") for view in claim.views}
    theirs = set()
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                theirs |= {text_hash(row.get(key) or "") for key in ("title", "claim_paraphrase")}
    assert not own & theirs


def test_test_pairs_are_enough_and_share_no_claim_or_comment_with_training() -> None:
    train, test = (read_pairs(SHIPPED / f"pairs-{name}.tsv") for name in ("train", "test"))
    assert len(test) >= 300
    assert len(train) >= 1200
    assert {pair.lang for pair in test} == {"lv", "ru"}
    claims = [{each for pair in pairs for each in pair.claims} for pairs in (train, test)]
    assert not claims[0] & claims[1]
    assert not {pair.comment for pair in train} & {pair.comment for pair in test}
