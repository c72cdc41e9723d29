"""The chat page in a real browser: who can use it, in which language, with what, in which window."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from emotion_bot.chat.texts import LANGUAGES, texts
from tests.e2e.chat_page import answers, message, say, send_sample, sent, write

pytestmark = pytest.mark.browser

ENGINE = {"now": "litert", "tensorflow": "ready", "switching": False, "note": ""}
CONTRAST = """(pairs) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const light = (colour) => {
        const probe = document.createElement("i");
        document.body.append(probe);
        probe.style.color = `var(--${colour})`;
        const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3);
        probe.remove();
        const [red, green, blue] = parts.map((part) => linear(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    return pairs.map(([ink, ground]) => {
        const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
        return [ink, ground, (high + 0.05) / (low + 0.05)];
    });
}"""
"""Of custom properties of the page, by https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
TEXT_KEYS = """async () => {
    const { TEXTS } = await import("/static/texts.js");
    const keys = (texts) => Object.entries(texts).flatMap(([key, text]) =>
        typeof text === "string" ? `${key} ${text.match(/{[a-z]+}/g)?.sort() ?? ""}`
            : keys(text).map((inner) => `${key}.${inner}`));
    return Object.fromEntries(Object.entries(TEXTS).map(([code, texts]) => [code, keys(texts)]));
}"""
"""By language, the key of each text and the values that it takes."""


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_and_the_bot_speak_the_language_of_the_app(visit, code):
    page = visit(locale=code)
    before = answers(page).count()
    expect(page.locator("html")).to_have_attribute("lang", code)
    expect(page.locator("#language")).to_have_value(code)

    write(page).fill("/help")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")

    expect(answers(page).nth(before)).to_contain_text(texts(code).help[:20])


def test_another_language_can_be_chosen_and_is_remembered(visit):
    page = visit()

    page.get_by_label("Language of your app").select_option("ru")
    expect(page.get_by_placeholder("Сообщение")).to_be_visible()
    page.reload()

    expect(page.get_by_placeholder("Сообщение")).to_be_visible()
    expect(page.get_by_label("Язык вашего приложения")).to_have_value("ru")


def test_every_language_has_every_text(visit):
    page = visit()

    keys = page.evaluate(TEXT_KEYS)

    assert tuple(keys) == LANGUAGES
    assert all(keys[code] == keys["en"] for code in LANGUAGES)


def test_everything_can_be_done_by_keyboard(visit):
    page = visit()
    expect(write(page)).to_be_focused()
    answer = say(page, "/language")
    expect(answer).to_be_visible()

    write(page).focus()
    page.keyboard.press("ArrowUp")
    expect(answer).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(sent(page).last).to_be_focused()
    page.keyboard.press("ArrowDown")
    english = answers(page).last.get_by_role("button", name="English")
    for _ in range(6):
        if english.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(english).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text(texts("en").language_chosen)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(write(page)).to_be_focused()
    say(page, "/delete")


@pytest.mark.parametrize(
    "somebody",
    [
        {"viewport": {"width": 320, "height": 560}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "locale": "de"},
        {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    ],
    ids=["narrow", "phone, dark, German", "wide, dark"],
)
def test_it_fits_any_window_and_follows_the_system_into_the_dark(visit, somebody):
    page = visit(**somebody)

    width = somebody["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(write(page)).to_be_in_viewport()
    expect(page.locator(".send")).to_be_in_viewport()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(ground) < 60) == (somebody.get("color_scheme") == "dark")

    panel = page.get_by_role("complementary")
    if width < 1000:
        expect(panel).to_be_hidden()
        page.locator("#panel-toggle").click()
        expect(panel.get_by_role("heading", level=2)).to_be_focused()
        expect(panel).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.locator("#panel-toggle")).to_be_focused()
    else:
        expect(panel).to_be_visible()


def test_what_is_happening_is_shown_and_read_out(visit, tell):
    page = visit(staged=True)
    tell(page, {"action": "upload_photo", "chat_id": 1, "date": page.evaluate("Date.now() / 1000")})

    expect(page.locator("#status")).to_have_text("sending photo…")
    expect(page.locator("#status")).to_have_role("status")
    expect(page.get_by_role("log")).to_contain_text("sending photo…")


def test_a_screen_reader_finds_its_way(visit, tell):
    page = visit(staged=True)
    tell(page, {"state": {"engine": ENGINE, "faults": {}}})
    tell(page, message(1, is_bot=False, text="/help"))
    keyboard = {"inline_keyboard": [[{"text": "Details", "callback_data": "d"}]]}
    tell(page, message(2, is_bot=True, text="Send a photo.", reply_markup=keyboard))

    expect(page.get_by_role("main")).to_match_aria_snapshot("""
      - main:
        - heading "Emotion Recognition Bot" [level=1]
        - status: bot
        - combobox "Language of your app"
        - button "Behind the scenes" [expanded]
        - log "Chat":
          - list:
            - listitem
            - listitem:
              - text: "You:"
              - paragraph:
                - button "/help"
                - time
                - button /Sent/
              - button "Reply"
            - listitem:
              - text: "Emotion Recognition Bot:"
              - paragraph
              - button "Reply"
              - button "Details"
        - group "Sample photos"
        - button "Menu"
        - textbox "Message"
        - button "Attach photos"
        - button "Send"
    """)
    expect(page.get_by_role("complementary", name="Behind the scenes")).to_match_aria_snapshot("""
      - complementary "Behind the scenes":
        - heading "Behind the scenes" [level=2]
        - button "Close the panel"
        - region "Behind the scenes":
          - region "What happened to a message"
          - region "Engine":
            - heading "Engine" [level=3]
            - radio "LiteRT" [checked]
            - radio "TensorFlow"
          - region "Make something fail":
            - heading "Make something fail" [level=3]
            - switch "Telegram is slow"
            - switch "Telegram says 429"
            - switch "The model is missing"
    """)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(visit, scheme):
    page = visit(staged=True, color_scheme=scheme)
    pairs = [(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("paper", "well", "theirs")]
    pairs += [("ink", "mine"), ("mine-quiet", "mine"), ("accent", "mine"), ("on-accent", "accent")]
    pairs += [("alarm", "alarm-ground"), ("warm", "warm-ground"), ("alarm", "paper")]

    for ink, ground, contrast in page.evaluate(CONTRAST, pairs):
        assert contrast >= 4.5, (ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_axe_is_broken(visit, scheme):
    page = visit(color_scheme=scheme)
    send_sample(page, "two people")
    expect(page.locator(".face")).to_have_count(2)

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
