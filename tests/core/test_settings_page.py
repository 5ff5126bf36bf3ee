"""docs/settings.md says what the code does, and leaves out no key and no variable."""

import re

import pytest
from pydantic import BaseModel

from pipeline.core import paths
from pipeline.core.openid import Access, OpenIdSettings
from pipeline.core.settings import VARIABLES, Capacity, Settings, section_in
from pipeline.core.settings_page import docstrings, page

SECTIONS: list[type[BaseModel]] = [Settings, OpenIdSettings, Access, Capacity]
SECTIONS += filter(None, (section_in(each.annotation) for each in Settings.model_fields.values()))


def test_the_page_is_up_to_date() -> None:
    written = (paths.ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == page(), "write it anew with scripts/settings-doc"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_has_a_meaning(section: type[BaseModel]) -> None:
    keys = {
        name for name, field in section.model_fields.items() if not section_in(field.annotation)
    }
    assert keys - docstrings(section).keys() == set()


def test_every_variable_that_the_code_reads_is_on_the_page_and_no_other() -> None:
    read = set()
    for module in (paths.ROOT / "pipeline").rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        read |= set(re.findall(r'environment\(\s*"(SARUNA_[A-Z_]+)"', text))
        read |= set(re.findall(r'secret_file\([^)]*"(SARUNA_[A-Z_]+)"', text))
    assert read == set(VARIABLES)


def test_only_the_settings_read_the_environment() -> None:
    reads = re.compile(r"os\.environ(\.get\(|\[[^]]+\](?!\s*=[^=]))|os\.getenv")
    found = {
        module.relative_to(paths.ROOT).as_posix()
        for module in (paths.ROOT / "pipeline").rglob("*.py")
        if reads.search(module.read_text(encoding="utf-8"))
    }
    assert found == {"pipeline/core/settings.py"}
