"""`lms user create | password | roles` and `lms unit list`: for the console of the server, when no administrator can sign in."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import uuid
from collections.abc import Iterator

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from lms.db import commit, db
from lms.errors import LmsError
from lms.i18n import choose
from lms.people import queries, services
from lms.people.models import User
from lms.people.roles import SCOPES, Role, ScopeKind

user_group = AppGroup("user", help="People: accounts, passwords, roles.")
unit_group = AppGroup("unit", help="Units: agencies and their parts.")

ROLES = click.Choice([role.value for role in SCOPES])
DAY = click.DateTime(["%Y-%m-%d"])


def _place(ctx: click.Context, option: click.Parameter, value: str) -> tuple[ScopeKind, int]:
    """Read where a role holds: `site`, or `unit:4`, `cohort:1`, `module:2`."""
    kind, _colon, number = value.partition(":")
    if kind == ScopeKind.SITE.value and not number:
        return ScopeKind.SITE, 0
    if kind in {each.value for each in ScopeKind} and number.isdigit():
        return ScopeKind(kind), int(number)
    raise click.BadParameter(f"{value!r}: write site, or unit, cohort or module with its number, for instance cohort:3")


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turn what a person can put right into one sentence and exit code 1."""
    try:
        yield
    except LmsError as error:
        db.session.rollback()
        raise click.ClickException(str(error)) from error


def person_called(text: str) -> User:
    """Find a person by e-mail address, number or id."""
    conditions = [User.email == text.strip().lower(), User.employee_number == "".join(text.split())]
    with contextlib.suppress(ValueError):
        conditions.append(User.id == uuid.UUID(text))
    user = db.session.scalar(sa.select(User).where(sa.or_(*conditions)))
    if user is None:
        raise click.ClickException(f"Nobody has the e-mail address, number or id {text!r}.")
    return user


@user_group.command("create")
@click.option("--name", required=True, help="Name without titles.")
@click.option("--email", help="E-mail address, needed to sign in.")
@click.option("--unit", "unit_id", type=int, help="Number of the unit (lms unit list).")
@click.option("--role", type=ROLES, help="A role on the whole site.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def create(name: str, email: str | None, unit_id: int | None, role: str | None, *, as_json: bool) -> None:
    """Make an account, and a one-time password when there is an e-mail address. Exit code 1 when the address is taken."""
    with plainly():
        if unit_id is not None:
            queries.unit(unit_id)
        user = services.create_user(actor_id=None, name=name, email=email, unit_id=unit_id)
        if role:
            services.grant_role(actor_id=None, user_id=user.id, role=Role(role), kind=ScopeKind.SITE)
        password = services.issue_password(actor=None, user=user) if email else ""
        commit()
    _tell_password(user, password, as_json=as_json)


@user_group.command("password")
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def password(person: str, *, as_json: bool) -> None:
    """Give PERSON (e-mail address, number or id) a new one-time password; all their devices are signed out."""
    user = person_called(person)
    issued = services.issue_password(actor=None, user=user)
    commit()
    _tell_password(user, issued, as_json=as_json)


def _tell_password(user: User, issued: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"id": str(user.id), "email": user.email, "password": issued or None}))
        return
    click.echo(f"{user.full_name}: {user.id}")
    if issued:
        click.echo(f"One-time password: {issued}\nIt is kept nowhere. Tell it to them, and ask them to choose their own.")


@user_group.command("roles")
@click.argument("person")
@click.option("--give", type=ROLES, help="Give this role.")
@click.option("--at", callback=_place, default="site", show_default=True, help="Where it holds: site, unit:4, cohort:1, module:2.")
@click.option("--until", type=DAY, help="Last day, for instance 2026-12-31.")
@click.option("--take", type=int, help="Take away the role with this number.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def roles(person: str, give: str | None, at: tuple[ScopeKind, int], until: dt.datetime | None, take: int | None, *, as_json: bool) -> None:
    """List the roles of PERSON (e-mail address, number or id), after giving or taking one."""
    user = person_called(person)
    with plainly():
        if take is not None:
            services.revoke_role(actor=None, grant=queries.grant(user.id, take))
        if give:
            last = until.date() if until else None
            services.grant_role(actor_id=None, user_id=user.id, role=Role(give), kind=at[0], scope_id=at[1], valid_to=last)
        commit()
    held = [_as_data(row) for row in queries.grants_of(user.id)]
    if as_json:
        click.echo(json.dumps(held, indent=2, default=str))
        return
    for row in held:
        click.echo(f"{row['number']:>5}  {row['role']:<11} {row['place']:<50} {row['from']} to {row['to'] or '…'}")
    if not held:
        click.echo("A learner, like everybody. No other role.")


def _as_data(row: queries.HeldRole) -> dict[str, object]:
    place = choose(row.place) if isinstance(row.place, dict) else row.place
    return {"number": row.id, "role": row.role.value, "place": place or row.kind.value, "from": row.valid_from, "to": row.valid_to}


@unit_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def list_units(*, as_json: bool) -> None:
    """List the tree of units with their numbers and how many people belong to each."""
    tree = queries.unit_tree(count=True)
    if as_json:
        fields = ("id", "parent_id", "name", "short_name", "valid_to", "people")
        click.echo(json.dumps([{name: getattr(row, name) for name in fields} for row in tree], indent=2, default=str))
        return
    for row in tree:
        closed = f", closed on {row.valid_to}" if row.valid_to else ""
        click.echo(f"{row.id:>5}  {'  ' * row.depth}{row.name} ({row.people}{closed})")
    if not tree:
        click.echo("There are no units yet.")
