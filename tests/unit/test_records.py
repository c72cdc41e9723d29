"""What is remembered of albums, languages and floods: every order in which things can come."""

from __future__ import annotations

import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from emotion_bot import records
from emotion_bot.jobs import AlbumItem, AlbumJob, Origin
from emotion_bot.records import (
    GROUP_JOBS_A_MINUTE,
    JOBS_A_MINUTE,
    PACE_KEPT,
    AlbumGone,
    Albums,
    Languages,
    Pace,
)

TABLE = "records"
HOUR = 3600


@pytest.fixture(scope="module")
def client():
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-central-1")


@pytest.fixture
def dynamodb(client):
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield client
    client.delete_table(TableName=TABLE)


@pytest.fixture
def albums(dynamodb):
    return Albums(dynamodb, TABLE)


@pytest.fixture
def languages(dynamodb):
    return Languages(dynamodb, TABLE)


def kept(dynamodb):
    return dynamodb.scan(TableName=TABLE)["Items"]


def job(message_id, **changes):
    """The job that the update of a message would queue."""
    ids = {"update_id": 100 + message_id, "chat_id": 5, "message_id": message_id, "album_id": "A"}
    return AlbumJob(language="en", **(ids | changes))


def photo(message_id):
    return AlbumItem(message_id=message_id, file_id=f"file-{message_id}")


def join(albums, message_id):
    return albums.join(job(message_id), photo(message_id))


def test_the_first_item_opens_the_album_and_the_others_join(albums):
    assert [join(albums, number) for number in (2, 1, 3)] == ["first", "joined", "joined"]
    assert albums.take(job(2)) == (photo(1), photo(2), photo(3))


def test_an_item_that_is_not_looked_at_is_in_the_album_too(albums):
    video = AlbumItem(message_id=2, refusal="unsupported")
    join(albums, 1)
    assert albums.join(job(2), video) == "joined"
    assert albums.take(job(1)) == (photo(1), video)


def test_albums_of_one_id_in_two_chats_are_two(albums):
    join(albums, 1)
    assert albums.join(job(2, chat_id=-7), photo(2)) == "first"
    assert albums.take(job(1)) == (photo(1),)


def test_as_long_as_the_job_may_not_be_queued_the_opener_is_told_to_queue_it(albums):
    assert [join(albums, number) for number in (1, 2, 1, 1)] == ["first", "joined", "first", "first"]
    assert albums.take(job(1)) == (photo(1), photo(2))


def test_an_update_that_comes_twice_is_in_once(albums):
    assert [join(albums, number) for number in (1, 2, 2)] == ["first", "joined", "joined"]
    assert albums.take(job(1)) == (photo(1), photo(2))


def test_an_item_that_comes_after_the_album_was_taken_is_late_each_time(albums):
    join(albums, 1)
    albums.take(job(1))
    assert [join(albums, 2), join(albums, 2)] == ["late", "late"]
    assert albums.take(job(1)) == (photo(1),)


@pytest.mark.parametrize("message_id", [1, 2])
def test_what_is_in_a_closed_album_is_not_answered_again(albums, message_id):
    join(albums, 1)
    join(albums, 2)
    albums.take(job(1))
    assert join(albums, message_id) == "joined"
    albums.forget(job(1))
    assert join(albums, message_id) == "joined"
    assert join(albums, 3) == "late"


def test_an_attempt_that_crashed_is_followed_by_one_with_the_same_items(albums):
    join(albums, 1)
    assert albums.take(job(1)) == albums.take(job(1)) == (photo(1),)


def test_after_the_answer_no_file_is_kept_and_nothing_is_left_to_answer(albums, dynamodb):
    join(albums, 1)
    albums.take(job(1))
    albums.forget(job(1))
    assert "file" not in str(kept(dynamodb))
    assert albums.take(job(1)) == ()


def test_an_album_without_a_record_is_told_from_one_that_is_answered(albums, dynamodb):
    with pytest.raises(AlbumGone):
        albums.take(job(1))
    albums.forget(job(1))
    assert kept(dynamodb) == []  # a record made now would have no end


def test_an_album_is_kept_for_longer_than_telegram_repeats_its_updates(albums, dynamodb, monkeypatch):
    now = time.time()
    join(albums, 1)
    monkeypatch.setattr(records, "time", lambda: now + 10 * HOUR)
    join(albums, 2)
    albums.take(job(1))
    albums.forget(job(1))
    (record,) = kept(dynamodb)
    assert 24 * HOUR < int(record["expiration"]["N"]) - now < 26 * HOUR


def test_what_else_goes_wrong_is_left_to_the_caller(client):
    albums = Albums(client, "no-such-table")
    for call in (lambda: join(albums, 1), lambda: albums.take(job(1)), lambda: albums.forget(job(1))):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            call()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.integers(1, 4), st.sampled_from(["take", "forget"])), max_size=14))
def test_whatever_the_order_each_item_has_one_way_to_its_answer(albums, dynamodb, steps):
    """Against a plain model: taken together, or late; never both, never neither.

    DynamoDB does one write to a record after the other, so what comes at once comes in one of these orders.
    """
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "album#5#A"}})
    opener, inside, is_closed, is_forgotten = None, set(), False, False
    for step in steps:
        if step == "take":
            if opener is None:
                with pytest.raises(AlbumGone):
                    albums.take(job(1))
                continue
            is_closed = True
            expected = () if is_forgotten else tuple(map(photo, sorted(inside)))
            assert albums.take(job(opener)) == expected
        elif step == "forget":
            albums.forget(job(opener or 1))
            is_closed = is_forgotten = opener is not None
        else:
            if is_closed:
                expected = "joined" if step in inside else "late"
            else:
                opener = opener or step
                inside.add(step)
                expected = "first" if step == opener else "joined"
            assert join(albums, step) == expected


def test_a_chat_speaks_the_language_that_it_chose(languages, dynamodb):
    assert languages.chosen(5) is None
    languages.choose(5, "de")
    assert languages.chosen(5) == "de"
    assert Languages(dynamodb, TABLE).chosen(5) == "de"
    languages.choose(5, "uk")
    assert (languages.chosen(5), languages.chosen(-5)) == ("uk", None)


def test_what_is_forgotten_leaves_no_trace(languages, dynamodb):
    languages.choose(5, "de")
    languages.forget(5)
    languages.forget(5)
    assert languages.chosen(5) is None
    assert kept(dynamodb) == []


def test_a_language_is_kept_for_a_year_after_it_was_last_chosen(languages, dynamodb):
    languages.choose(-5, "es")
    (record,) = kept(dynamodb)
    assert record["id"] == {"S": "language#-5"}
    assert 364 < (int(record["expiration"]["N"]) - time.time()) / (24 * HOUR) < 366


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_the_table_is_asked_once_a_minute_for_each_chat(languages, dynamodb, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(records, "monotonic", clock)
    another = Languages(dynamodb, TABLE)
    assert another.chosen(5) is None
    languages.choose(5, "de")
    clock.now += 59
    assert another.chosen(5) is None
    clock.now += 2
    assert another.chosen(5) == "de"
    languages.forget(5)
    assert another.chosen(5) == "de"


def test_what_an_environment_knows_has_an_end(languages, monkeypatch):
    monkeypatch.setattr(records, "_CHATS", 3)
    for chat_id in range(1, 8):
        languages.choose(chat_id, "pt")
    assert len(languages._known) <= 3
    assert [languages.chosen(chat_id) for chat_id in range(1, 8)] == ["pt"] * 7


def test_a_table_that_cannot_be_read_is_no_answer_that_is_kept(client):
    languages = Languages(client, "no-such-table")
    for _ in range(2):
        with pytest.raises(ClientError):
            languages.chosen(5)


@pytest.fixture
def pace(dynamodb):
    return Pace(dynamodb, TABLE)


def admit(pace, update_id, chat_id=5, sent=600):
    origin = Origin(update_id=update_id, chat_id=chat_id, message_id=1, language="en")
    return pace.admit(origin, sent)


def flood(pace, chat_id=5, sent=600):
    """Fill a chat's minute."""
    limit = JOBS_A_MINUTE if chat_id > 0 else GROUP_JOBS_A_MINUTE
    return [admit(pace, update_id, chat_id, sent) for update_id in range(limit)]


@pytest.mark.parametrize("chat_id", [5, -5])
def test_a_chat_may_ask_for_so_much_in_a_minute_and_is_told_once(pace, chat_id):
    assert set(flood(pace, chat_id)) == {"admitted"}
    after = [admit(pace, 100 + number, chat_id) for number in range(4)]
    assert after == ["told", "refused", "refused", "refused"]


def test_each_minute_is_counted_by_itself_and_so_is_each_chat(pace):
    flood(pace)
    assert [admit(pace, 100, sent=sent) for sent in (540, 599, 659, 660)] == [
        "admitted",
        "admitted",
        "told",
        "admitted",
    ]
    assert admit(pace, 101, chat_id=-5) == "admitted"


def test_an_update_that_comes_again_is_treated_as_before(pace):
    flood(pace)
    for _ in range(3):
        assert admit(pace, 7) == "admitted"
        assert admit(pace, 100) == "told"
        assert admit(pace, 101) == "refused"


def test_a_minute_is_known_for_a_few_minutes(pace, dynamodb, monkeypatch):
    now = time.time()
    flood(pace)
    monkeypatch.setattr(records, "time", lambda: now + 200)
    admit(pace, 100)
    (record,) = kept(dynamodb)
    assert record.keys() == {"id", "admitted", "told", "expiration"}
    assert record["id"] == {"S": "pace#5#10"}
    assert int(record["expiration"]["N"]) - now == pytest.approx(PACE_KEPT, abs=2)


def test_a_record_that_goes_meanwhile_is_not_made_anew_without_an_end(pace, dynamodb):
    """DynamoDB removes one that expires whenever it likes: here, between the two writes."""
    flood(pace)
    write = dynamodb.update_item

    class Forgetful:
        exceptions = dynamodb.exceptions

        def update_item(self, **parameters):
            if "told = " in parameters["UpdateExpression"]:
                dynamodb.delete_item(TableName=TABLE, Key=parameters["Key"])
            return write(**parameters)

    assert admit(Pace(Forgetful(), TABLE), 100) == "told"
    (record,) = kept(dynamodb)
    assert int(record["expiration"]["N"]) > time.time()


def test_a_pace_that_cannot_be_known_is_left_to_the_caller(client):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        admit(Pace(client, "no-such-table"), 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.sampled_from([5, -5]), st.sampled_from([0, 59, 60])), max_size=20
    )
)
def test_whatever_the_order_a_chats_minute_takes_so_many_and_tells_of_one(dynamodb, monkeypatch, steps):
    """Against a plain model, with a limit of three."""
    monkeypatch.setattr(records, "JOBS_A_MINUTE", 3)
    monkeypatch.setattr(records, "GROUP_JOBS_A_MINUTE", 3)
    for record in kept(dynamodb):
        dynamodb.delete_item(TableName=TABLE, Key={"id": record["id"]})
    admitted, told = {}, {}
    for update_id, chat_id, sent in steps:
        minute = chat_id, sent // 60
        inside = admitted.setdefault(minute, set())
        if update_id in inside or len(inside) < 3:
            inside.add(update_id)
            expected = "admitted"
        else:
            expected = "told" if told.setdefault(minute, update_id) == update_id else "refused"
        assert admit(Pace(dynamodb, TABLE), update_id, chat_id, sent) == expected


def test_the_page_about_the_conversation_knows_the_limit():
    page = (Path(__file__).parents[2] / "docs" / "conversation.md").read_text()
    assert f"| the {JOBS_A_MINUTE + 1}st photo of a minute |" in page
    assert f"| {JOBS_A_MINUTE} × 40 ms =" in page
