"""Signing in and out, and what people see and change about themselves."""

from __future__ import annotations

import json
import uuid

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.db import commit, db, paginate
from lms.i18n import gettext as _
from lms.people import services, sessions
from lms.people.forms import FirstAdminForm, PasswordForm, ProfileForm, SignInForm
from lms.people.models import User
from lms.people.permissions import PROFILE, public, requires
from lms.privacy import chain, glass
from lms.privacy.queries import readings_of
from lms.privacy.reasons import words_of
from lms.web.paging import page_number
from lms.web.views import local

room = Blueprint("people", __name__, template_folder="templates")


@room.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in; what somebody had typed before their session ended comes along and is saved afterwards."""
    if services.nobody_yet():
        return redirect("/set-up")
    form = SignInForm()
    next_page = request.values.get("next", "")
    replay, replay_to = _replay()
    session, problem = _try(form) if form.submitted() else (None, "")
    if session:
        return welcome(session, replay, replay_to, next_page)
    page = render_template(
        "people/sign_in.html",
        form=form,
        problem=problem,
        next=next_page,
        replay=replay,
        replay_to=replay_to,
        demo=services.demonstration_accounts(),
    )
    return page, 422 if problem or form.errors else 200


def _try(form: SignInForm) -> tuple[sessions.NewSession | None, str]:
    """Return a new session, or None and what to tell the person."""
    problem = _("Name and password do not fit together. Nothing is locked; try again.")
    try:
        session = sessions.sign_in(
            who=form.email.data or "",
            password=form.password.data or "",
            address=request.remote_addr or "",
            device=sessions.device_name(request.user_agent.string),
        )
    except sessions.SlowDown as slow:
        return None, _("Too many attempts. Please wait %(minutes)s minutes, or ask the organizer for help.", minutes=slow.minutes)
    commit()
    return session, problem


def _replay() -> tuple[list[tuple[str, str]], str]:
    """Return the fields of an interrupted form and where they were going."""
    try:
        fields = [(str(name), str(value)) for name, value in json.loads(request.form.get("replay") or "[]")]
    except ValueError:
        return [], ""
    target = request.form.get("replay_to", "")
    return (fields, target) if local(target) else ([], "")


def welcome(session: sessions.NewSession, replay: list[tuple[str, str]], replay_to: str, next_page: str) -> Response:
    """Set the cookie and lead on: to the page that was asked for, or to what was typed before the session ended."""
    if replay:
        g._login_user = sessions.load_session(session.token)  # noqa: SLF001 - the form's token must be the new session's
        g.pop("csrf_token", None)
        response = Response(render_template("web/resume.html", replay=replay, replay_to=replay_to, stale=False), mimetype="text/html")
    else:
        response = redirect(next_page if local(next_page) else "/")
    response.set_cookie(
        sessions.COOKIE,
        session.token,
        expires=session.expires_at,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["LMS_SECURE_COOKIES"] or request.is_secure,
    )
    return response


@room.post("/sign-out")
@requires(PROFILE, on="self")
def sign_out() -> Response:
    """End this session. The page that follows takes the keys of what this device keeps away, and says what was never delivered."""
    sessions.end_session(actor=current_user, session_id=current_user.session_id)
    commit()
    response = redirect("/signed-out")
    response.delete_cookie(sessions.COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@room.get("/signed-out")
@public
def signed_out() -> ResponseReturnValue:
    """Say that the session has ended; the page's script locks what is left on the device."""
    return redirect("/") if current_user.is_authenticated else render_template("people/signed_out.html")


@room.route("/profile", methods=["GET", "POST"])
@requires(PROFILE, on="self")
def profile() -> ResponseReturnValue:
    """Show and change one's own profile."""
    user = db.session.get_one(User, current_user.id)
    form = ProfileForm(obj=user)
    if form.submitted():
        services.change_profile(actor=current_user, user=user, values=form.data)
        commit()
        flash(_("Your profile is saved."), "done")
        return redirect("/profile")
    return render_template("people/profile.html", form=form, user=user), 422 if form.errors else 200


@room.route("/profile/security", methods=["GET", "POST"])
@requires(PROFILE, on="self")
def security() -> ResponseReturnValue:
    """Change the password; see and end one's sessions."""
    form = PasswordForm()
    if form.submitted():
        if sessions.change_password(actor=current_user, current=form.current_password.data or "", new=form.new_password.data or ""):
            commit()
            flash(_("Your password is changed. All other devices are signed out."), "done")
            return redirect("/profile/security")
        form.current_password.errors = [_("This is not your present password.")]
    return render_template("people/security.html", form=form, sessions=sessions.sessions_of(current_user.id)), 422 if form.errors else 200


@room.post("/profile/sessions/<uuid:session_id>/end")
@requires(PROFILE, on="self")
def end_session(session_id: uuid.UUID) -> Response:
    """Sign out another device."""
    if sessions.end_session(actor=current_user, session_id=session_id):
        flash(_("That device is signed out."), "done")
    commit()
    return redirect("/profile/security")


@room.get("/profile/privacy")
@requires(PROFILE, on="self")
def privacy() -> str:
    """Show who opened one's confidential texts, and the head of that log, to be written down."""
    return render_template(
        "people/privacy.html",
        readings=paginate(readings_of(current_user.id), page_number(), 50),
        emergencies=db.session.scalars(glass.told_to(current_user.id)).all(),
        grounds=glass.GROUNDS,
        head=chain.head(),
        words_of=words_of,
    )


@room.get("/profile/data.json")
@requires(PROFILE, on="self", writes=True)
def data() -> Response:
    """Download everything that is kept about oneself."""
    response = Response(
        json.dumps(services.export_person(actor=current_user), indent=2, ensure_ascii=False, default=str), mimetype="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="peduli-data.json"'
    commit()
    return response


@room.route("/set-up", methods=["GET", "POST"])
@public
def set_up() -> ResponseReturnValue:
    """Make the first administrator of an empty site."""
    if not services.nobody_yet():
        return redirect("/sign-in")
    form = FirstAdminForm()
    if form.submitted():
        services.first_admin(name=form.name.data or "", email=form.email.data or "", password=form.password.data or "")
        commit()
        flash(_("The site is ready. Sign in."), "done")
        return redirect("/sign-in")
    return render_template("people/set_up.html", form=form), 422 if form.errors else 200
