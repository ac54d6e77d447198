"""The pages of the bank: search, writing one item, its versions, and what is done to many at once."""

from __future__ import annotations

from flask import flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.api import Refused, commit, db, modules_for, ngettext, page_number, paginate, requires, rows, wants_json
from lms.api import gettext as __
from quizzes.bank import pages, queries, services
from quizzes.bank.changes import history
from quizzes.bank.editor import ItemEditor, open_new, open_posted, open_saved
from quizzes.bank.forms import SearchForm
from quizzes.bank.preview import shown
from quizzes.bank.queries import Wanted
from quizzes.bank.words import STATES, kind_title
from quizzes.base import BANK, plugin
from quizzes.items.models import VersionState
from quizzes.kinds.base import KINDS

HOME = "/bank/<module_key>"
ITEM = f"{HOME}/<int:item_id>"
PER_PAGE = 25


@plugin.get("/bank")
@requires(BANK, on="self")
def bank_home() -> str:
    """List the banks of one's modules."""
    page = paginate(queries.banks(modules_for(current_user, BANK)), page_number(), PER_PAGE)
    return render_template("quizzes/bank.html", page=page)


@plugin.get(HOME)
@requires(BANK, on="module")
def bank(module_key: str) -> str:
    """Search a bank, or what other modules share."""
    wanted = Wanted.of(request.args)
    page = paginate(queries.search(g.module.id, wanted), page_number(), PER_PAGE)
    return render_template(
        "quizzes/bank_list.html",
        module=g.module,
        wanted=wanted,
        form=SearchForm.asked(request.args),
        page=page,
        lines=pages.lines(page.items, g.module.id, shared=wanted.shared),
        categories=db.session.scalars(queries.categories(g.module.id)).all(),
        tags=db.session.scalars(queries.tags(g.module.id)).all(),
        quizzes=db.session.execute(queries.quizzes(g.module.id)).all(),
        quiz=request.args.get("quiz", ""),
        states=STATES,
        kind_title=kind_title,
    )


# -- writing ---------------------------------------------------------------------------------------------------------------------------


@plugin.route(f"{HOME}/new", methods=["GET", "POST"])
@requires(BANK, on="module")
def bank_new(module_key: str) -> ResponseReturnValue:
    """Choose a kind, then write a new item; `?quiz=` adds it to a quiz."""
    kind, quiz = request.args.get("kind", ""), request.args.get("quiz", "")
    if quiz:
        services.quiz_of(g.module.id, quiz)
    if not kind:
        return render_template("quizzes/bank_new.html", module=g.module, kinds=KINDS, quiz=quiz)
    if request.method == "GET":
        return _editor_page(open_new(current_user, g.module, kind, quiz), 200)
    return _save(open_posted(current_user, g.module, None, kind, rows.posted(), quiz))


@plugin.route(ITEM, methods=["GET", "POST"])
@requires(BANK, on="module")
def bank_item(module_key: str, item_id: int) -> ResponseReturnValue:
    """Write an item of the bank."""
    item = services.item_of(g.module.id, item_id, lock=request.method == "POST")
    if request.method == "GET":
        return _editor_page(open_saved(current_user, g.module, item), 200)
    return _save(open_posted(current_user, g.module, item, "", rows.posted()))


def _save(editor: ItemEditor) -> ResponseReturnValue:
    """Save what was typed, or do a row operation; whatever is in the way, everything typed comes back."""
    posted = rows.posted()
    if rows.operation(posted):
        return _editor_page(editor, 200)
    row = editor.validate()
    if row is None:
        return _editor_page(editor, 422)
    if editor.meets_another():
        return _editor_page(editor, 409)
    state = VersionState.READY if posted.get("do") == "ready" else VersionState.DRAFT
    try:
        item, changed = editor.save(row, state)
        if editor.quiz:
            services.add_to_quiz(actor=current_user, module=g.module, activity_key=editor.quiz, chosen=[item])
    except Refused as refusal:
        db.session.rollback()
        editor.problem = str(refusal)
        return _editor_page(editor, 422)
    commit()
    flash(pages.saved_words(state, changed=changed), "done")
    return redirect(f"/studio/{g.module.key}/{editor.quiz}" if editor.quiz else f"{editor.home}/{item.id}")


@plugin.post(f"{HOME}/preview")
@requires(BANK, on="module")
def bank_preview(module_key: str) -> ResponseReturnValue:
    """Show an item as learners will see it, from what was typed; nothing is saved. A script gets the page, a browser the editor with it."""
    number = request.args.get("item", None, int)
    item = services.item_of(g.module.id, number) if number else None
    editor = open_posted(current_user, g.module, item, request.args.get("kind", ""), rows.posted(), request.args.get("quiz", ""))
    problems = editor.draw()
    if wants_json():
        return jsonify(page=editor.preview, problems=problems)
    return _editor_page(editor, 422 if problems else 200)


def _editor_page(editor: ItemEditor, status: int) -> ResponseReturnValue:
    rows.pad(editor.form)
    found = pages.words_for_editor(g.module.id)
    return render_template("quizzes/bank_edit.html", editor=editor, module=g.module, states=STATES, **found), status


# -- one item --------------------------------------------------------------------------------------------------------------------------


@plugin.get(f"{ITEM}/versions")
@requires(BANK, on="module")
def bank_versions(module_key: str, item_id: int) -> str:
    """Show the versions of an item, what each changed, and where it is asked."""
    item = services.item_of(g.module.id, item_id)
    return render_template(
        "quizzes/bank_versions.html",
        module=g.module,
        item=item,
        history=history(item.versions)[:PER_PAGE],
        names=queries.mapping(queries.authors(version.author_id for version in item.versions)),
        uses=pages.uses_of(item),
        states=STATES,
    )


@plugin.get(f"{HOME}/shared/<int:item_id>")
@requires(BANK, on="module")
def bank_shared(module_key: str, item_id: int) -> str:
    """Show an item that another module shares."""
    item = services.shared_item(g.module.id, item_id)
    owner, files = pages.owner_of(item)
    row = services.saved_row(item)
    return render_template(
        "quizzes/bank_shared.html",
        module=g.module,
        item=item,
        owner=owner,
        kind=kind_title(item.kind),
        shown=shown(row, files, language="id"),
        quizzes=db.session.execute(queries.quizzes(g.module.id)).all(),
    )


@plugin.post(f"{ITEM}/retire")
@requires(BANK, on="module")
def bank_retire(module_key: str, item_id: int) -> Response:
    """Take an item out of use."""
    item = services.item_of(g.module.id, item_id, lock=True)
    services.retire_item(actor=current_user, module=g.module, item=item)
    commit()
    flash(__("“%(title)s” is retired. Published quizzes keep it.", title=item.title), "done")
    return redirect(f"/quizzes/bank/{module_key}/{item_id}/versions")


@plugin.post(f"{ITEM}/share")
@requires(BANK, on="module")
def bank_share(module_key: str, item_id: int) -> Response:
    """Share an item with all instructors, or no longer."""
    item = services.item_of(g.module.id, item_id, lock=True)
    services.share_item(actor=current_user, module=g.module, item=item, shared="shared" in rows.posted())
    commit()
    flash(__("Every instructor can use this question now.") if item.shared else __("This question is the module’s own again."), "done")
    return redirect(f"/quizzes/bank/{module_key}/{item_id}/versions")


@plugin.post(f"{ITEM}/duplicate")
@requires(BANK, on="module")
def bank_duplicate(module_key: str, item_id: int) -> Response:
    """Copy an item of this bank, or one that another module shares."""
    find = services.shared_item if "shared" in rows.posted() else services.item_of
    copy = services.duplicate_item(actor=current_user, module=g.module, item=find(g.module.id, item_id))
    commit()
    flash(__("This is the copy, a draft. Its key is “%(key)s”.", key=copy.key), "done")
    return redirect(f"/quizzes/bank/{module_key}/{copy.id}")


@plugin.post(f"{ITEM}/restore")
@requires(BANK, on="module")
def bank_restore(module_key: str, item_id: int) -> Response:
    """Make a draft of an old version."""
    item = services.item_of(g.module.id, item_id, lock=True)
    number = rows.posted().get("number", 0, int)
    services.restore_version(actor=current_user, module=g.module, item=item, number=number)
    commit()
    flash(__("Version %(number)s is a draft again. Look at it, then make it ready.", number=number), "done")
    return redirect(f"/quizzes/bank/{module_key}/{item_id}")


# -- many at once ----------------------------------------------------------------------------------------------------------------------


@plugin.post(f"{HOME}/tags")
@requires(BANK, on="module")
def bank_tags(module_key: str) -> Response:
    """Tag, move or use all ticked items; or go on to export them."""
    posted = rows.posted()
    back = f"/quizzes/bank/{module_key}?{posted.get('back', '')}".rstrip("?")
    ids = posted.getlist("item", int)
    if not ids:
        flash(__("Tick at least one question."), "careful")
        return redirect(back)
    if posted.get("do") == "export":
        return redirect(f"/quizzes/bank/{module_key}/export?items={','.join(map(str, ids))}")
    count = pages.do_to_all(actor=current_user, module=g.module, posted=posted, ids=ids)
    commit()
    flash(ngettext("%(num)s question is changed.", "%(num)s questions are changed.", count), "done")
    return redirect(back)
