"""The list of all banks, and the way to it."""


def test_the_studio_leads_to_all_banks(client, make_user, make_module):
    author = make_user(roles=["instructor"])
    make_module(owner=author)
    browser = client.as_(author)
    assert 'href="/quizzes/bank"' in browser.get("/studio").get_data(as_text=True)
    assert browser.get("/quizzes/bank").status_code == 200
