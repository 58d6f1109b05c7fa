"""The playground in a real Chromium: with the keyboard alone, on a phone, and with two people at once."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playground_helpers import CHROMIUM, chromium, served

from recgym.playground.api import GAMES_PER_BROWSER, Playground

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, such as Debian's: apt-get install chromium"),
]
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESKTOP = {"viewport": {"width": 1400, "height": 900}}


@pytest.fixture(scope="module")
def address():
    with served(Playground()) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser, address):
    """Open the page as one more person; at the end nothing has been complained of or loaded from elsewhere."""
    complaints, hosts, contexts = [], set(), []

    def opened(allowed: str = "", **settings):
        contexts.append(browser.new_context(**(settings or DESKTOP)))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text)
                if not allowed or allowed not in message.text else None)  # fmt: skip
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(address)
        page.wait_for_selector(".side")
        settled(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints and hosts == {urlsplit(address).netloc}


def settled(page) -> None:
    """Wait until nothing is asked for any more."""
    page.wait_for_selector("body:not([aria-busy])")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        settled(page)


def tab_to(page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}")


def status(page) -> str:
    return page.text_content("#status")


def start(page, first: str, second: str = "", env_id: str = "RecGym-News-v0", user: int = 0) -> None:
    page.select_option("#environment", env_id)
    settled(page)
    page.select_option("#first", first)
    page.select_option("#second", second)
    page.fill("#user", str(user))
    page.click("#setup button")
    settled(page)


def overflow(page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_a_session_is_played_with_the_keyboard_alone(visit):
    page = visit()
    tab_to(page, "#first")
    page.keyboard.type("You")
    tab_to(page, "#setup button")
    press(page, "Enter")
    assert page.evaluate("document.activeElement.dataset.position") == "0"
    press(page, "ArrowRight", "Space", "ArrowDown", "1")  # takes the slot of the one above
    tray = page.locator(".tray li span:last-child")
    focused = page.locator(".candidate:focus .title")
    below = focused.text_content()
    assert tray.all_text_contents() == [below, "–", "–"]
    press(page, "ArrowLeft", "Space", "ArrowUp", "Space")
    above = focused.text_content()
    assert tray.all_text_contents()[2] == above and "–" not in tray.all_text_contents()
    press(page, "Backspace", "ArrowRight", "3")
    chosen = [*tray.all_text_contents()[:2], focused.text_content()]
    assert chosen[0] == below and chosen[2] != above
    press(page, "Enter")
    assert page.locator(".side").first.locator(".slot .title").all_text_contents() == chosen
    assert "page 1" in status(page)
    press(page, "r")
    assert page.locator(".chance").count() == 20 and page.locator("meter").count() >= 4
    press(page, "r", "n")  # N is of no use while it is the person's turn
    assert page.locator("meter").count() == 0 and "page 2" not in status(page)
    while page.locator("#offer").is_visible():
        press(page, "1", "Enter")
    assert page.locator(".ending").count() == 2
    assert page.locator(".verdict").text_content() in ("You win.", "reference wins.")
    assert "of 1 session so far" in page.text_content("#duel")
    press(page, "n")
    assert page.input_value("#user") == "1" and page.locator("#offer").is_visible()


def test_a_session_is_watched_with_the_keyboard_alone(visit):
    page = visit()
    press(page, "n", "n")
    assert "page 2" in status(page) and page.locator(".history").count() == 2
    press(page, "p")
    page.locator("#status", has_text="page 4").wait_for()
    press(page, "p")
    shown = status(page)
    page.wait_for_timeout(1600)
    assert status(page) == shown
    press(page, "t")
    assert page.locator(".outcome").text_content().startswith("reference wins")
    assert page.locator("#duel circle").count() == 20 and page.locator("#duel tbody tr").count() == 20
    press(page, "e")
    assert page.locator(".ending").count() == 2
    page.reload()  # the game goes on where it was
    page.wait_for_selector(".ending")
    tab_to(page, ".keys summary")
    press(page, "Enter")
    tab_to(page, "#letters")
    press(page, "Space")
    tab_to(page, ".controls button")
    before = page.input_value("#user")
    press(page, "n")  # letters are switched off
    assert page.input_value("#user") == before


def test_what_can_be_pressed_has_a_name_and_a_visible_focus(visit):
    page = visit()
    start(page, "you", "random")
    unnamed = page.evaluate("""[...document.querySelectorAll('button, select, input, meter, svg')]
        .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)).length""")
    assert unnamed == 0
    tab_to(page, ".candidate[data-position='3']")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    box = page.locator(".candidate:focus").bounding_box()
    assert box["y"] + box["height"] <= page.locator("#controls").bounding_box()["y"] + 1


@pytest.mark.parametrize("env_id", ["RecGym-Ecommerce-v0", "RecGym-News-v0", "RecGym-Boredom-v0"])
def test_on_a_phone_nothing_is_wider_than_the_window(visit, env_id):
    page = visit(**PHONE)
    start(page, "myopic", "reference", env_id)
    for name in ("Next page", "Reveal", "To the end"):
        page.locator("#controls button", has_text=name).tap()
        settled(page)
        assert overflow(page) == 0
    page.locator("#duel button").tap()
    settled(page)
    assert page.locator(".outcome").is_visible() and overflow(page) == 0
    start(page, "you", "reference", env_id)
    page.locator(".candidate").nth(2).tap()
    assert page.locator(".tray").is_visible() and overflow(page) == 0
    page.locator("#controls button", has_text="Show page").tap()
    settled(page)
    assert "page 1" in status(page) and overflow(page) == 0
    small = [box for button in page.locator("button:visible").all() if (box := button.bounding_box())["height"] < 40]
    assert not small
    first = page.locator(".side").first.bounding_box()
    assert -1 <= first["y"] < 844  # what came of the page is in view


def test_two_people_at_once(visit):
    mine, yours = visit(), visit()
    start(mine, "popular", "random", user=5)
    start(yours, "you", "best-rated", "RecGym-Music-v0", user=9)
    press(mine, "n")
    press(yours, "1", "Enter")
    press(mine, "n", "n")
    assert "popular, page 3" in status(mine) and "You, page 1" in status(yours)
    assert mine.text_content("#says") != yours.text_content("#says")
    alone = visit()
    start(alone, "popular", "random", user=5)
    press(alone, "n", "n", "n")
    assert alone.text_content("#sides") == mine.text_content("#sides")


def test_a_problem_is_said_on_the_page(visit):
    page = visit(allowed="Failed to load resource")
    game = page.evaluate("sessionStorage.getItem('game')")
    for _ in range(GAMES_PER_BROWSER):
        start(page, "random")
    assert page.evaluate("game => fetch(`api/games/${game}`).then((answer) => answer.status)", game) == 404
    page.fill("#user", "-3")  # the browser itself refuses to send it
    page.click("#setup button")
    assert page.evaluate("document.querySelector('#user').matches(':invalid')")
    page.click("h1")
    page.route("**/step", lambda route: route.abort())
    press(page, "n")
    assert "is `recgym playground` still running?" in page.text_content("[role=alert]")
    page.unroute("**/step")
    press(page, "n")
    assert page.locator("[role=alert]").is_hidden()
