"""The faults that a person at the page can switch on, and how things go on once they are off."""

from __future__ import annotations

import json

import boto3
import httpx
import pytest

from playground.aws import BUCKET, PREFIX
from playground.runtime.event_source import Watcher
from playground.telegram import trouble


@pytest.fixture
def switch(page):
    def post(**faults):
        return httpx.post(f"{page.url}/faults", json=faults, timeout=60)

    yield post
    post(slow=False, flood=False, no_bundle=False).raise_for_status()


@pytest.fixture
def send(page, photos):
    def post(name="rocket.jpg"):
        files = {"file": (photos / name).read_bytes()}
        httpx.post(f"{page.url}/file", files=files, timeout=60).raise_for_status()

    return post


def done(trace) -> bool:
    return trace["state"] in ("done", "failed")


def test_what_is_switched_on_is_told(switch, until):
    assert until("state")["faults"] == {"slow": False, "flood": False, "no_bundle": False}
    assert switch(slow=True).status_code == 204
    assert until("state")["faults"] == {"slow": True, "flood": False, "no_bundle": False}
    switch(flood=True)
    assert until("state")["faults"] == {"slow": True, "flood": True, "no_bundle": False}


def test_a_slow_telegram_is_waited_for(telegram, switch, send, until, monkeypatch):
    waits = []
    monkeypatch.setattr(telegram.clock, "wait", lambda seconds, _stop: waits.append(seconds))
    switch(slow=True)
    send()
    working = until("trace", lambda trace: trace["note"])
    trace = until("trace", done)

    assert working["note"] == "Telegram is slow: each call takes 3 s longer"
    assert trace["state"] == "done"
    assert set(waits) == {trouble.SLOW_SECONDS}
    assert len(waits) >= 3  # the chat action, the file, the answer


def test_a_slow_telegram_that_recovers_lets_calls_go_at_once(telegram, switch, send, until, monkeypatch):
    def recover(_seconds, stop):
        switch(slow=False)
        assert stop.is_set()

    monkeypatch.setattr(telegram.clock, "wait", recover)
    switch(slow=True)
    send()

    assert until("trace", done)["state"] == "done"
    assert not until("state")["faults"]["slow"]


def test_a_flood_is_sat_out(switch, send, until, monkeypatch):
    monkeypatch.setattr(trouble, "RETRY_AFTER", 1)
    switch(flood=True)
    send()
    trace = until("trace", done)
    (sending,) = (stage["milliseconds"] for stage in trace["stages"] if stage["name"] == "send")

    assert (trace["state"], trace["attempts"]) == ("done", 1)
    assert sending >= 1000 * trouble.REFUSALS


@pytest.mark.usefixtures("impatient")
def test_a_flood_that_lasts_longer_is_left_to_the_queue(switch, send, until, monkeypatch):
    monkeypatch.setattr(trouble, "RETRY_AFTER", 11)
    monkeypatch.setattr(trouble, "REFUSALS", 1)
    switch(flood=True)
    send()
    waiting = until("trace", lambda trace: "comes back" in trace["note"])

    assert "flood" in waiting["note"].lower()
    assert waiting["note"].endswith("comes back in 12 s")
    trace = until("trace", done)
    assert (trace["state"], trace["attempts"]) == ("done", 2)


def test_an_answer_in_the_webhooks_response_is_lost_in_a_flood(page, switch, until):
    switch(flood=True)
    httpx.post(f"{page.url}/text", json={"text": "/help"}).raise_for_status()
    trace = until("trace", done)

    assert trace["state"] == "failed"
    assert trace["note"].startswith("Too Many Requests: retry after 6. The answer is lost")


def test_without_a_bundle_the_job_stays_in_the_queue_until_it_is_back(bot, switch, send, until):
    s3 = boto3.client("s3")
    current = {"Bucket": BUCKET, "Key": f"{PREFIX}/current.json"}
    before = s3.get_object(**current)["Body"].read()

    class PutsItBack(Watcher):
        def given_back(self, message):
            switch(no_bundle=False)
            boto3.client("sqs").change_message_visibility(
                QueueUrl=bot.aws.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    watcher, notes = PutsItBack(), []
    switch(no_bundle=True)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(**current)
    bot.jobs.watchers.append(watcher)
    send("obama.jpg")
    trace = until("trace", lambda trace: notes.append(trace["note"]) or done(trace))
    bot.jobs.watchers.remove(watcher)

    assert (trace["state"], trace["attempts"]) == ("done", 2)
    assert s3.get_object(**current)["Body"].read() == before
    assert json.loads(before)["version"] == trace["model"]


def test_all_faults_end_with_the_page(telegram, page):
    httpx.post(f"{page.url}/faults", json={"slow": True, "flood": True, "no_bundle": True}, timeout=60)
    page.close()

    assert not telegram.trouble.slow
    assert not telegram.trouble.flood
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key=f"{PREFIX}/current.json")
