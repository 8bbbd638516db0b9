"""The command `helpdesk`. A command loads only what it runs, so that each starts at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from helpdesk.core import config
from helpdesk.core.config import Settings
from helpdesk.core.errors import ConfigError, HelpdeskError

DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder (HELPDESK_DATA, else ./data)."
)


class Program(click.Group):
    """Turns errors that a person can act on into one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(f"helpdesk: {error}", err=True)
            ctx.exit(2)
        except HelpdeskError as error:
            fields = getattr(error, "fields", {})
            told = "; ".join(f"{name}: {text}" for name, text in fields.items())
            click.echo(f"helpdesk: {told or error.message}", err=True)
            ctx.exit(1)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Helpdesk: contact centre and service desk on one customer record."""


def _settings(data: Path | None = None) -> Settings:
    """From the environment, completed from the data folder of this installation."""
    from helpdesk.supervise import installation

    given = config.load(data=data) if data else config.load()
    return installation.complete(given)


def _composed(data: Path | None = None) -> Settings:
    settings = _settings(data)
    from helpdesk.app import compose

    compose(settings, pool=3)
    return settings


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on (else 8000).")
@DATA
@click.option("--demo", is_flag=True, help="Fill an empty installation with demo data.")
def up(port: int | None, data: Path | None, demo: bool) -> None:
    """Run everything on this machine: web, worker, relay, sweeper and an embedded Redis."""
    from helpdesk.supervise.up import settle, up

    settings = settle(config.load(), port=port, data=data)
    sys.exit(up(settings, with_demo=demo or settings.demo))


@main.command()
@DATA
@click.option("--processes", default=1, show_default=True, help="Processes (PostgreSQL only).")
@click.option("--fd", type=int, hidden=True)
def web(data: Path | None, processes: int, fd: int | None) -> None:
    """Serve pages and sockets. Needs DATABASE_URL and REDIS_URL, or --data."""
    settings = _for_role(data)
    if settings.embedded_database:
        processes = 1  # one writer, and sockets that know each other
    else:
        from gevent import monkey

        monkey.patch_all()
    from helpdesk.supervise.web_server import serve

    serve(settings, descriptor=fd, processes=processes)


def _for_role(data: Path | None) -> Settings:
    settings = _settings(data)
    if not settings.secret_key:
        raise ConfigError(
            "HELPDESK_SECRET_KEY is not set. Every process of an installation needs the same one; "
            "give it, or name the data folder with --data."
        )
    if not settings.redis_url:
        raise ConfigError(
            "REDIS_URL is not set. Name the Redis that all processes share, or run `helpdesk up`, "
            "which brings its own."
        )
    return settings


def _background(name: str, help_text: str) -> None:
    @main.command(name, help=help_text)
    @DATA
    def run(data: Path | None) -> None:
        settings = _for_role(data)
        from helpdesk.app import compose, rest_what_is_loaded
        from helpdesk.jobs.roles import ROLES

        compose(settings, pool=3)
        rest_what_is_loaded()
        ROLES[name]()


_background("relay", "Hand events to those who act on them. One works, others stand by.")
_background("sweeper", "Act on deadlines and dead browsers. One works, others stand by.")
_background("worker", "Do queued labour: imports, scans, clean-up. Any number.")


@main.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(data: Path | None, as_json: bool) -> None:
    """Say what is wrong with this installation and how to mend it."""
    from helpdesk.supervise import checking

    findings = checking.examine(_settings(data))
    if as_json:
        click.echo(json.dumps([f.as_dict() for f in findings], indent=2))
    else:
        for finding in findings:
            click.echo(finding.line())
    sys.exit(1 if any(f.state == "fail" for f in findings) else 0)


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@DATA
def db_upgrade(data: Path | None) -> None:
    """Bring the database to this version."""
    from helpdesk.core import migrating

    names = _with_database(data, lambda d: migrating.upgrade(d, lambda n: click.echo(f"  {n}")))
    click.echo(f"{len(names)} migrations run." if names else "The database is up to date.")


@db.command("status")
@DATA
def db_status(data: Path | None) -> None:
    """Show what the database still needs; exit code 1 when it needs something."""
    from helpdesk.core import migrating

    names = _with_database(data, migrating.pending)
    click.echo("\n".join(f"  needs {name}" for name in names) or "The database is up to date.")
    sys.exit(1 if names else 0)


@db.command("revision", hidden=True)
@click.option("-m", "--message", required=True, help="What the migration does.")
def db_revision(message: str) -> None:
    """For developers: write a migration from what differs between the models and the database."""
    from helpdesk.core import migrating

    click.echo(_with_database(None, lambda d: migrating.new_revision(d, message)))


def _with_database(data: Path | None, call: Callable[[Any], Any]) -> Any:
    from helpdesk.core.db import Database
    from helpdesk.supervise import installation

    settings = _settings(data)
    if settings.embedded_database and not settings.database_url:
        installation.prepare_folder(settings.data)
    database = Database(settings.database(), pool=1)
    try:
        return call(database)
    finally:
        database.dispose()


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--name", prompt=True, help="Full name.")
@click.option(
    "--role",
    type=click.Choice(["admin", "supervisor", "agent", "technician"]),
    default="agent",
    show_default=True,
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@DATA
def user_add(email: str, name: str, role: str, password_stdin: bool, data: Path | None) -> None:
    """Make a user, asking for the password."""
    _composed(data)
    from helpdesk.core.work import begin
    from helpdesk.identity import passwords, service

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    passwords.check_new(password, about=(email, name))
    hashed = passwords.hash_password(password)
    with begin(_operator()) as work:
        service.create_user(work, email=email, name=name, role=role, password_hash=hashed)
    click.echo(f"{email} can sign in as {role}.")


@main.group()
def token() -> None:
    """Bearer tokens for programs."""


@token.command("create")
@click.argument("email")
@click.option("--name", default="made on the command line", help="What the token is for.")
@click.option("--days", type=int, help="Days until it ends; without, it lives until revoked.")
@DATA
def token_create(email: str, name: str, days: int | None, data: Path | None) -> None:
    """Make a token for the user EMAIL and print it, this once."""
    _composed(data)
    from helpdesk.core.work import begin
    from helpdesk.identity import queries, tokens

    with begin(_operator()) as work:
        found = queries.find_user_by_email(work, email)
        if found is None:
            raise ConfigError(
                f"Nobody signs in as {email}. Make the user with `helpdesk user add`."
            )
        _, text = tokens.create(work, found.id, name, days=days)
    click.echo(text)


def _operator() -> Any:
    """Whoever may run commands here may do everything; the audit shows that it was done here."""
    from helpdesk.core.actors import Actor

    return Actor("system", "command-line", role="admin")


@main.command()
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def simulate(scenario: Path, as_json: bool) -> None:
    """Play the routing of SCENARIO (a JSON file) and show waits, levels and who was busy."""
    from dataclasses import asdict

    from helpdesk.routing.simulation import Scenario, render, run

    try:
        result = run(Scenario.from_dict(json.loads(scenario.read_text("utf-8"))))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{scenario} is not a scenario: {error}") from error
    click.echo(json.dumps(asdict(result), indent=2, default=str) if as_json else render(result))


@main.group()
def mail() -> None:
    """E-mail, for the mail server of this machine."""


@mail.command("deliver")
@click.option("--json", "as_json", is_flag=True, help="Print what became of it as JSON.")
@click.option("--from", "envelope_from", help="Envelope sender, as the mail server knows it.")
@click.option("--to", "envelope_to", multiple=True, help="Envelope recipient; may be repeated.")
@DATA
def mail_deliver(
    as_json: bool, envelope_from: str | None, envelope_to: tuple[str, ...], data: Path | None
) -> None:
    """Take one raw mail from standard input.

    Exit code 0 when it is kept, whatever became of it; 75 (try again) when it could not be.
    """
    from helpdesk.supervise import delivering

    try:
        sys.exit(delivering.deliver(_settings(data), as_json, envelope_from, envelope_to))
    except ConfigError as error:
        # Any other code makes the mail server send the mail back, for what a set-up lacks.
        click.echo(f"helpdesk: {error}", err=True)
        sys.exit(delivering.TRY_AGAIN)


@main.group()
def search() -> None:
    """The search over tickets, messages and customers."""


@search.command("rebuild")
@click.option(
    "--from-nothing", is_flag=True, help="Empty the index first; less is found meanwhile."
)
@DATA
def search_rebuild(from_nothing: bool, data: Path | None) -> None:
    """Read everything again. People can go on searching meanwhile."""
    _composed(data)
    from helpdesk.core.actors import system
    from helpdesk.core.work import begin
    from helpdesk.search import rebuilding
    from helpdesk.workflows import indexing

    with begin(system("search")) as work:
        if not rebuilding.step(work).is_running:
            indexing.start_rebuild(work, from_nothing=from_nothing)
    more = True
    while more:
        with begin(system("search")) as work:
            more = indexing.rebuild_batch(work)
            at = rebuilding.progress(work)
        if more:
            click.echo(f"  {at.share:.0%} {at.stage or ''}")
    click.echo("The search is rebuilt.")


@main.group()
def deliveries() -> None:
    """Events that a consumer could not take."""


@deliveries.command("retry")
@DATA
def deliveries_retry(data: Path | None) -> None:
    """Let the relay try again what was given up."""
    _composed(data)
    from helpdesk.core.work import begin
    from helpdesk.jobs import deliveries as kept

    with begin(_operator()) as work:
        count = kept.try_again(work)
        work.audit("deliveries.retried", "delivery", None, count=count)
    click.echo(f"{count} deliveries will be tried again.")


if __name__ == "__main__":
    main()
