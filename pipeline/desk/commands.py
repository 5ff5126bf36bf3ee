"""What `saruna desk` does: make the database and the first person, serve the pages, check both."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.errors import PipelineError, TemporaryError, UsageError
from pipeline.core.settings import IngestSettings
from pipeline.desk.databases import database_place, reported
from pipeline.desk.queue import migrate, setup_django

GENERATED_BYTES = 18
"""144 bits, 24 characters: typed once, then changed."""


@dataclass(frozen=True)
class Initialised:
    """What `init` found or made; `password` is set only when it was made up just now."""

    database: str
    institution: str
    admin: str
    is_new_admin: bool
    password: str | None


@dataclass(frozen=True)
class Checked:
    """The state of a desk that can be served."""

    database: str
    policy: str
    n_people: int
    n_open: int
    n_awaiting: int
    n_escalated: int


def init(
    admin_name: str,
    password: str | None = None,
    *,
    institution: str | None = None,
    institution_name: str = "Ogres novada pašvaldība",
) -> Initialised:
    """Create or update the database, the institution and the first administrator.

    Without a password one is made up and returned: show it once, it is stored nowhere. A person
    who exists already is left as they are, so the command can be run again after an update.
    """
    migrate()
    from pipeline.desk.models import Institution

    code = institution or IngestSettings().institution
    with reported():
        is_new = make_admin(admin_name, given := password or secrets.token_urlsafe(GENERATED_BYTES))
        made, _ = Institution.objects.get_or_create(code=code, defaults={"name": institution_name})
        if made.name == code:
            # Cases came before the name did.
            Institution.objects.filter(pk=made.pk).update(name=institution_name)
        return Initialised(
            database=database_place(),
            institution=code,
            admin=admin_name,
            is_new_admin=is_new,
            password=given if is_new and password is None else None,
        )


def make_admin(name: str, password: str) -> bool:
    """Create an administrator unless the name is taken; return whether it was created.

    Raises UsageError that names everything wrong with the name or the password.
    """
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.utils import translation

    from pipeline.desk.models import User

    if User.objects.filter(username=name).exists():
        return False
    user = User(username=name, is_staff=True, is_superuser=True)
    # Django words its messages when they are read, in the language of that moment.
    with translation.override("en"):
        try:
            user.clean_fields(exclude=["password"])
            validate_password(password, user)
        except ValidationError as error:
            raise UsageError(
                "\n".join(f"administrator: {problem}" for problem in error.messages),
                "Choose another name or password, or leave the password out to have one made.",
            ) from error
    user.set_password(password)
    user.save()
    return True


def check() -> Checked:
    """Return the state of the desk; PipelineError names all that keeps it from serving."""
    setup_django()
    found = (database_problem(), policy_problem(), provider_problem())
    problems = [problem for problem in found if problem]
    if problems:
        raise PipelineError(
            "\n".join(problem.message for problem in problems),
            "\n".join(problem.hint for problem in problems),
        )
    from pipeline.desk.models import Case, Status, User
    from pipeline.desk.rules import rules

    with reported():
        n_of = {status: Case.objects.filter(status=status).count() for status in Status}
        return Checked(
            database=database_place(),
            policy=rules().version,
            n_people=User.objects.filter(is_active=True).count(),
            n_open=n_of[Status.OPEN],
            n_awaiting=n_of[Status.AWAITING],
            n_escalated=n_of[Status.ESCALATED],
        )


def database_problem() -> PipelineError | None:
    """Return what is wrong with the database, None when it is up to date and has a person."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from pipeline.desk.models import User

    try:
        with reported():
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return PipelineError(
                    f"{database_place()}: the tables are missing or of an older version",
                    "Run `saruna desk init`.",
                )
            if not User.objects.filter(is_active=True).exists():
                return PipelineError(
                    f"{database_place()}: nobody can sign in", "Run `saruna desk init`."
                )
    except PipelineError as error:
        return error
    return None


def policy_problem() -> PipelineError | None:
    """Return what is wrong with the policy file, None when it can be read."""
    from pipeline.desk.rules import rules

    try:
        rules()
    except PipelineError as error:
        return error
    return None


def provider_problem() -> PipelineError | None:
    """Return what is wrong with the settings of the OpenID provider, None without one."""
    from pipeline.desk import openid

    try:
        openid.provider()
    except PipelineError as error:
        return error
    return None


def look_at_provider() -> str | None:
    """Say that the OpenID provider answers, None when none is configured.

    Raises PipelineError when half of one is, TemporaryError when it does not answer as it should.
    """
    setup_django()
    from pipeline.desk import openid

    found = openid.provider()
    if found is None:
        return None
    try:
        return openid.look()
    except openid.Refused as refused:
        raise TemporaryError(
            f"{found.settings.issuer}: {refused}",
            "See that this machine reaches it and that `issuer` is its own name. Accounts of the "
            "desk still sign in.",
        ) from refused


@dataclass(frozen=True)
class Verified:
    """A decision log that holds."""

    database: str
    n_entries: int
    n_reviews: int
    digest: str


def verify() -> Verified:
    """Check the decision log; PipelineError names the first entry or verdict that does not hold."""
    check()
    from pipeline.desk import logbook

    with reported():
        found = logbook.verify()
    return Verified(database_place(), found.n_entries, found.n_reviews, found.digest)


@dataclass(frozen=True)
class MadeToken:
    """A token for the API; the token itself is kept nowhere."""

    user: str
    role: str
    name: str
    expires: str
    token: str


def make_token(user_name: str, name: str, days: int) -> MadeToken:
    """Make a token that lets a program work with a person's role and institutions."""
    check()
    from pipeline.desk.models import User
    from pipeline.desk.tokens import new_token

    with reported():
        user = User.objects.filter(username=user_name, is_active=True).first()
        if user is None:
            raise UsageError(
                f"token: nobody at the desk is called {user_name}",
                "Name somebody who can sign in; People and institutions in the desk lists them.",
            )
        kept, token = new_token(user, name, days)
    return MadeToken(user_name, user.role, name, f"{kept.expires_at:%Y-%m-%d}", token)


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    threads: int = 8,
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Serve the desk until it is told to stop; `tell` is called when it can be reached.

    Raises PipelineError when the desk is not ready or the port cannot be had.
    """
    check()
    from waitress import create_server

    from pipeline.desk.wsgi import application

    with listen(host, port) as listener:
        server = create_server(
            application, sockets=[listener], threads=threads, ident=None, **proxy_options()
        )
        tell()
        server.run()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise PipelineError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        code = getattr(error, "errno", None)
        reason = os.strerror(code) if code and code > 0 else "no such address"
        raise PipelineError(
            f"{host}:{port}: cannot be listened on ({reason})",
            "Stop the program that holds the port, or choose another with --host and --port.",
        ) from error


def proxy_options() -> dict[str, object]:
    """Return how far a proxy is believed: with SARUNA_HTTPS=1 one on this machine, else none."""
    from django.conf import settings

    if not settings.HTTPS:
        return {}
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }
