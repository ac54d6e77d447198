"""How what a rule finds is put right, in one sentence for each rule."""

from __future__ import annotations

from lms.api import lazy_gettext as _

HOW = {
    "circle": _("Take one of the two requirements away."),
    "conflict-left": _("Choose one of the two versions, then delete the three lines of marks."),
    "dead-link": _("Find where the page is now, or take the link out."),
    "empty-header": _("Write in the first row what each column holds."),
    "empty-hours": _("Take the hours away, or make something in the section needed."),
    "file-name": _("Say in a sentence what it shows."),
    "foreign-picture": _("Add the picture to this module and show that one."),
    "heading-jump": _("Use the next level: ### below ##, #### below ###."),
    "heavy-page": _("Make the largest pictures smaller, or divide the page."),
    "heavy-words": _("Take the plainer word."),
    "large": _("Make the largest pictures smaller."),
    "local-open": _("Write an example of your agency into the box, or delete the box."),
    "long-alternative": _("One or two sentences; the rest belongs into the text."),
    "long-option": _("Shorten the best option, or say more in the others."),
    "long-page": _("Make it two pages."),
    "long-sentences": _("Cut the longest sentences in two."),
    "longest": _("Shorten the best options, or say more in the others."),
    "minutes": _("Write the minutes that an average learner takes."),
    "missing-picture": _("Add the picture under this name, or take it out of the text."),
    "broken-link": _("Write the key of an activity of this module, #bagian- and a heading of this page, or a whole address."),
    "no-alternative": _("Write between the square brackets what it shows."),
    "no-audience": _("Say in a sentence who should take it."),
    "no-date": _("Look at the facts once more and write down the day."),
    "no-english": _("Write the English texts, or have a colleague do so."),
    "no-item-tag": _("Choose the behaviour that the question asks for."),
    "no-minutes": _("Write the minutes that an average learner takes."),
    "no-outcomes": _("Write three to five things that learners can do afterwards."),
    "no-plugin": _("Ask the administrator for the plugin; you can move the activity, or delete it."),
    "no-rationale": _("Say for each option why it is right, or what makes it tempting and wrong."),
    "no-sources": _("Name the law, book or page that it relies on."),
    "no-summary": _("Write two or three sentences for the catalogue."),
    "no-tag": _("Choose the behaviours that it is about."),
    "no-words": _("Add captions in the library, or a box with the title “Transkrip” below the film."),
    "old": _("Look at the facts once more and write down the day."),
    "position": _("Mix the options, or let the quiz mix them."),
    "private-link": _("Link to a page that is open to everybody, or add the document to this module."),
    "requires-hidden": _("Show the other one, hide both, or take the requirement away."),
    "requires-later": _("Move one of the two."),
    "requires-nothing": _("Take the requirement away, or choose another activity."),
    "rule": _("Choose anew what completes it."),
    "small-pool": _("Write more questions: two and a half times as many as are drawn are enough."),
    "stray": _("Choose another section for it."),
    "title-in-text": _("Begin with ##."),
    "type": _("Look at its settings."),
    "unknown-tag": _("Choose tags from the list."),
    "unreadable": _("Put it right in the file and try again."),
    "unsafe-link": _("Tell whoever keeps that site, or link to another page."),
    "untagged": _("Choose the behaviours and competencies that it practises."),
    "unwritten": _("Write it, or delete it until it is ready."),
    "vague-link": _("Let the words of the link name the page that it leads to."),
}


def how_to(rule: str) -> str:
    """Return how a finding of a rule is put right."""
    return str(HOW[rule])
