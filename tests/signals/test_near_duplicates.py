"""Texts that say the same are grouped, in both languages and in disguise; others are not."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.signals.fingerprints import (
    N_HASHES,
    fingerprint,
    first_link,
    likeness,
    min_hashes,
    words_of,
)
from pipeline.signals.near_duplicates import (
    NO_GROUP,
    components,
    same_link_groups,
    same_text_groups,
)

LATVIAN = "Domes jaunais tilts ir naudas izšķērdēšana, pieprasām dokumentu publiskošanu"
RUSSIAN = "Новый мост думы это выброшенные деньги, требуем опубликовать документы"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LATVIAN, LATVIAN.upper() + "!!!"),
        (LATVIAN, "Domes jaunais tilts ir naudas izskerdesana, pieprasam dokumentu publiskosanu"),
        (LATVIAN, f"@anna {LATVIAN} 👍🔥"),
        (LATVIAN, f"Draugi! {LATVIAN}"),
        (LATVIAN, LATVIAN.replace("naudas", "nauddas")),
        (RUSSIAN, RUSSIAN.replace("о", "o").replace("е", "e")),  # Latin letters inside
        (RUSSIAN, f"[id12|Анна], {RUSSIAN}."),
        (RUSSIAN, RUSSIAN.replace("мост", "моост").replace("деньги", "денги")),
        (RUSSIAN, f"{RUSSIAN} https://example.org/x"),
    ],
)
def test_small_edits_keep_a_text_in_its_group(one: str, other: str) -> None:
    groups = same_text_groups(fingerprint([one, "Kad tīrīs sniegu mūsu ielā pie skolas?", other]))
    assert groups.tolist() == [0, NO_GROUP, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paldies!", "Paldies!"),
        ("Apsveicu! 🎉", "Apsveicu! 🎉"),
        ("Спасибо большое всем", "Спасибо большое всем"),
        ("🔥🔥🔥", "🔥🔥🔥"),
        ("", ""),
        ("+++", "+++"),
        (LATVIAN, "Domes jaunais bērnudārzs ir ļoti skaists, paldies visiem, kas to cēla"),
        (RUSSIAN, "Новая дорога думы это хорошие новости, ждём продолжения ремонта"),
    ],
)
def test_greetings_and_other_texts_are_no_group(one: str, other: str) -> None:
    assert same_text_groups(fingerprint([one, other])).tolist() == [NO_GROUP, NO_GROUP]


def test_likeness_estimates_the_jaccard_similarity() -> None:
    rng = np.random.default_rng(3)
    letters = list("aābcčdeēfgģhiījkķlļmnņoprsštuūvzž")
    for kept in (0.2, 0.5, 0.8):
        one = "".join(rng.choice(letters, 600))
        other = one[: int(kept * 600)] + "".join(rng.choice(letters, 600 - int(kept * 600)))
        grams = [{text[at : at + 5] for at in range(596)} for text in (one, other)]
        truth = len(grams[0] & grams[1]) / len(grams[0] | grams[1])
        values = min_hashes([one, other])
        assert values.shape == (2, N_HASHES)
        assert abs(float(likeness(values[:1], values[1:])[0]) - truth) < 0.2


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_text_alone_has_the_same_print_as_among_others(texts: list[str]) -> None:
    together = fingerprint(texts)
    for at, text in enumerate(texts):
        alone = fingerprint([text])
        assert (alone.signatures[0] == together.signatures[at]).all()
        assert alone.keys[0] == together.keys[at]


@given(st.text())
@example("℠")
@example("ŉ")
def test_folding_twice_changes_nothing(text: str) -> None:
    once = " ".join(words_of(text))
    assert " ".join(words_of(once)) == once


def test_links_are_told_apart_and_ends_of_sentences_are_not_part_of_them() -> None:
    link = first_link("skat https://example.org/a.")
    assert link == first_link("http://EXAMPLE.org/a un vēl teksts")
    assert link != first_link("https://example.org/b")
    assert first_link("bez saites") == 0
    links = fingerprint(["https://example.org/a", "nav", "te https://example.org/a !", ""]).links
    assert same_link_groups(links).tolist() == [0, NO_GROUP, 0, NO_GROUP]


@settings(max_examples=40)
@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40),
)
def test_components_are_those_of_the_graph(n: int, edges: list[tuple[int, int]]) -> None:
    kept = [(a % n, b % n) for a, b in edges]
    found = components(n, np.array([a for a, _ in kept], int), np.array([b for _, b in kept], int))
    reached = [{node} for node in range(n)]
    for _ in range(n):
        for a, b in kept:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    assert found.tolist() == [min(each) for each in reached]
