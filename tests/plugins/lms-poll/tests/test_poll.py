"""What is the poll's own. The suite behind the import looks at everything that Peduli promises about activity types."""

from lms.testing.contract import TestContract  # noqa: F401


def test_one_vote(client, make_activity):
    poll = make_activity("poll", question="Tea?", options="yes\nno")
    learner = client.as_(poll.learner)
    assert "Tea?" in learner.get(poll.url).text

    assert learner.post(poll.url, data={"choice": "maybe"}).status_code == 422  # the form again
    assert learner.post(poll.url, data={"choice": "yes"}).status_code == 302
    assert "“yes”" in learner.get(poll.url).text
    assert learner.post(poll.url, data={"choice": "no"}).status_code == 409  # one vote

    assert poll.ctx.state == "complete"
