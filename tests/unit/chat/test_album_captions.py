"""What is said about an album: a line for each item, within Telegram's limits."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import LANGUAGES, texts
from emotion_bot.jobs import Refusal
from tests.unit.chat.seen import FACES, HAPPY, SAD, TINY, UNSURE, plain, units

REFUSALS = get_args(Refusal)


def test_an_album_is_a_line_for_each_item_by_its_number():
    pictures = [[HAPPY], [HAPPY, UNSURE, TINY, HAPPY], [], [UNSURE], [TINY], *REFUSALS]
    assert plain(texts("en").album_caption(pictures)).splitlines() == [
        "How the faces look, photo by photo:",
        "1. looks happy 93%",
        "2. 4 faces: 2 happy, 2 unclear",
        "3. no face found",
        "4. hard to tell: neutral or sad",
        "5. too small to tell",
        "6. over 20 MB: please send it as a photo",
        "7. cannot be read: please send it as a photo",
        "8. too many pixels: please send it as a photo",
        "9. not a still picture: please send a photo or a screenshot",
        "10. did not reach me: please send it again",
    ]


def test_an_album_without_a_face_says_so_and_what_to_do():
    caption = texts("en").album_caption([[], "unsupported"])
    assert caption.startswith("I found no face in this album. Please try photos where")
    assert caption.endswith(
        "\n\n1. no face found\n2. not a still picture: please send a photo or a screenshot"
    )


def test_an_album_of_nothing_to_look_at_does_not_claim_that_there_was_no_face():
    assert texts("en").album_caption(["oversized", "unreadable"]).splitlines()[0] == (
        "I could not look at anything in this album:"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.lists(st.lists(FACES, max_size=5) | st.sampled_from(REFUSALS), min_size=1, max_size=10))
def test_any_album_caption_fits(language, pictures):
    caption = texts(language).album_caption(pictures)
    assert units(caption) <= Limit.CAPTION_CHARACTERS
    assert caption.splitlines()[-1].startswith(f"{len(pictures)}. ")
    assert "%(" not in caption


@pytest.mark.parametrize(("language", "refusal"), list(product(LANGUAGES, REFUSALS)))
def test_even_the_longest_album_caption_fits(language, refusal):
    crowd = [seen for seen in (HAPPY, SAD, UNSURE, TINY) for _ in range(300)]
    crowd += [SeenFace(("neutral",), HAPPY.scores, (9, 9))] * 300
    for longest in ([crowd] * 10, [[UNSURE]] * 10, [[UNSURE], *[refusal] * 9], [refusal] * 10, [[]] * 10):
        assert units(texts(language).album_caption(longest)) <= Limit.CAPTION_CHARACTERS
