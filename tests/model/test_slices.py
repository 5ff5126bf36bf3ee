"""Slices find the comments that they are named after."""

import pytest

from pipeline.model.slices import SLICES


@pytest.mark.parametrize(
    ("name", "text", "lang", "belongs"),
    [
        ("short", "Kauns domei!", "lv", True),
        ("short", "Kad beidzot salabos ielu pie skolas, cik var gaidīt", "lv", False),
        ("long", "vārds " * 40, "lv", True),
        ("long", "vārds " * 39, "lv", False),
        ("latvian_without_diacritics", "Kad salabos ielu pie skolas", "lv", True),
        ("latvian_without_diacritics", "Kad salabos ceļu pie skolas", "lv", False),
        ("latvian_without_diacritics", "Когда починят дорогу", "ru", False),
        ("russian_in_latin_letters", "kogda pochinjat dorogu", "ru", True),
        ("russian_in_latin_letters", "когда починят дорогу", "ru", False),
        ("identity_terms", "Mūsu pagastā dzīvo arī bēgļi", "lv", True),
        ("identity_terms", "Соседи-пенсионеры сажают цветы", "ru", True),
        ("identity_terms", "Paldies par rozēm pie stacijas", "lv", False),
        ("officials", "Kauns domei par tādām ielām", "lv", True),
        ("officials", "Депутат обещал, и где?", "ru", True),
        ("officials", "Думаю, скоро снег", "ru", False),
        ("officials", "Domāju, ka drīz snigs", "lv", False),
    ],
)
def test_slices_hold_what_their_name_says(name: str, text: str, lang: str, belongs: bool) -> None:
    assert SLICES[name](text, lang) is belongs
