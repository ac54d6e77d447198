"""Pages of the library."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from lms.api import ContentError, NotFound, Refused, commit, db, gettext, ngettext, page_number, paginate, requires
from media.base import USE, plugin
from media.cleaning.kinds import KINDS, Group, most_bytes
from media.files import queries, services
from media.files.forms import LICENCES, CaptionForm, DescribeForm, ReplaceForm, UploadForm
from media.models import File
from media.services import caption, keep, key_of, offline_name, rendition_address
from media.serving import attached
from media.storage import store

PER_PAGE = 24
LIFE = 300  # seconds that the address of an original is good for
AT = "/media/files/<digest>"


@plugin.route("/media", methods=["GET", "POST"])
@requires(USE, on="self")
def files() -> ResponseReturnValue:
    """Show the library, and take files in from browsers without the script."""
    form = UploadForm()
    refused = _take(form) if form.submitted() else []
    if form.submitted() and not refused:
        return redirect("/media")
    wish = queries.Wish(request.args.get("q", "").strip(), request.args.get("kind", ""), request.args.get("lack", ""))
    as_list = request.args.get("view") == "list"
    page = paginate(queries.files(current_user, wish), page_number(), PER_PAGE)
    told = render_template(
        "media/files.html", page=page, wish=wish, form=form, refused=refused, as_list=as_list, **_words(), limits=_limits(), preview=preview
    )
    return told, 422 if refused else 200


def _take(form: UploadForm) -> list[tuple[str, str]]:
    """Take the files of a form in; return (name, sentence) of those that are refused."""
    refused, taken = [], 0
    for upload in form.files.data or []:
        if upload.filename:
            try:
                keep(upload.read(), upload.filename, owner_id=current_user.id)
                commit()  # each by itself: nobody waits for the database while the next is looked through
                taken += 1
            except ContentError as error:
                refused.append((upload.filename, error.message))
    if taken:
        flash(ngettext("%(num)s file is in the library.", "%(num)s files are in the library.", taken), "done")
    elif not refused:
        refused = [("", gettext("Choose a file."))]
    return refused


def _words() -> dict[str, Any]:
    groups = {
        Group.PICTURE: gettext("Pictures"),
        Group.DOCUMENT: gettext("Documents"),
        Group.AUDIO: gettext("Sound"),
        Group.VIDEO: gettext("Film"),
    }
    return {"groups": {group.value: word for group, word in groups.items()}, "kinds": KINDS, "licences": dict(LICENCES)}


def _limits() -> dict[str, int]:
    return {group.value: most_bytes(group) // 2**20 for group in (Group.PICTURE, Group.DOCUMENT, Group.VIDEO)}


def preview(file: File) -> str:
    """Return the address of a small picture of a file; empty when it has none."""
    if "poster.webp" in file.wanted:
        return rendition_address(file.digest, "poster.webp") if file.width else ""
    if KINDS[file.suffix].group is not Group.PICTURE:
        return ""
    smallest = offline_name(name for name in file.wanted if name.endswith(".webp"))
    first = file.wanted[0] if file.wanted and smallest else ""
    return rendition_address(file.digest, first) if first else file.address


@plugin.route(AT, methods=["GET", "POST"])
@requires(USE, on="self")
def one_file(digest: str) -> ResponseReturnValue:
    """Show one file: what is said of it, where it is used, its renditions; and keep what is said."""
    file, entry = queries.file_of(current_user, digest)
    form = DescribeForm() if request.method == "POST" else DescribeForm.of_entry(file, entry)
    if form.submitted():
        services.describe(actor=current_user, file=file, values=form.values)
        commit()
        flash(gettext("Saved."), "done")
        return redirect(f"/media/files/{digest}")
    return _page(file, form=form, entry=entry)


def _page(file: File, status: int = 200, **more: Any) -> tuple[str, int]:
    page: dict[str, Any] = {
        "form": None,
        "replacing": ReplaceForm(formdata=None),
        "captioning": CaptionForm(formdata=None),
        "entry": None,
        **more,
    }
    form = page["form"] or DescribeForm.of_entry(file, page["entry"])
    page |= {
        "form": form,
        "file": file,
        "kind": KINDS[file.suffix],
        "groups": _words()["groups"],
        "licences": dict(LICENCES),
        "preview": preview,
    }
    told = render_template(
        "media/file.html",
        uses=queries.uses_of(current_user, file.digest),
        others=queries.words_of_others(current_user, file.digest),
        renditions=queries.renditions_of(file.digest),
        captions=queries.captions_of(file.digest),
        modules=queries.modules_of(current_user),
        rendition_address=rendition_address,
        **page,
    )
    return told, 422 if form.errors or page["replacing"].errors or page["captioning"].errors else status


@plugin.post(f"{AT}/replace")
@requires(USE, on="self")
def replace_file(digest: str) -> ResponseReturnValue:
    """Say what putting another file in this place would change; do so when that is confirmed."""
    file, entry = queries.file_of(current_user, digest)
    form = ReplaceForm()
    try:
        by = _newcomer(form)
        if request.form.get("sure"):
            changes = services.replace(actor=current_user, file=file, by=by)
            commit()
            flash(
                ngettext(
                    "Replaced in %(num)s draft. Publish to show it to learners.",
                    "Replaced in %(num)s drafts. Publish to show it to learners.",
                    len(changes),
                ),
                "done",
            )
            return redirect(f"/media/files/{by.digest}")
        services.check_replacement(file=file, by=by)
        commit()
        return render_template(
            "media/replace.html", file=file, by=by, changes=services.plan(actor=current_user, file=file), preview=preview
        )
    except (ContentError, Refused) as error:
        db.session.rollback()
        form.file.errors = [str(error)]
    return _page(queries.file_of(current_user, digest)[0], replacing=form, entry=entry)


def _newcomer(form: ReplaceForm) -> File:
    """Return the file that is to take the place: just uploaded, or named after the dry run."""
    known = request.form.get("by")
    if known:
        return queries.file_of(current_user, known)[0]
    upload = form.file.data
    if not upload or not upload.filename:
        raise ContentError(gettext("Choose a file."))
    return keep(upload.read(), upload.filename, owner_id=current_user.id)


@plugin.post(f"{AT}/use")
@requires(USE, on="self")
def use_file(digest: str) -> ResponseReturnValue:
    """Put a file into the draft of a module."""
    file, entry = queries.file_of(current_user, digest)
    name = entry.name if entry else file.name
    key = request.form.get("module", "")
    place = services.put_into(actor=current_user, file=file, module_key=key, name=name)
    commit()
    flash(gettext("The module has it as %(name)s. Copy its line from there into a text.", name=place), "done")
    return redirect(f"/studio/{key}/pictures")


@plugin.post(f"{AT}/captions")
@requires(USE, on="self")
def caption_file(digest: str) -> ResponseReturnValue:
    """Add captions to a film or sound."""
    file, entry = queries.file_of(current_user, digest)
    form = CaptionForm()
    try:
        if not form.file.data or not form.file.data.filename:
            raise ContentError(gettext("Choose a file."))
        if form.validate():
            data = form.file.data
            caption(actor=current_user, file=file, language=form.language.data, data=data.read(), name=data.filename)
            commit()
            flash(gettext("The captions are there. Texts that show this file get them when they are saved again."), "done")
            return redirect(f"/media/files/{digest}")
    except (ContentError, Refused) as error:
        form.file.errors = [str(error)]
    return _page(file, captioning=form, entry=entry)


@plugin.post(f"{AT}/remove")
@requires(USE, on="self")
def remove_file(digest: str) -> ResponseReturnValue:
    """Take one's own words about a file out of the library."""
    file, _entry = queries.file_of(current_user, digest)
    services.forget(actor=current_user, file=file)
    commit()
    flash(gettext("Taken out of your library. Modules that use the file keep it; what nothing uses is deleted after thirty days."), "done")
    return redirect("/media")


# -- originals --------------------------------------------------------------------------------------------------------------------------


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or b"", salt="media-original")


@plugin.get(f"{AT}/original")
@requires(USE, on="self")
def original(digest: str) -> ResponseReturnValue:
    """Lead a person who may find a file to an address of its original that is good for five minutes, for nobody else."""
    file, _entry = queries.file_of(current_user, digest)
    address = store().presigned(key_of(digest), LIFE, f"{digest[:12]}.{file.suffix}")
    answer = redirect(address or f"/media/private/{_signer().dumps([digest, str(current_user.id)])}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@plugin.get("/media/private/<token>")
@requires(USE, on="self")
def private_file(token: str) -> Response:
    """Give an original to the person whom the address names, while it is good."""
    try:
        digest, person = _signer().loads(token, max_age=LIFE)
    except BadSignature as error:
        raise NotFound("the address is not good any more") from error
    if person != str(current_user.id):
        raise NotFound("the address is somebody else's")
    file, _entry = queries.file_of(current_user, digest)
    return attached(file)
