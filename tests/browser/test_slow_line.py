"""The journey on a line of 50 kbit/s and 800 ms: sign in, lesson, quiz answer, journal. Waiting is counted, thinking and typing are not.

The same journey on a quick line, in the same run, is the floor: what a busy machine takes for itself is not the line's.
"""

import time

BEGINNERS = ("peserta36@demo.example", "peserta18@demo.example")  # have done nothing yet, whatever the dice of the demonstration say
KBIT_S = 50
ROUND_TRIP_MS = 800
MOST_SECONDS = 30


def journey(page, account):
    """Go the whole way as the person; return the seconds of waiting by step."""
    waited = {}

    def wait(step, act):
        """Do something that makes the person wait until the page is complete."""
        begun = time.monotonic()
        act()
        page.wait_for_load_state("load")
        waited[step] = time.monotonic() - begun

    wait("first page", lambda: page.goto("/sign-in"))
    page.fill("#email", account)
    page.fill("#password", "peduli-demo")
    wait("sign in", lambda: page.click("form[action='/sign-in'] button"))
    wait("lesson", lambda: page.goto("/learn/1/literasi-ai/tiga-alat-satu-nama"))
    wait("quiz", lambda: page.goto("/learn/1/literasi-ai/cek-ai-tanpa-mitos"))
    wait("begin", lambda: page.click("form[action^='/quizzes/start'] button"))
    page.locator(".choice input").first.check()
    wait("answer saved", lambda: page.wait_for_selector("[data-saved-state][data-state=saved]"))
    wait("journal", lambda: page.goto("/learn/1/literasi-ai/jurnal-hampir-percaya"))
    page.locator("#writing textarea").first.fill("Ditulis di dermaga, dengan satu batang sinyal.")
    wait("draft saved", lambda: page.wait_for_selector("[data-saved-state][data-state=saved]"))
    return waited


def slowed(page):
    """Put the page on the slow line."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    speed = KBIT_S * 1000 / 8
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": ROUND_TRIP_MS, "downloadThroughput": speed, "uploadThroughput": speed},
    )
    return page


def test_the_journey_on_a_slow_line(own_visitor, capsys):
    # Without a worker: what it fetches would not be slow.
    quick, slow = (own_visitor.page(own_visitor.context(worker=False)) for _ in range(2))
    floor = sum(journey(quick, BEGINNERS[0]).values())
    waited = journey(slowed(slow), BEGINNERS[1])
    total = sum(waited.values())
    with capsys.disabled():
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in waited.items())
        print(f"\nslow line: {total:.1f} s of waiting ({steps}); {floor:.1f} s on a quick line")
    assert waited["first page"] > 2 * ROUND_TRIP_MS / 1000, "the line is not slow"
    assert total - floor < MOST_SECONDS
