"""The API against its own OpenAPI description: schemathesis sends what it allows and what not."""

from collections.abc import Iterator
from typing import Any

import pytest
from desk_rows import make_row
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.desk.api.routes import api
from pipeline.desk.queue import write_cases
from pipeline.desk.tokens import new_token
from pipeline.desk.wsgi import application

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
SCHEMA.app = application
OPERATIONS = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok()
    for found in SCHEMA.get_all_operations()
}


@pytest.fixture
def headers(person: Any) -> Iterator[dict[str, str]]:
    """Open every door, so that what is sent arrives; the test's transaction stays open."""
    write_cases([make_row(f"c{n}", f"Teksts {n}") for n in range(5)])
    token = new_token(person("robot", "ogre", is_superuser=True), "test", 30)[1]
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {token}"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("name", list(OPERATIONS))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_api_keeps_its_description(name: str, headers: dict[str, str], data: Any) -> None:
    """No answer is an error of the server, and each has a described status, type and shape.

    What the description allows is taken, and without the token nothing is. Whether a verdict's
    parts agree is a rule of the desk that no description can hold.
    """
    ruled = [checks.positive_data_acceptance] if name.endswith("/verdict") else []
    case = data.draw(OPERATIONS[name].as_strategy())
    case.call_and_validate(headers=headers, excluded_checks=ruled)
