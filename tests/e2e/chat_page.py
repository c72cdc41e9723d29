"""The chat page's parts, as the tests name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def answers(page: Page) -> Locator:
    return page.locator(".message:not(.mine)")


def sent(page: Page) -> Locator:
    return page.locator(".message.mine")


def write(page: Page) -> Locator:
    return page.get_by_role("textbox")


def say(page: Page, words: str) -> Locator:
    """Send a text: the answer to it."""
    before = answers(page).count()
    write(page).fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    return answers(page).nth(before)


def send_sample(page: Page, name: str) -> Locator:
    """Click a sample photo: the answer to it."""
    before = answers(page).count()
    page.get_by_role("button", name=f"Send the sample: {name}", exact=True).click()
    return answers(page).nth(before)


def message(number: int, *, is_bot: bool, **content: Any) -> dict[str, Any]:
    """An event that the page may hear of: someone sent something."""
    sender = {"id": 1, "is_bot": is_bot, "first_name": "You"}
    return {"message": {"message_id": number, "from": sender, "date": 1_800_000_000, **content}}
