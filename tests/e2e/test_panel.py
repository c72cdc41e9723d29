"""The side panel in a real browser: updates, engines, faults; and who can read the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from emotion_bot.vision.annotate import COLOURS
from tests.e2e.chat_page import message, say, send_sample

pytestmark = pytest.mark.browser

ENGINE = {"now": "litert", "tensorflow": "ready", "switching": False, "note": ""}
NO_FAULTS = {"slow": False, "flood": False, "no_bundle": False}
PIXEL = "/static/bot.svg"
TRACE = {
    "update_id": 7,
    "message_id": 1,
    "what": "photo",
    "stages": [],
    "total": None,
    "state": "delivering",
    "attempts": 1,
    "note": "",
    "engine": None,
    "model": None,
    "is_readable": True,
    "photos": [{"message_id": 1, "faces": []}],
}
STAGES = [{"name": "queue", "milliseconds": 20.4}, {"name": "webhook", "milliseconds": 4.2}]
FACES = [
    {"number": 1, "candidates": ["happy"], "scores": {"happy": 0.93, "sad": 0.02, "neutral": 0.05}},
    {"number": 2, "candidates": ["sad", "neutral"], "scores": {"happy": 0.1, "sad": 0.5, "neutral": 0.4}},
    {"number": 3, "candidates": [], "scores": {"happy": 0.045, "sad": 0.31, "neutral": 0.645}},
]


def panel(page: Page):
    return page.get_by_role("complementary", name="Behind the scenes")


@pytest.fixture
def staged(visit, tell) -> Page:
    page = visit(staged=True)
    tell(page, {"state": {"engine": ENGINE, "faults": NO_FAULTS}})
    return page


def test_a_photo_is_followed_from_the_webhook_to_its_faces(visit):
    page = visit()
    expect(panel(page)).to_contain_text("Send a photo or a command.")

    send_sample(page, "two people")

    expect(panel(page).get_by_text("answered", exact=True)).to_be_visible()
    for stage in ("webhook", "in the queue", "find and look at faces", "send the answer"):
        expect(panel(page).get_by_text(stage, exact=True)).to_be_visible()
    crops = panel(page).get_by_role("img", name=re.compile("48 by 48"))
    expect(crops).to_have_count(2)
    expect(crops.first).to_have_js_property("naturalWidth", 48)
    expect(crops.first).to_have_css("image-rendering", "pixelated")
    expect(panel(page).locator(".scores b")).to_have_count(6)
    expect(panel(page)).to_contain_text("LiteRT · ")
    # The answer itself says how long it took, and leads here.
    took = page.locator(".message:not(.mine) .inspect")
    expect(took).to_have_text(re.compile(r"\d ms"))

    say(page, "hello")
    expect(panel(page).get_by_text("nothing was queued")).to_be_visible()
    expect(crops).to_have_count(0)
    took.first.click()
    expect(crops).to_have_count(2)


def test_stages_appear_as_they_happen_with_retries_and_their_notes(staged, tell):
    page = staged
    tell(page, message(1, is_bot=False, text="…"))
    tell(page, {"trace": TRACE})
    expect(panel(page)).to_contain_text("being delivered")
    expect(page.locator(".message.mine .ticks")).to_have_accessible_name(re.compile("^Sent"))

    tell(page, {"trace": TRACE | {"stages": STAGES, "state": "queued", "attempts": 2, "note": "429, in 3 s"}})
    expect(panel(page)).to_contain_text("in the queue")
    expect(panel(page)).to_contain_text("Attempt 2")
    expect(panel(page).locator(".note")).to_have_text("429, in 3 s")
    expect(panel(page).locator(".waterfall li")).to_have_text([re.compile("webhook.*4.2"), re.compile("20")])
    expect(page.locator(".message.mine .ticks")).to_have_accessible_name(re.compile("^Received"))

    tell(page, {"trace": TRACE | {"stages": STAGES, "state": "failed", "note": "set aside"}})
    expect(panel(page)).to_contain_text("failed")
    expect(page.locator(".message.mine .ticks")).to_have_accessible_name(re.compile("^Not answered"))


def test_faces_are_told_with_their_scores_in_the_colours_of_the_answer(staged, tell):
    page = staged
    faces = [face | {"size": [40, 50], "crop": PIXEL} for face in FACES]
    done = {"state": "done", "stages": STAGES, "total": 120, "engine": "tensorflow", "model": "2026"}
    tell(page, {"trace": TRACE | done | {"photos": [{"message_id": 1, "faces": faces}]}})

    found = panel(page).locator(".face")
    expect(found).to_have_text(
        [
            re.compile("Face 1 looks happy.*93%.*2%.*5%.*40 × 50 px"),
            re.compile("hard to tell: sad or neutral"),
            re.compile("too small to tell.*5%.*31%.*64%"),  # 100 in all
        ]
    )
    for emotion, colour in COLOURS.items():
        bar = found.first.locator(f".{emotion} i")
        expect(bar).to_have_css("background-color", f"rgb({', '.join(map(str, colour))})")
    widths = found.first.locator(".scores i").evaluate_all("bars => bars.map(bar => bar.clientWidth)")
    assert widths[0] > 10 * widths[2] > 10 * widths[1] > 0
    expect(panel(page)).to_contain_text("TensorFlow · 2026")

    tell(page, {"trace": TRACE | done | {"is_readable": False}})
    expect(page.locator(".faces")).to_have_count(0)


def test_an_answer_of_the_recognizers_has_been_there_even_if_nothing_was_recognised(staged, tell):
    page = staged
    tell(page, {"trace": TRACE | {"what": "command", "stages": STAGES, "state": "done", "photos": []}})

    expect(panel(page).locator(".way .done")).to_have_count(4)


def test_an_album_waits_for_the_rest_and_a_new_message_is_shown_from_its_top(staged, tell):
    page = staged
    body = panel(page).get_by_role("region", name="Behind the scenes", exact=True)
    tell(page, {"trace": TRACE | {"state": "done"}})
    panel(page).get_by_role("switch", name="The model is missing").scroll_into_view_if_needed()
    assert body.evaluate("body => body.scrollTop") > 0

    waiting = {"update_id": 8, "what": "album", "state": "queued", "stages": STAGES[1:]}
    tell(page, {"trace": TRACE | waiting})

    expect(panel(page)).to_contain_text("wait for the others")
    expect(body).to_have_js_property("scrollTop", 0)


def test_an_answer_belongs_to_its_question_even_if_a_photo_is_asked_about_twice(staged, tell):
    page = staged
    asked = {"message_id": 1, "from": {"is_bot": False}, "date": 1_800_000_000, "text": "a photo"}
    for question, total in ((1, 111), (3, 333)):
        tell(page, message(question, is_bot=False, text="?"))
        tell(page, message(question + 1, is_bot=True, text="!", reply_to_message=asked))
        tell(
            page,
            {
                "trace": TRACE
                | {"update_id": question, "message_id": question, "state": "done", "total": total}
            },
        )

    expect(page.locator(".message .inspect")).to_have_text(["111 ms", "333 ms"])


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ({"tensorflow": "missing"}, "is not installed here"),
        ({"tensorflow": "failed", "note": "No space left."}, "No space left."),
    ],
)
def test_a_missing_engine_is_offered_for_installation(staged, tell, engine, told):
    page = staged
    tell(page, {"state": {"engine": ENGINE | engine, "faults": NO_FAULTS}})
    expect(panel(page)).to_contain_text(told)
    expect(panel(page).get_by_role("radio", name="LiteRT")).to_be_checked()
    expect(panel(page).get_by_role("radio", name="TensorFlow")).to_be_disabled()
    asked = []
    page.route(
        "**/engine", lambda route: (asked.append(route.request.post_data_json), route.fulfill(status=204))
    )

    panel(page).get_by_role("button", name=re.compile("Install TensorFlow|Try again")).click()
    tell(
        page,
        {"state": {"engine": ENGINE | {"tensorflow": "installing", "note": "212 MB"}, "faults": NO_FAULTS}},
    )

    expect(panel(page).get_by_role("progressbar", name="Installing TensorFlow…")).to_be_visible()
    expect(panel(page)).to_contain_text("212 MB")
    assert asked == [{"engine": "tensorflow", "install": True}]


def test_the_engine_is_switched(staged, tell):
    page = staged
    asked = []
    page.route(
        "**/engine", lambda route: (asked.append(route.request.post_data_json), route.fulfill(status=204))
    )

    panel(page).get_by_role("radio", name="TensorFlow").check()
    tell(page, {"state": {"engine": ENGINE | {"switching": True}, "faults": NO_FAULTS}})
    expect(panel(page).get_by_role("progressbar")).to_be_visible()
    expect(panel(page).get_by_role("radio", name="LiteRT")).to_be_disabled()
    tell(page, {"state": {"engine": ENGINE | {"now": "tensorflow"}, "faults": NO_FAULTS}})

    expect(panel(page).get_by_role("radio", name="TensorFlow")).to_be_checked()
    assert asked == [{"engine": "tensorflow", "install": False}]


def test_faults_are_switched_on_and_seen(visit):
    page = visit()
    panel(page).get_by_role("switch", name="Telegram says 429").check()
    expect(page.get_by_role("button", name="Behind the scenes")).to_have_attribute("title", re.compile("429"))
    answer = send_sample(page, "rocket")

    expect(panel(page).locator(".note")).to_contain_text("comes back in")
    panel(page).get_by_role("switch", name="Telegram says 429").uncheck()
    expect(answer).to_be_visible()
    expect(page.get_by_role("button", name="Behind the scenes")).not_to_have_attribute(
        "title", re.compile("429")
    )


def test_what_the_playground_refuses_is_said(staged, complaints):
    page = staged
    page.route("**/faults", lambda route: route.fulfill(status=409, json={"error": "Not now."}))

    panel(page).get_by_role("switch", name="Telegram is slow").click()

    expect(page.get_by_text("Not now.")).to_be_visible()
    expect(panel(page).get_by_role("switch", name="Telegram is slow")).not_to_be_checked()
    assert any("409" in complaint for complaint in complaints)
    complaints.clear()
