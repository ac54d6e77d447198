"""An instructor of another agency, and a module with their copy of it."""

import pytest
from support.forks import lesson

from courses.forks import services
from lms.db import commit
from lms.learning import services as learning
from lms.people.access import load_actor


@pytest.fixture
def agency(make_user, make_module):
    """Give (instructor of another agency, their actor)."""
    person = make_user("Ibu Penyalin", roles=[("instructor", "module", make_module(key="lain").id)], language="en")
    return person, load_actor(person.id, learning.utcnow().date())


@pytest.fixture
def copied(agency, make_module):
    """Return a function that makes a module of activities and a copy of it: (upstream, copy)."""

    def make(*activities):
        upstream = make_module(*(activities or (lesson(), lesson("lanjut"))), key="asal")
        module = services.copy_module(actor=agency[1], upstream=upstream, key="salinan")
        commit()
        return upstream, module

    return make
