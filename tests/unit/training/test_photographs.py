"""Whole photographs, a folder per label: what is counted, what is left out, and what a person is told."""

import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest

from emotion_bot.vision import Face, Recognition, UnreadablePhoto, decode
from training.photographs import Mistake, Unreadable, evaluate_folder, table
from training.runs import TrainingError


def face(emotion, score=0.8, side=20, hard_to_tell=False):
    scores = {"happy": 0.0, "sad": 0.0, "neutral": 1 - score} | {emotion: score}
    return Face((0, 0, side, side), ((0.0, 0.0),) * 5, 0.99, scores, hard_to_tell)


class ToldRecognizer:
    """Finds the faces that are noted for a file's content."""

    def __init__(self, **faces):
        self.faces = faces

    def recognize(self, photo):
        if photo not in map(str.encode, self.faces):
            raise UnreadablePhoto
        return Recognition(np.zeros((9, 9, 3), np.uint8), tuple(self.faces[photo.decode()]))


RECOGNIZER = ToldRecognizer(
    smile=[face("happy", 0.9)],
    tears=[face("sad", 0.7)],
    blank=[face("neutral", 0.6)],
    unsure=[face("sad", 0.51, hard_to_tell=True)],
    crowd=[face("sad", side=20), face("happy", side=30), face("neutral", side=25)],
    wall=[],
)


@pytest.fixture
def folder(tmp_path):
    """Labelled photographs, each a file that holds the name by which the recognizer knows it."""

    def lay(**labelled):
        for label, contents in labelled.items():
            (tmp_path / label).mkdir()
            for number, content in enumerate(contents):
                (tmp_path / label / f"{number}.jpg").write_text(content)
        return tmp_path

    return lay


def test_photographs_are_counted_by_label_and_answer(folder):
    photographs = folder(happy=["smile", "smile", "blank"], sad=["tears", "wall"], neutral=["blank", "tears"])
    figures = evaluate_folder(photographs, RECOGNIZER)
    assert figures.photos == 7
    assert figures.accuracy == pytest.approx(4 / 7)
    assert figures.recall == pytest.approx({"happy": 2 / 3, "sad": 1 / 2, "neutral": 1 / 2})
    assert figures.missed == 1
    assert figures.confusion == [[2, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 0]]
    assert figures.mistakes == [
        Mistake("happy/2.jpg", "happy", "neutral", 0.6),
        Mistake("neutral/1.jpg", "neutral", "sad", 0.7),
        Mistake("sad/1.jpg", "sad", None, None),
    ]
    assert figures.unreadable == []
    assert json.loads(json.dumps(asdict(figures)))["confusion"] == figures.confusion


def test_the_largest_face_counts(folder):
    assert evaluate_folder(folder(happy=["crowd"]), RECOGNIZER).accuracy == 1


def test_a_label_without_photographs_has_no_recall(folder):
    figures = evaluate_folder(folder(happy=["smile"], sad=[]), RECOGNIZER)
    assert figures.recall == {"happy": 1, "sad": None, "neutral": None}
    assert "recall sad                       -" in table(figures)


def test_what_cannot_be_read_is_named_and_not_counted(folder, tmp_path):
    photographs = folder(happy=["smile", "noise"])
    (photographs / "happy" / "2.jpg").symlink_to(tmp_path / "gone.jpg")
    figures = evaluate_folder(photographs, RECOGNIZER)
    assert figures.photos == 1
    assert figures.unreadable == [Unreadable("happy/1.jpg", str(UnreadablePhoto()))]
    assert f"happy/1.jpg: {UnreadablePhoto()}" in table(figures)


def test_the_table_is_for_a_person(folder):
    figures = evaluate_folder(folder(happy=["smile", "unsure"], neutral=["wall"]), RECOGNIZER)
    assert table(figures).splitlines() == [
        "photographs                      3",
        "accuracy                     33.3%",
        "recall happy                 50.0%",
        "recall sad                       -",
        "recall neutral                0.0%",
        "no face found                    1",
        "not readable, left out           0",
        "",
        "Photographs, label by answer",
        "              happy      sad  neutral  no face",
        "happy             1        1        0        0",
        "sad               0        0        0        0",
        "neutral           0        0        0        1",
        "",
        "Mistakes",
        "  happy/1.jpg: happy, answered sad or neutral 51%",
        "  neutral/0.jpg: neutral, answered no face",
    ]


def test_hidden_files_are_passed_over_and_folders_within_are_not(folder):
    photographs = folder(happy=["smile"])
    (photographs / ".git").mkdir()
    (photographs / "happy" / ".DS_Store").write_text("noise")
    (photographs / "happy" / "2019").mkdir()
    (photographs / "happy" / "2019" / "a.jpg").write_text("blank")
    figures = evaluate_folder(photographs, RECOGNIZER)
    assert figures.photos == 2
    assert [mistake.file for mistake in figures.mistakes] == ["happy/2019/a.jpg"]
    assert figures.unreadable == []


def test_another_folder_is_refused(folder):
    with pytest.raises(
        TrainingError, match=r"angry is not named after a label of the bot, happy, sad, neutral;"
    ):
        evaluate_folder(folder(happy=["smile"], angry=["smile"]), RECOGNIZER)


@pytest.mark.parametrize("labelled", [{}, {"sad": []}, {"sad": ["noise"]}])
def test_no_photograph_is_an_error(folder, labelled):
    with pytest.raises(TrainingError, match="holds no photograph that can be read; put some into folders"):
        evaluate_folder(folder(**labelled), RECOGNIZER)


def test_a_folder_that_is_none_is_an_error(tmp_path):
    with pytest.raises(TrainingError, match="cannot be read: No such file"):
        evaluate_folder(tmp_path / "gone", RECOGNIZER)


class Decoder:
    """Finds a happy face on whatever picture the bot can decode."""

    def recognize(self, photo):
        return Recognition(decode(photo), (face("happy"),))


def test_every_format_that_the_bot_takes(tmp_path):
    (tmp_path / "happy").mkdir()
    picture = np.full((20, 20, 3), 90, np.uint8)
    for kind in ("jpg", "png", "webp", "gif"):
        (tmp_path / "happy" / f"photo.{kind}").write_bytes(cv2.imencode(f".{kind}", picture)[1].tobytes())
        (tmp_path / "happy" / f"{kind} by no name").write_bytes(
            cv2.imencode(f".{kind}", picture)[1].tobytes()
        )
    figures = evaluate_folder(tmp_path, Decoder())
    assert (figures.photos, figures.accuracy, figures.unreadable) == (8, 1, [])


def test_a_file_beyond_the_limit_is_left_out_unread(tmp_path):
    (tmp_path / "happy").mkdir()
    with (tmp_path / "happy" / "film.mp4").open("wb") as film:
        film.truncate(10 * 2**30)
    (tmp_path / "happy" / "photo.png").write_bytes(
        cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()
    )
    figures = evaluate_folder(tmp_path, Decoder())
    assert figures.photos == 1
    assert "over 20 MB" in figures.unreadable[0].reason
