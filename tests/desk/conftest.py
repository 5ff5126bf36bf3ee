"""A desk on a database of its own: SQLite in a temporary folder, or SARUNA_TEST_POSTGRES."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from desk_rows import PASSWORD, make_row, word
from django.core.cache import cache
from django.test import Client
from openid_provider import SECRET

from pipeline.desk.databases import database_config
from pipeline.desk.queue import CaseRow, EvidenceRow, use_database, write_cases

# Models are imported at the head of the test modules, before any fixture runs.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipeline.desk.settings")
django.setup()


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SARUNA_STATE", str(folder))
        patch.delenv("SARUNA_DATABASE_URL", raising=False)
        yield folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(state_folder: Path) -> None:
    postgres = os.environ.get("SARUNA_TEST_POSTGRES")
    if postgres:
        use_database(database_config(postgres) | {"CONN_MAX_AGE": 0})
    else:
        file = state_folder / "test.sqlite3"
        use_database(database_config(f"sqlite:///{file}") | {"TEST": {"NAME": str(file)}})


@pytest.fixture(autouse=True)
def quick_settings(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Looks for a static file when it is asked for one, not for all of them in every test.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def row() -> Callable[..., CaseRow]:
    return make_row


@pytest.fixture
def evidence() -> Callable[..., EvidenceRow]:
    return word


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes people: `person("anna", "ogre")` is a moderator of one institution."""
    from pipeline.desk.models import Institution, User

    def make(name: str, *institutions: str, **fields: Any) -> User:
        user = User.objects.create_user(name, password=PASSWORD, **fields)
        for code in institutions:
            user.institutions.add(Institution.objects.get_or_create(code=code)[0])
        return user

    return make


@pytest.fixture
def anna(person: Callable[..., Any]) -> Any:
    return person("anna", "ogre")


@pytest.fixture
def boris(person: Callable[..., Any]) -> Any:
    return person("boris", "ogre")


@pytest.fixture
def case(db: None) -> Any:
    """An open case of Ogre, insult, unsure."""
    from pipeline.desk.models import Case

    write_cases([make_row(text="Nu tev gan smadzenes iedeva.")])
    return Case.objects.get()


@pytest.fixture
def desk(client: Client, anna: Any) -> Client:
    """A browser without JavaScript in which Anna has signed in."""
    client.force_login(anna)
    return client


@pytest.fixture
def answer() -> Callable[..., dict[str, Any]]:
    """Fills in a verdict form as the page hands it out."""
    from pipeline.desk.verdicts import opened_token

    def fill(case: Any, user: Any, verdict: str = "no_violation", **fields: Any) -> dict[str, Any]:
        filled = {"evidence": ["whole"]} if verdict == "violation" else {}
        return {"opened": opened_token(case, user), "verdict": verdict, **filled, **fields}

    return fill


@pytest.fixture(scope="session")
def provider_process() -> Iterator[str]:
    program = Path(__file__).with_name("openid_provider.py")
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def stand(
    provider_process: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None
) -> Iterator[Any]:
    """A desk with two institutions whose people sign in through the provider."""
    from openid_stand import Stand, forget

    from pipeline.desk.models import Institution

    made = Stand(provider_process, tmp_path / "openid.yaml")
    monkeypatch.setenv("SARUNA_OIDC", str(made.file))
    monkeypatch.setenv("SARUNA_OIDC_SECRET", SECRET)
    made.configure()
    made.behave()
    for code in ("ogre", "culture"):
        Institution.objects.create(code=code, name=code)
    cache.clear()
    yield made
    forget()
