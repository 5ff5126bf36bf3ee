"""The API: tokens, intake, queue, verdicts, export, and anything at all sent to it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_rows import make_row
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_roles import api_case

from pipeline.core.errors import UsageError
from pipeline.desk import commands
from pipeline.desk.models import ApiToken, Case, Review, Role
from pipeline.desk.queue import write_cases
from pipeline.desk.tokens import new_token
from pipeline.desk.verdicts import UNDO_FOR


class Program:
    """A program with a token."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        self.client.raise_request_exception = False

    def get(self, path: str) -> tuple[int, Any]:
        response = self.client.get(f"/api/{path}")
        return response.status_code, response.json()

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        response = self.client.post(f"/api/{path}", json.dumps(body), "application/json")
        return response.status_code, response.json()


@pytest.fixture
def program(person: Callable[..., Any]) -> Callable[[Role], Program]:
    def make(role: Role) -> Program:
        user = person(f"robot-{role}", "ogre", role=role)
        return Program(new_token(user, "test", 30)[1])

    return make


def test_a_night_comes_in_once_and_is_worked_off(program: Callable[[Role], Program]) -> None:
    nightly, worker = program(Role.OPERATOR), program(Role.MODERATOR)
    body = {"cases": [api_case(), api_case(comments=[{"comment_id": "a2", "text": "Labdien"}])]}
    assert nightly.post("cases", body) == (200, {"n_new": 2, "n_unchanged": 0, "n_updated": 0})
    assert nightly.post("cases", body) == (200, {"n_new": 0, "n_unchanged": 2, "n_updated": 0})
    status, page = worker.get("queue")
    assert (status, page["n_cases"], len(page["cases"])) == (200, 2, 2)
    status, case = worker.post("queue/next")
    assert (status, case["text"], case["is_held"]) == (200, "Sveiki", True)
    status, saved = worker.post(f"cases/{case['id']}/verdict", {"verdict": "no_violation"})
    assert (status, saved["status"]) == (200, "decided")
    again = worker.post(f"cases/{case['id']}/verdict", {"verdict": "no_violation"})
    assert again[0] == 409
    assert Review.objects.count() == 1


def test_verdicts_obey_the_rules_of_the_form(
    program: Callable[[Role], Program], case: Case
) -> None:
    worker = program(Role.MODERATOR)
    where = f"cases/{case.pk}/verdict"
    status, told = worker.post(where, {"verdict": "violation", "labels": ["insult"]})
    assert status == 422
    assert {"action", "evidence"} <= told["detail"].keys()
    block = {"verdict": "violation", "labels": ["insult"], "action": "block", "evidence": ["whole"]}
    assert worker.post(where, block)[0] == 422
    status, saved = worker.post(where, block | {"note": "Trešo reizi."})
    assert (status, saved["status"]) == (200, "awaiting")


def test_two_programs_never_get_the_same_case(
    program: Callable[[Role], Program], person: Callable[..., Any]
) -> None:
    write_cases([make_row("c1", rank_score=0.9), make_row("c2", rank_score=0.8)])
    one, other = program(Role.MODERATOR), program(Role.SENIOR)
    assert one.post("queue/next")[1]["id"] != other.post("queue/next")[1]["id"]


def test_export_gives_what_can_no_longer_be_undone(
    program: Callable[[Role], Program], case: Case, anna: Any
) -> None:
    from pipeline.desk.verdicts import Decision, Verdict, take_verdict

    take_verdict(case.pk, anna, Decision(verdict=Verdict.NO_VIOLATION, seconds=3))
    team = program(Role.DATA_TEAM)
    assert team.get("export/decisions") == (200, [])
    Review.objects.update(settled_at=timezone.now() - UNDO_FOR)
    status, rows = team.get("export/decisions")
    assert (status, rows[0]["verdict"], rows[0]["seconds"]) == (200, "no_violation", 3)
    assert team.get("export/decisions?since=2026-01-01T00:00:00")[0] == 422
    assert team.get("export/nonsense")[0] == 422


def test_tokens_are_kept_as_hashes_and_run_out(
    anna: Any, case: Case, client: Client, db: None
) -> None:
    made = commands.make_token("anna", "test", 30)
    assert made.token not in str(list(ApiToken.objects.values()))
    headers = {"Authorization": f"Bearer {made.token}"}
    assert client.get("/api/queue", headers=headers).status_code == 200
    second = commands.make_token("anna", "test", 30)
    assert client.get("/api/queue", headers=headers).status_code == 401, "replaced"
    headers = {"Authorization": f"Bearer {second.token}"}
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/queue", headers=headers).status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    with pytest.raises(UsageError, match="nobody"):
        commands.make_token("nobody-here", "test", 1)
    anna.is_active = False
    anna.save()
    assert client.get("/api/queue", headers=headers).status_code == 401


def test_a_session_opens_nothing_in_the_api(desk: Client) -> None:
    assert desk.get("/api/queue").status_code == 401


def test_openapi_describes_every_operation(client: Client, db: None) -> None:
    described = client.get("/api/openapi.json").json()
    operations = [each for path in described["paths"].values() for each in path.values()]
    assert len(operations) == 6
    assert all(each["security"] and each["summary"] and each["description"] for each in operations)
    assert client.get("/api/docs").status_code == 404


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*api_case(), "verdict", "labels", "evidence"), ANYTHING)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=ANYTHING | NEARLY.map(lambda changes: {"cases": [api_case() | changes]}), pk=st.integers()
)
def test_no_body_makes_the_api_fail(body: Any, pk: int, fuzzed: dict[str, Program]) -> None:
    for name, path in (("operator", "cases"), ("moderator", f"cases/{abs(pk)}/verdict")):
        status, _ = fuzzed[name].post(path, body)
        assert status < 500


@pytest.fixture
def fuzzed(program: Callable[[Role], Program]) -> dict[str, Program]:
    return {"operator": program(Role.OPERATOR), "moderator": program(Role.MODERATOR)}
