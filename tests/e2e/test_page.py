"""The chat page in a real browser."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from emotion_bot.chat.texts import texts

pytestmark = pytest.mark.browser

PATIENCE = 120_000
"""Milliseconds for what takes a second on an idle machine."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        reason = "the browser test needs chromium: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=ARGUMENTS, timeout=PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture
def url(running):
    """A playground, and so a chat, for each test: none sees what another said."""
    with running("--port", 0) as (_, url):
        yield url


@pytest.fixture
def visit(browser, url):
    """Open the page as somebody; whatever it complains about, or fetches from elsewhere, fails the test."""
    complaints, contexts = [], []

    def visit(**somebody):
        context = browser.new_context(**somebody)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(url) or complaints.append(request.url))
        page.on("response", lambda answer: answer.ok or complaints.append(f"{answer.status} {answer.url}"))
        page.goto(url)
        expect(page.get_by_role("button", name="/start")).to_be_visible(timeout=PATIENCE)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def answers(page):
    return page.locator(".message:not(.mine)")


def test_a_sample_photo_is_answered_with_the_annotated_one(visit):
    page = visit()
    expect(page.get_by_text("What can this bot do?")).to_be_visible()

    page.get_by_role("button", name="two_people.jpg").click()

    expect(answers(page)).to_contain_text("2 faces, from left to right:", timeout=PATIENCE)
    picture = answers(page).locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 1000
    expect(page.locator(".message.mine img")).to_have_count(1)
    expect(page.locator("#action")).to_be_hidden()

    picture.click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_commands_and_texts_work_by_keyboard_and_in_russian(visit):
    page = visit()
    page.get_by_role("radio", name="RU").check(force=True)
    expect(page.get_by_placeholder("Сообщение или фото")).to_be_visible()

    privacy = page.get_by_role("button", name="/privacy")
    # The buttons are made anew in Russian; before that, focus would be lost with the old ones.
    expect(privacy).to_have_attribute("title", texts("ru").command_descriptions["privacy"])
    privacy.focus()
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(1, timeout=PATIENCE)
    page.get_by_role("textbox").fill("Привет")
    page.keyboard.press("Enter")

    expect(answers(page)).to_have_count(2, timeout=PATIENCE)
    assert "фото" in answers(page).last.inner_text()


def test_a_photo_can_be_picked_dropped_and_pasted(visit, photos):
    page = visit()

    page.locator("#file").set_input_files(photos / "rocket.jpg")
    expect(answers(page)).to_have_count(1, timeout=PATIENCE)
    for count, event, carrier in ((2, "drop", "dataTransfer"), (3, "paste", "clipboardData")):
        page.evaluate(
            """async ([name, carrier]) => {
                const photo = await (await fetch("/samples/rocket.jpg")).blob();
                const data = new DataTransfer();
                data.items.add(new File([photo], "rocket.jpg", { type: photo.type }));
                const kind = name === "drop" ? DragEvent : ClipboardEvent;
                document.dispatchEvent(new kind(name, { [carrier]: data, bubbles: true, cancelable: true }));
            }""",
            [event, carrier],
        )
        expect(answers(page)).to_have_count(count, timeout=PATIENCE)
    expect(answers(page).last).to_contain_text("no face")


@pytest.mark.parametrize(
    "somebody",
    [
        {"viewport": {"width": 320, "height": 560}},
        {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark"},
        {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    ],
    ids=["narrow", "narrow and dark", "wide and dark"],
)
def test_it_fits_any_window_and_follows_the_system_into_the_dark(visit, somebody):
    page = visit(**somebody)

    assert page.evaluate("document.documentElement.scrollWidth") == somebody["viewport"]["width"]
    expect(page.get_by_role("textbox")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(ground) < 60) == (somebody.get("color_scheme") == "dark")
