"""Which boxes are the same face, and what is counted from that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.matching import MIN_IOU, Annotated, Tally, match, overlaps

BOX = (100, 100, 50, 60)
NEAR = (105, 100, 50, 60)
"""45 of 55 columns in common: 0.818."""
FAR = (400, 100, 50, 60)

lengths = st.integers(0, 40)
boxes = st.lists(st.tuples(lengths, lengths, lengths, lengths), max_size=6)


def tally(annotated, detections):
    counts = Tally()
    counts.add([face if isinstance(face, Annotated) else Annotated(face) for face in annotated], detections)
    return counts.figures()


def found(figures, band="40 px and more"):
    return figures["recall"][band]["found"], figures["recall"][band]["faces"]


def test_overlap_is_intersection_over_union():
    assert overlaps([BOX], [BOX, NEAR, FAR, (100, 100, 25, 60)])[0] == pytest.approx([1, 45 / 55, 0, 0.5])


def test_boxes_without_area_overlap_nothing():
    assert not overlaps([(3, 3, 0, 0)], [(3, 3, 0, 0), BOX]).any()


def test_the_best_overlap_is_paired_first():
    assert match([BOX], [NEAR, BOX]) == [(0, 1)]
    assert match([NEAR, BOX], [BOX]) == [(1, 0)]


def test_half_of_the_union_is_enough_and_less_is_not():
    assert match([BOX], [(100, 100, 25, 60)]) == [(0, 0)]
    assert match([BOX], [(100, 100, 24, 60)]) == []


@given(boxes, boxes)
def test_each_box_is_in_one_pair_at_most_and_no_pair_is_left_out(ones, others):
    pairs = match(ones, others)
    table = overlaps(ones, others)
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    assert all(table[pair] >= MIN_IOU for pair in pairs)
    for one, other in pairs:
        table[one], table[:, other] = 0, 0
    assert (table < MIN_IOU).all()


def test_a_face_is_found_once_and_a_second_box_on_it_is_false():
    figures = tally([BOX, FAR], [BOX, NEAR])
    assert found(figures) == (1, 2)
    assert figures["recall"]["40 px and more"]["share"] == 0.5
    assert figures["false_per_photo"] == 1


@pytest.mark.parametrize(("height", "large", "small"), [(40, 1, 0), (39, 0, 1), (20, 0, 1), (19, 0, 0)])
def test_faces_count_by_their_annotated_height(height, large, small):
    box = (0, 0, 30, height)
    figures = tally([box], [box])
    assert found(figures) == (large, large)
    assert found(figures, "20 to 40 px") == (small, small)
    assert figures["false_per_photo"] == 0, "a box on a face of any size is not false"


def test_a_face_that_is_not_valid_is_neither_missed_nor_wrongly_found():
    assert found(tally([Annotated(BOX, is_valid=False)], [])) == (0, 0)
    assert tally([Annotated(BOX, is_valid=False)], [BOX])["false_per_photo"] == 0


def test_false_ones_are_per_photo():
    counts = Tally()
    counts.add([], [BOX])
    counts.add([], [])
    assert counts.figures()["false_per_photo"] == 0.5
    assert Tally().figures()["false_per_photo"] is None
