"""The chat page in a real browser: what a person sends, by mouse, by keyboard, by drop and paste."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from emotion_bot.chat.texts import texts
from tests.e2e.chat_page import answers, message, say, send_sample, sent, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

ENGLISH = texts("en")
FETCH_FILES = """async ([names, kind]) => {
    const data = new DataTransfer();
    for (const name of names) {
        const photo = await (await fetch(`/samples/${name}`)).blob();
        data.items.add(new File([photo], name, { type: photo.type }));
    }
    const event = kind === "drop"
        ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
}"""


def test_the_page_is_small(visit):
    page = visit()
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".map(({ transferSize }) => transferSize)"
    )

    assert len(sizes) > 10
    assert sum(sizes) < 150_000


def test_a_sample_photo_is_answered_with_the_annotated_one_and_a_viewer_shows_both(visit):
    page = visit()

    answer = send_sample(page, "two people")

    expect(answer).to_contain_text("2 faces, from left to right:")
    picture = answer.get_by_role("button", name="The photo with its faces marked").locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 1000
    expect(sent(page).last.get_by_role("button", name="Received by the bot")).to_be_visible()

    picture.click()
    viewer = page.get_by_role("dialog", name="Photo")
    expect(viewer.get_by_role("img", name="The photo with its faces marked")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(viewer.get_by_role("img", name="Your photo")).to_be_visible()
    expect(viewer).to_contain_text(re.compile(r"\d of \d"))
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_buttons_tell_details_in_a_dialog_and_count_what_is_wrong(visit):
    page = visit()
    answer = send_sample(page, "astronaut")

    answer.get_by_role("button", name=ENGLISH.details_button).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("happy")
    expect(dialog.get_by_role("button", name="OK")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()

    wrong = answer.get_by_role("button", name=ENGLISH.wrong_button)
    wrong.click()
    told = page.get_by_text(ENGLISH.counted)
    expect(told).to_be_visible()
    expect(wrong).not_to_have_class(re.compile("busy"))


def test_several_photos_go_as_one_album_with_a_caption_and_are_answered_as_one(visit, photos):
    page = visit()
    before = answers(page).count()

    page.get_by_label("Attach photos").set_input_files(
        [photos / name for name in ("obama.jpg", "rocket.jpg", "astronaut.png")]
    )
    tray = page.get_by_role("group", name="To be sent")
    expect(tray.get_by_role("listitem")).to_have_count(3)
    expect(tray.locator("canvas")).to_have_count(3)
    tray.get_by_role("button", name="Remove rocket.jpg").click()
    expect(tray.get_by_role("listitem")).to_have_count(2)
    expect(tray.get_by_role("button", name="Remove astronaut.png")).to_be_focused()
    write(page).fill("My friends")
    write(page).press("Enter")

    expect(tray).to_be_hidden()
    expect(sent(page).last.locator(".album img")).to_have_count(2)
    expect(sent(page).last).to_contain_text("My friends")
    expect(answers(page).nth(before).locator(".album img")).to_have_count(2)
    expect(answers(page)).to_have_count(before + 1)
    quote = answers(page).nth(before).get_by_role("button", name="Go to the original message")
    expect(quote).to_contain_text("My friends")


def test_the_newest_message_stays_in_view_until_one_scrolls_back(visit, tell, photos):
    page = visit(staged=True)
    for number in range(1, 30):
        tell(page, message(number, is_bot=True, text=f"Message {number}"))
    newest, log = answers(page).last, page.get_by_role("log")
    expect(newest).to_be_in_viewport(ratio=1)

    page.get_by_label("Attach photos").set_input_files([photos / "obama.jpg"])
    expect(page.get_by_role("group", name="To be sent")).to_be_visible()
    expect(newest).to_be_in_viewport(ratio=1)
    newest.evaluate("item => item.querySelector('.words').append('\\n'.repeat(9) + 'the end')")
    expect(log).to_have_js_property("scrollTop", log.evaluate("log => log.scrollHeight - log.clientHeight"))

    log.hover()
    page.mouse.wheel(0, -500)
    expect(page.get_by_role("button", name="Go to the newest message")).to_be_visible()
    tell(page, message(30, is_bot=True, text="Message 30"))
    expect(answers(page).last).not_to_be_in_viewport()
    expect(page.get_by_role("button", name="Go to the newest message")).to_have_text("1")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_photos_can_be_dropped_and_pasted(visit, kind):
    page = visit()
    before = answers(page).count()

    page.evaluate(FETCH_FILES, [["rocket.jpg"], kind])
    expect(page.get_by_role("group", name="To be sent").get_by_role("listitem")).to_have_count(1)
    expect(write(page)).to_be_focused()
    page.keyboard.press("Enter")

    expect(answers(page).nth(before)).to_contain_text(ENGLISH.no_face[:30])


def test_a_broken_file_is_sent_as_it_is_and_answered_with_a_sentence(visit, tmp_path: Path):
    page = visit()
    before = answers(page).count()
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")

    page.get_by_label("Attach photos").set_input_files(tmp_path / "broken.jpg")
    page.keyboard.press("Enter")

    expect(sent(page).last).to_contain_text("broken.jpg")
    expect(answers(page).nth(before)).to_contain_text(ENGLISH.unreadable[:30])


def test_commands_are_suggested_chosen_by_keyboard_and_clickable_in_answers(visit):
    page = visit()
    before = answers(page).count()
    write(page).press_sequentially("/")
    options = page.get_by_role("listbox", name="Commands").get_by_role("option")
    expect(options).to_have_count(len(ENGLISH.command_descriptions))
    expect(options.first).to_have_attribute("aria-selected", "true")

    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(write(page)).to_have_attribute("aria-activedescendant", options.last.get_attribute("id"))
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(write(page)).to_have_value("/")

    write(page).press_sequentially("pri")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(sent(page).last).to_contain_text("/privacy")
    expect(answers(page).nth(before)).to_contain_text(ENGLISH.privacy[:20])
    expect(write(page)).to_have_value("")

    page.get_by_role("button", name="Menu", exact=True).click()
    expect(options).to_have_count(len(ENGLISH.command_descriptions))
    options.filter(has_text="/start").click()
    expect(answers(page).nth(before + 1)).to_contain_text(ENGLISH.start[:20])
    answers(page).nth(before + 1).get_by_role("button", name="/help").click()
    expect(answers(page).nth(before + 2)).to_contain_text(ENGLISH.help[:20])


def test_a_command_can_ask_about_a_photo_that_it_replies_to(visit):
    page = visit()
    first = send_sample(page, "portrait")
    expect(first).to_contain_text("happy")
    before = answers(page).count()

    sent(page).last.hover()
    sent(page).last.get_by_role("button", name="Reply").click()
    expect(page.get_by_text("Reply to your message")).to_be_visible()
    expect(write(page)).to_be_focused()
    say(page, "/emotion")

    expect(page.get_by_text("Reply to your message")).to_be_hidden()
    expect(sent(page).last.get_by_role("button", name="Go to the original message")).to_be_visible()
    expect(answers(page).nth(before)).to_contain_text("happy")


def test_the_chat_is_still_there_after_a_reload_and_old_alerts_are_not_shown_again(visit):
    page = visit()
    answer = send_sample(page, "astronaut")
    answer.get_by_role("button", name=ENGLISH.details_button).click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Enter")
    count = page.locator(".message").count()

    page.reload()

    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(page.locator(".message")).to_have_count(count)
    expect(answers(page).last).to_be_in_viewport()
    expect(page.get_by_role("alertdialog")).to_be_hidden()


def test_a_playground_that_went_away_is_told_and_its_return_noticed(visit, running, complaints):
    with running("--port", 0) as (process, url):
        page = visit(url)
        expect(say(page, "/help")).to_be_visible()
        process.send_signal(signal.SIGINT)
        process.wait()
        expect(page.get_by_role("alert")).to_contain_text("make run")
        write(page).fill("Are you there?")
        page.keyboard.press("Enter")
        expect(write(page)).to_have_value("Are you there?")
    with running("--port", url.rpartition(":")[2]) as (_, again):
        assert again == url
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.locator(".message")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(answers(page)).to_have_count(1)
        page.goto("about:blank")
    refused = [complaint for complaint in complaints if "ERR_" in complaint or "Failed to load" in complaint]
    assert refused
    complaints[:] = [complaint for complaint in complaints if complaint not in refused]
