"""Personal data: findings join names to identifiers, masks hide values, the component passes on."""

from pathlib import Path

import pytest
import spacy

from pipeline.core.errors import PipelineError
from pipeline.signals import components  # noqa: F401  # registers the extensions
from pipeline.signals.finding import Finding
from pipeline.signals.personal_data import COMPONENT, find
from pipeline.signals.public_contacts import PublicContacts, load_public_contacts

NOBODY = PublicContacts()


def kinds(text: str, lang: str = "lv", public: PublicContacts = NOBODY) -> set[str]:
    return {each.kind for each in find(text, lang, public) if each.confidence >= 0.5}


def test_a_name_beside_an_identifier_is_found_with_it() -> None:
    text = "Tas ir Egils Kārkliņš, tālrunis 20 000 314"
    assert kinds(text) == {"name", "phone"}


def test_spans_are_those_of_the_original_text() -> None:
    text = "Zvani viņai: 2\u200b0 000\u00a0314 \U0001f600"
    phone = next(each for each in find(text, "lv", NOBODY) if each.kind == "phone")
    assert text[phone.start : phone.end] == "2\u200b0 000\u00a0314"


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("Viņas personas kods 010180-11111", "lv", "11111"),
        ("Его телефон +371 20000314, звоните", "ru", "20000314"),
        ("viņa e-pasts janis.paraudzins@inbox.lv", "lv", "paraudzins"),
        ("Jānis Paraudziņš dzīvo Liepu ielā 14-27", "lv", "Paraudziņš"),
        ("Jānis Paraudziņš dzīvo Liepu ielā 14-27", "lv", "14"),
        ("auto numurs JJ-1234 stāv uz zāliena", "lv", "1234"),
    ],
)
def test_details_hide_the_value(text: str, lang: str, value: str) -> None:
    details = [each.detail or "" for each in find(text, lang, NOBODY)]
    assert details
    assert not [detail for detail in details if value in detail]


def test_what_the_municipality_publishes_is_no_finding() -> None:
    text = "Zvaniet viņiem: 65000001, raksti viņai uz dome@paraugs.lv"
    assert kinds(text) == {"phone"}
    public = PublicContacts(phones=("6500*",), emails=("@paraugs.lv",))
    assert kinds(text, public=public) == set()


def test_criticism_of_people_in_office_is_no_finding() -> None:
    public = PublicContacts(officials=("Ilgvars Paraudziņš",))
    text = "Ilgvaram Paraudziņam parādi mūs neinteresē, lai strādā!"
    assert kinds(text) == {"name", "private_debt"}
    assert kinds(text, public=public) == set()


def test_the_component_adds_to_what_others_found() -> None:
    nlp = spacy.blank("lv")
    nlp.add_pipe(COMPONENT)
    doc = nlp.make_doc("Viņas nr 20 767 676, zvaniet")
    doc._.saruna_findings = [Finding("hate", "word")]
    nlp.get_pipe(COMPONENT)(doc)
    assert [each.label for each in doc._.saruna_findings] == ["hate", "personal_data"]


def test_a_wrong_allow_list_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "contacts.yaml"
    path.write_text("phone: ['112']\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"contacts\.yaml: unknown setting `phone`.*phones"):
        load_public_contacts(path)
