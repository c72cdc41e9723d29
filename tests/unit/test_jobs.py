"""What passes between the two functions."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from emotion_bot.jobs import AboutJob, AlbumItem, AlbumJob, PhotoJob, read_job

ORIGIN = {"update_id": 1, "chat_id": 2, "message_id": 3, "language": "en"}
FILE = {"file_id": "AgAD", "file_unique_id": "AQAD"}


@pytest.mark.parametrize(
    "job",
    [
        PhotoJob(**ORIGIN, **FILE, file_size=4, thread_id=5),
        AlbumJob(**ORIGIN, album_id="13579"),
        AboutJob(**ORIGIN),
    ],
    ids=lambda job: job.kind,
)
def test_a_job_comes_out_as_it_went_in(job):
    assert read_job(job.model_dump_json()) == job


def test_a_job_that_was_queued_before_there_were_several_kinds_is_a_photo():
    assert read_job(json.dumps(ORIGIN | FILE | {"version": 1})) == PhotoJob(**ORIGIN, **FILE)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        '"photo"',
        json.dumps(ORIGIN),
        json.dumps(ORIGIN | FILE | {"version": 2}),
        json.dumps(ORIGIN | FILE | {"kind": "video"}),
        json.dumps(ORIGIN | FILE | {"kind": ["photo"]}),
        json.dumps(ORIGIN | FILE | {"first_name": "Ada"}),
        json.dumps(ORIGIN | FILE | {"file_id": "a b"}),
        json.dumps(ORIGIN | FILE | {"chat_id": 2**63}),
        json.dumps(ORIGIN | {"kind": "album", "album_id": ""}),
    ],
)
def test_what_is_no_job_of_this_version_is_refused(body):
    with pytest.raises(ValidationError):
        read_job(body)


def test_a_chat_with_one_person_has_a_positive_id():
    assert AboutJob(**ORIGIN).private
    assert not AboutJob(**(ORIGIN | {"chat_id": -100})).private


def test_an_album_s_item_is_written_the_same_each_time():
    """The records tell the same item by its words."""
    written = {AlbumItem(message_id=3, file_id="A").model_dump_json() for _ in range(3)}

    assert len(written) == 1
    assert AlbumItem.model_validate_json(written.pop()) == AlbumItem(message_id=3, file_id="A")
