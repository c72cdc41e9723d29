from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.training import csvs
from training.data import BALLOT, CLASSES, SPLITS, NotFer2013, read, training_rows


def test_the_splits_are_read_in_file_order(tmp_path):
    splits = read(csvs.write(tmp_path / "fer2013.csv", csvs.rows()))
    assert {split: len(faces) for split, faces in splits.items()} == csvs.COUNTS
    faces = splits["PublicTest"]
    assert faces.crops.shape == (28, 48, 48)
    assert faces.crops.dtype == np.uint8
    expected = np.random.default_rng(1003).integers(0, 256, 48 * 48).reshape(48, 48)
    assert (faces.crops[3] == expected).all()
    assert [CLASSES[label] for label in faces.labels[:7]] == [
        "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral",
    ]  # fmt: skip


def test_only_happy_sad_and_neutral_are_released(tmp_path):
    splits = read(csvs.write(tmp_path / "fer2013.csv", csvs.rows()))
    assert set(splits["PrivateTest"].released.labels) == {0, 1, 2}
    assert len(splits["PrivateTest"].released) == 12


def test_the_other_edition_of_the_file_is_read_too(tmp_path):
    rows = (line.split(",") for line in csvs.rows())
    lines = [f"{emotion}, {usage}, {pixels}" for emotion, pixels, usage in rows]
    splits = read(csvs.write(tmp_path / "icml_face_data.csv", lines, header="emotion, Usage, pixels"))
    assert {split: len(faces) for split, faces in splits.items()} == csvs.COUNTS


def test_training_leaves_out_what_stands_in_a_test_split_and_what_is_constant(tmp_path):
    constant = f"3,{' '.join(['7'] * 2304)},Training"
    leaks = [csvs.row(4, 1001), csvs.row(4, 2002)]
    path = csvs.write(tmp_path / "fer2013.csv", [*csvs.rows(), constant, *leaks])
    assert len(read(path)["Training"]) == 143
    assert len(training_rows(read(path))) == 140


def test_nothing_left_to_train_on_is_told(tmp_path):
    rows = [row for row in csvs.rows() if not row.startswith("3,") or not row.endswith("Training")]
    path = csvs.write(tmp_path / "fer2013.csv", [*rows, csvs.row(3, 1003)])
    with pytest.raises(
        NotFer2013, match="every happy face of Training is constant or stands in a test split"
    ):
        training_rows(read(path))


GOOD = csvs.row()
PIXELS = GOOD.split(",")[1]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("7" + GOOD[1:], "has the emotion '7', not 0 to 6"),
        ("happy" + GOOD[1:], "has the emotion 'happy', not 0 to 6"),
        ("-1" + GOOD[1:], "has the emotion '-1', not 0 to 6"),
        ("9" * 9999 + GOOD[1:], "has the emotion '99999999999999999999', not 0 to 6"),
        (f"3,{PIXELS},Test", "has the Usage 'Test', not one of Training, PublicTest, PrivateTest"),
        (f"3,{PIXELS}", "has fewer fields than the header"),
        (f"3,{PIXELS},Training,more", "has more fields than the header"),
        (f"3,{PIXELS} 1,Training", "has 2305 pixels, not 2304"),
        (f"3,{PIXELS.partition(' ')[2]},Training", "has 2303 pixels, not 2304"),
        ("3,,Training", "has 0 pixels, not 2304"),
        (f"3,{PIXELS.partition(' ')[2]} 256,Training", "has a pixel outside 0 to 255"),
        (f"3,{PIXELS.partition(' ')[2]} -1,Training", "has a pixel outside 0 to 255"),
        (f"3,{PIXELS.partition(' ')[2]} 99999999999999999999,Training", "has a pixel outside 0 to 255"),
        (f"3,{PIXELS.partition(' ')[2]} 1.5,Training", "has a pixel that is not a whole number"),
        (f"3,{PIXELS.partition(' ')[2]} x,Training", "has a pixel that is not a whole number"),
        (f'3,"{"1 " * 100_000}",Training', "field larger than field limit"),
    ],
)
def test_a_bad_row_is_told_with_its_number(tmp_path, bad, reason):
    path = csvs.write(tmp_path / "fer2013.csv", [GOOD, GOOD, bad, GOOD])
    with pytest.raises(NotFer2013, match=rf"fer2013.csv: row 4:? {reason}"):
        read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "row 1 has no column emotion, pixels, Usage; expected emotion,pixels,Usage"),
        (b"emotion,pixels\n", "row 1 has no column Usage"),
        (b"\x89PNG\r\n\x1a\n\x00", "not plain ASCII text"),
        (b"emotion,pixels,Usage\n\xff\xfe\n", "not plain ASCII text"),
        (csvs.HEADER.encode(), "not enough rows: no happy face with Usage Training"),
        (f"{csvs.HEADER}\n{GOOD}\n".encode(), "not enough rows: no sad face with Usage Training"),
    ],
)
def test_a_file_that_is_not_fer_2013_is_told(tmp_path, content, reason):
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    with pytest.raises(NotFer2013, match=reason):
        read(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(NotFer2013, match=r"none.csv cannot be read: No such file or directory"):
        read(tmp_path / "none.csv")
    with pytest.raises(NotFer2013, match="cannot be read: Is a directory"):
        read(tmp_path)


@given(fields=st.lists(st.text(st.characters(codec="ascii"), max_size=12), max_size=4))
def test_whatever_a_row_holds_only_its_number_and_the_reason_come_out(fields, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "fer2013.csv"
    with path.open("w", newline="", encoding="ascii") as file:
        csv.writer(file).writerows([csvs.HEADER.split(","), GOOD.split(","), fields])
    with pytest.raises(NotFer2013, match=r"row \d+|not enough rows"):
        read(path)


@pytest.fixture(scope="module")
def rest() -> list[str]:
    """What a file needs besides, to be complete."""
    return [row for row in csvs.rows() if row[0] in "346"]


@settings(max_examples=10)
@given(pixels=st.binary(min_size=2304, max_size=2304))
def test_every_pixel_arrives(pixels, rest, tmp_path_factory):
    first = f"3,{' '.join(map(str, pixels))},PublicTest"
    path = csvs.write(tmp_path_factory.mktemp("csv") / "fer2013.csv", [first, *rest])
    assert read(path)["PublicTest"].crops[0].tobytes() == pixels


def test_rows_are_counted_as_an_editor_counts_lines(tmp_path):
    file = tmp_path / "fer2013.csv"
    file.write_text("emotion,pixels,Usage\n\n\n9,1 2,Training\n")
    with pytest.raises(NotFer2013, match="row 4"):
        read(file)


def test_votes_follow_the_rows_of_the_contest(tmp_path):
    file = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    count = len(csvs.rows())
    votes = tmp_path / "votes.csv"
    lines = [f"{number % 11},{10 - number % 11}" + ",0" * 8 for number in range(count)]
    votes.write_text("\n".join([",".join(BALLOT), *lines]) + "\n")
    splits = read(file, votes)
    neutral = np.concatenate([splits[split].votes[:, 0] for split in SPLITS])
    assert neutral.tolist() == [
        number % 11 for number in range(count)
    ]  # the small CSV's splits come in order
    assert (splits["Training"].votes.sum(axis=1) == 10).all()
    assert not read(file)["Training"].votes.any()


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        (BALLOT[:-1], "1" + ",0" * 8, "row 1 has no column NF"),
        (BALLOT, "x" + ",0" * 9, "row 2 has a count of votes that is not 0 to 10"),
        (BALLOT, "-1" + ",0" * 9, "row 2 has a count of votes that is not 0 to 10"),
        (BALLOT, "9" * 30 + ",0" * 9, "row 2 has a count of votes that is not 0 to 10"),
        (BALLOT, "1,2", "row 2 has a count of votes that is not 0 to 10"),
        (BALLOT, "1" + ",0" * 9, "has 1 rows for 196 faces; it is the file of other data"),
        (BALLOT, "é" + ",0" * 9, "is no CSV"),
    ],
)
def test_a_file_that_is_not_fer_plus_is_told(tmp_path, header, row, reason):
    file = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    votes = tmp_path / "votes.csv"
    votes.write_text(",".join(header) + f"\n{row}\n", encoding="utf-8")
    with pytest.raises(NotFer2013, match=f"votes.csv:? {reason}"):
        read(file, votes)
    with pytest.raises(NotFer2013, match=r"nowhere.csv cannot be read: No such file"):
        read(file, tmp_path / "nowhere.csv")
