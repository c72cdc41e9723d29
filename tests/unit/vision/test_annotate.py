"""The answer's picture: of a size that Telegram takes, with labels inside it and off the faces."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_bot.vision.annotate import (
    COLOURS,
    HARD_TO_TELL,
    MAX_SIDE,
    MIN_SIDE,
    QUALITY,
    TOO_SMALL,
    annotate,
)
from emotion_bot.vision.layout import clamp, overlap, place, squeeze

LABEL = "looks happy 93%"
UNSURE = "hard to tell: neutral or sad"


def drawn(photo, boxes=(), looks=None, labels=None):
    jpeg = annotate(photo, boxes, looks or ["happy"] * len(boxes), labels or [LABEL] * len(boxes))
    assert jpeg[:3] == b"\xff\xd8\xff"
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)


def share_of(picture, colour):
    return float((np.abs(picture.astype(int) - colour).max(axis=2) < 40).mean())


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (120, 90, (MIN_SIDE, 600)),
        (1000, 900, (1000, 900)),
        (3000, 4000, (1200, MAX_SIDE)),
        (1, 1, (MIN_SIDE, MIN_SIDE)),
    ],
)
def test_small_photos_grow_and_large_ones_shrink(height, width, expected):
    assert drawn(np.zeros((height, width, 3), np.uint8)).shape[:2] == expected


@given(st.integers(1, 2500), st.integers(1, 2500))
@settings(max_examples=15, deadline=None)
def test_telegram_takes_every_size(height, width):
    rows, columns = drawn(np.zeros((height, width, 3), np.uint8)).shape[:2]
    assert max(rows, columns) / min(rows, columns) <= 20
    assert MIN_SIDE <= max(rows, columns) <= MAX_SIDE


def test_the_narrowest_photo():
    noise = np.random.default_rng(0).integers(0, 256, (16_000, 1, 3), dtype=np.uint8)
    assert drawn(noise, [(0, 0, 1, 1)]).shape[1] >= MAX_SIDE / 20


def test_the_worst_photo_can_be_uploaded():
    noise = np.random.default_rng(0).integers(0, 256, (MAX_SIDE, MAX_SIDE, 3), dtype=np.uint8)
    assert len(annotate(noise, [], [], [])) < 10_000_000


def test_without_faces_the_photo_is_as_it_was():
    photo = np.full((900, 900, 3), (10, 200, 60), np.uint8)
    assert np.abs(drawn(photo).astype(int) - photo).max() < 4


@pytest.mark.parametrize("side", [1601, 2000, 2559, 3200, 4000])
def test_a_large_photo_shrinks_as_if_averaged(side):
    noise = np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    photo = cv2.resize(noise, (side, side * 3 // 4), interpolation=cv2.INTER_CUBIC)
    averages = cv2.resize(
        photo, (MAX_SIDE, round(side * 3 // 4 * MAX_SIDE / side)), interpolation=cv2.INTER_AREA
    )
    plain = cv2.imencode(".jpg", averages[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    expected = cv2.imdecode(plain, cv2.IMREAD_COLOR_RGB)
    assert np.abs(drawn(photo).astype(int) - expected).mean() < 2


def test_the_photo_itself_is_not_drawn_on():
    for side in (700, 900, 1600, 1700):
        photo = np.zeros((side, side, 3), np.uint8)
        drawn(photo, [(300, 300, 200, 260)])
        assert not photo.any()


@pytest.mark.parametrize("emotion", COLOURS)
def test_the_colour_tells_the_emotion(emotion):
    picture = drawn(np.full((900, 900, 3), 90, np.uint8), [(300, 300, 200, 260)], [emotion])
    shares = {name: share_of(picture, colour) for name, colour in COLOURS.items()}
    assert max(shares, key=shares.get) == emotion
    assert shares[emotion] > 0.01


def test_an_emotion_of_another_model_has_a_colour_too():
    assert drawn(np.zeros((900, 900, 3), np.uint8), [(300, 300, 200, 260)], ["surprised"]).any()


def test_what_is_hard_to_tell_has_a_dashed_box_of_its_own_colour():
    photo, box = np.full((900, 900, 3), 60, np.uint8), [(300, 300, 200, 260)]
    unsure, neutral = drawn(photo, box, [HARD_TO_TELL]), drawn(photo, box, ["neutral"])
    assert share_of(unsure, COLOURS["happy"]) < 0.001 > share_of(unsure, COLOURS["sad"])
    assert share_of(unsure, COLOURS["neutral"]) < 0.5 * share_of(neutral, COLOURS["neutral"])
    assert changes(unsure) > 6
    assert changes(neutral) == 0


def changes(picture):
    """How often white comes and goes along the left edge of a box that begins at x = 300."""
    edge = picture[330:530, 299:302].min(axis=2).max(axis=1)
    return np.count_nonzero(np.diff((edge > 170).astype(int)))


@pytest.mark.parametrize("grey", [3, 140, 252])
def test_what_is_too_small_has_a_dotted_box(grey):
    photo, box = np.full((900, 900, 3), grey, np.uint8), [(300, 300, 200, 260)]
    dotted, dashed = (drawn(photo, box, [look]) for look in (TOO_SMALL, HARD_TO_TELL))
    assert changes(dotted) > 2 * changes(dashed) > 0
    assert share_of(dotted, COLOURS["happy"]) < 0.001 > share_of(dotted, COLOURS["sad"])


def test_the_dotted_box_is_thinner_than_any_other():
    photo, box = np.full((900, 900, 3), 140, np.uint8), [(300, 300, 200, 260)]
    # From side to side of the left edge.
    widths = {
        look: (np.abs(drawn(photo, box, [look])[330:530, 280:320].astype(int) - 140).max(axis=2) > 50)
        .sum(axis=1)
        .max()
        for look in (TOO_SMALL, HARD_TO_TELL, *COLOURS)
    }
    assert min(widths, key=widths.get) == TOO_SMALL
    assert sorted(widths.values())[1] > widths[TOO_SMALL]


def chip(picture):
    """Width and height of what is drawn above the box, at y < 290."""
    rows, columns = np.nonzero(np.abs(picture[:290].astype(int) - 140).max(axis=2) > 40)
    return columns.max() - columns.min(), rows.max() - rows.min()


def test_what_follows_a_colon_stands_on_a_line_of_its_own():
    photo, box = np.full((900, 900, 3), 140, np.uint8), [(300, 300, 200, 260)]
    across, down = chip(drawn(photo, box))
    unsure_across, unsure_down = chip(drawn(photo, box, labels=[UNSURE]))
    one_line_across, _ = chip(drawn(photo, box, labels=[UNSURE.replace(":", "")]))
    assert 1.5 * down < unsure_down < 2.2 * down
    assert unsure_across < 1.1 * across
    assert unsure_across < 0.8 * one_line_across


def test_labels_differ_by_their_text():
    photo, box = np.zeros((900, 900, 3), np.uint8), [(300, 300, 200, 260)]
    english = drawn(photo, box)
    russian = drawn(photo, box, labels=["похоже, счастье, 93 %"])
    unknown = drawn(photo, box, labels=["??????, ???????, 93 %"])
    assert (english != russian).any()
    # Cyrillic letters are drawn as such, not as the question marks that stand for what a font lacks.
    assert (russian != unknown).any()


def test_several_faces_are_numbered():
    photo, boxes = np.zeros((900, 900, 3), np.uint8), [(100, 300, 100, 130), (600, 300, 100, 130)]
    one_by_one = np.maximum(drawn(photo, boxes[:1]), drawn(photo, boxes[1:]))
    assert (np.abs(drawn(photo, boxes).astype(int) - one_by_one).max(axis=2) > 100).sum() > 500


def test_a_crowd_gets_numbers_only():
    photo = np.full((1000, 1000, 3), 90, np.uint8)
    boxes = [(x, y, 60, 80) for y in range(0, 1000, 100) for x in range(0, 1000, 80)]
    assert (
        share_of(drawn(photo, boxes), COLOURS["happy"])
        < share_of(drawn(photo, boxes[:1]), COLOURS["happy"]) * 130
    )
    np.testing.assert_array_equal(
        drawn(photo, boxes), drawn(photo, boxes, labels=["another text"] * len(boxes))
    )


rects = st.tuples(st.integers(0, 1100), st.integers(0, 700), st.integers(5, 400), st.integers(5, 400))


@given(st.lists(rects, min_size=1, max_size=12), st.integers(40, 400), st.integers(10, 50))
@settings(max_examples=150, deadline=None)
def test_labels_lie_inside_off_all_faces_and_off_each_other(faces, across, down):
    canvas = (1200, 800)
    faces = [clamp(face, canvas) for face in faces]
    places = place(faces, [(across, down)] * len(faces), canvas, gap=4) or []
    for index, rect in enumerate(places):
        assert rect[2:] == (across, down)
        assert rect == clamp(rect, canvas)
        assert not any(overlap(rect, face) for face in faces)
        assert not any(overlap(rect, taken) for taken in places[:index])


@given(st.lists(rects, min_size=1, max_size=12), st.integers(10, 60))
@settings(max_examples=100, deadline=None)
def test_where_there_is_no_room_a_number_lies_on_a_corner_of_its_face(faces, side):
    canvas = (1200, 800)
    faces = [clamp(face, canvas) for face in faces]
    for face, rect in zip(faces, squeeze(faces, [(side, side)] * len(faces), canvas, gap=4), strict=True):
        assert rect == clamp(rect, canvas)
        near = (face[0] - side - 4, face[1] - side - 4, face[2] + 2 * side + 8, face[3] + 2 * side + 8)
        assert overlap(rect, near)


def test_who_has_the_better_place_makes_room():
    """The first fits above or below, the second above only: whoever is asked first, both fit."""
    faces = [(300, 100, 100, 100), (420, 40, 100, 400)]
    for order in (faces, faces[::-1]):
        assert place(order, [(110, 30)] * 2, (560, 480), gap=4) is not None


def test_numbers_of_faces_that_touch_do_not_hide_each_other():
    faces = [(x, y, 100, 100) for y in range(0, 400, 100) for x in range(0, 600, 100)]
    places = squeeze(faces, [(30, 20)] * len(faces), (600, 400), gap=3)
    assert not any(overlap(one, other) for index, one in enumerate(places) for other in places[:index])


def test_a_lone_face_has_its_label_above():
    assert place([(500, 300, 100, 130)], [(220, 30)], (1200, 800), gap=4) == [(500, 266, 220, 30)]


def test_at_the_top_the_label_goes_below():
    assert place([(500, 3, 100, 130)], [(220, 30)], (1200, 800), gap=4) == [(500, 137, 220, 30)]


def test_at_the_right_the_label_moves_in():
    assert place([(1150, 300, 50, 60)], [(220, 30)], (1200, 800), gap=4) == [(980, 266, 220, 30)]


def test_a_label_wider_than_the_photo_has_no_place():
    assert place([(10, 10, 20, 20)], [(220, 30)], (200, 800), gap=4) is None


@pytest.mark.parametrize("boxes", [[(0, 0, 800, 900)], [(0, 0, 398, 900), (402, 0, 398, 900)]])
def test_faces_that_fill_the_photo_have_their_labels_on_a_margin_below(boxes):
    picture = drawn(np.full((900, 800, 3), 140, np.uint8), boxes)
    rows, columns, _ = picture.shape
    assert columns == 800
    assert 920 < rows < 1000
    inside = picture[100:800, 60:340].astype(int)
    assert np.abs(inside - 140).max() < 12
    assert share_of(picture[905:], COLOURS["happy"]) > 0.15


def test_a_margin_does_not_make_a_picture_too_high_for_telegram():
    picture = drawn(np.full((1600, 82, 3), 140, np.uint8), [(0, 0, 82, 1600)], labels=["x"])
    assert picture.shape[0] <= 20 * picture.shape[1]


@given(st.lists(rects, max_size=6), st.integers(50, 1300), st.integers(50, 900))
@settings(max_examples=25, deadline=None)
def test_any_boxes_can_be_drawn(boxes, width, height):
    photo = np.zeros((height, width, 3), np.uint8)
    looks = [("happy", "sad", "neutral", HARD_TO_TELL, TOO_SMALL)[index % 5] for index in range(len(boxes))]
    assert drawn(photo, boxes, looks).ndim == 3
