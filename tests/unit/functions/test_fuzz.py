"""Whatever comes to the webhook: it does not stumble, lets nobody in, and does not lose what it has taken.

`make fuzz EXAMPLES=…` looks at as many of each kind; the suite at some hundreds.
"""

from __future__ import annotations

import base64
import json
import os
from copy import deepcopy
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from emotion_bot.chat.constants import SECRET_HEADER, Limit
from emotion_bot.jobs import read_job
from functions.webhook import app
from playground.telegram import Telegram
from playground.telegram.methods import call
from playground.telegram.parameters import ApiError, Parameters
from tests.unit.fakes import SECRET, Context, FakeQueue

EVENTS = Path(__file__).parents[3] / "events"
EVENT = json.loads((EVENTS / "webhook-photo.json").read_text())
METHODS = {"sendMessage", "sendChatAction", "answerCallbackQuery"}

fuzz = settings(
    max_examples=int(os.getenv("FUZZ_EXAMPLES", "250")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def samples():
    """The updates of the sample events."""
    for file in sorted(EVENTS.glob("webhook-*.json")):
        sample = json.loads(file.read_text())
        body = base64.b64decode(sample["body"]) if sample["isBase64Encoded"] else sample["body"]
        if file.stem != "webhook-malformed":
            yield json.loads(body)


SAMPLES = list(samples())
# The first two are halves of one: each of them can be spelt in JSON, and neither in UTF-8.
ODD_CHARACTERS = "\ud83d\ude00\0\n\u202e\u0301/@:1"
TEXTS = st.sampled_from(["", *ODD_CHARACTERS, "-1", "x" * 300]) | st.text(max_size=12)
NUMBERS = st.integers() | st.integers(-2, 70) | st.sampled_from([2**31, 2**53, 2**63 - 1, 2**63, 10**400])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS
WORDS = st.sampled_from(
    sorted({key for sample in SAMPLES for key in str(sample).split("'") if key.isidentifier()})
)
JSON = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | TEXTS, inner, max_size=3),
    max_leaves=6,
)

SELDOM = st.integers(0, 19).map(lambda number: number == 13)
KINDS = {bool: st.booleans(), int: NUMBERS, str: TEXTS | WORDS}


def places(tree, path=()):
    """The way to each node of a tree of JSON."""
    yield path
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, branch in branches:
        yield from places(branch, (*path, key))


def node(tree, path):
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def mutations(draw):
    """A real update of which some parts are missing, doubled, of another place, or something else."""
    update = deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 4))):
        paths = list(places(update))[1:]
        deep = [path for path in paths if len(path) > 1]
        paths = deep if draw(st.integers(0, 9)) and deep else paths
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        parent = node(update, way)
        match draw(st.sampled_from([*["odd"] * 4, "else", "gone", "another", "doubled", "nested", "added"])):
            case "odd":
                parent[last] = draw(KINDS.get(type(parent[last]), JSON))
            case "else":
                parent[last] = draw(JSON)
            case "gone":
                del parent[last]
            case "another":
                parent[last] = deepcopy(node(update, draw(st.sampled_from(paths))))
            case "doubled":
                parent[last] = [parent[last]] * draw(st.integers(0, 101))
            case "nested":
                for _ in range(draw(st.integers(1, 150))):
                    parent[last] = {last: parent[last]} if isinstance(last, str) else [parent[last]]
            case "added" if isinstance(parent, dict):
                parent[draw(WORDS)] = draw(JSON)
    return update


@st.composite
def replies_to_replies(draw):
    """Messages that hold each other, deeper than Telegram's, which are one deep."""
    update = deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 400))):
        message = update.get("message")
        if isinstance(message, dict):
            update["message"] = deepcopy(SAMPLES[0].get("message", {})) | {"reply_to_message": message}
    return update


@st.composite
def written(draw, updates):
    """JSON text as anybody may write it: escaped or not, keys twice, something before and after."""
    text = json.dumps(
        draw(updates), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    match draw(st.integers(0, 19)):
        case 0 if text.startswith("{"):
            return f"{{{json.dumps(draw(WORDS))}: {json.dumps(draw(JSON))}, {text[1:]}"
        case 1 if text.startswith("{"):
            return f"{text[:-1]}, {json.dumps(draw(WORDS))}: {json.dumps(draw(JSON))}}}"
        case 2:
            cut = draw(st.integers(0, len(text)))
            return text[:cut] + draw(TEXTS) + text[cut + draw(st.integers(0, 9)) :]
        case 3:
            return draw(st.sampled_from(["\ufeff", " \n", "[", "[" * 100_000, "{}", "\0"])) + text
    return text


ODD = ["", "1e999", "-0", "9" * 5000, "NaN", '"\\ud800"', "x" * (app.MAX_BODY + 1)]
UPDATES = written(st.integers(0, 9).flatmap(lambda die: mutations() if die else replies_to_replies()))
BODIES = UPDATES | written(JSON | st.dictionaries(WORDS, JSON, max_size=4)) | TEXTS | st.sampled_from(ODD)
QUERIES = ["", "bot=%ff", "bot=a&bot=b", "bot", "&&;="]
RIGHT = st.just(SECRET)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1251"]


@st.composite
def requests(draw, bodies=BODIES, secrets=RIGHT):
    """What a Function URL makes of a call: method, query, headers and bytes are all the caller's."""
    body = draw(bodies)
    request = deepcopy(EVENT) | {"body": body, "isBase64Encoded": draw(st.booleans())}
    if request["isBase64Encoded"] and not draw(SELDOM):
        raw = body.encode(draw(st.just("utf-8") | st.sampled_from(ENCODINGS)), "replace")
        raw += draw(st.binary(min_size=1, max_size=3)) if draw(SELDOM) else b""
        request["body"] = base64.b64encode(raw).decode()
    if draw(SELDOM):
        del request["body"]
    request["rawQueryString"] = draw(st.just(EVENT["rawQueryString"]) | st.sampled_from(QUERIES) | TEXTS)
    method = draw(st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS", "BREW"]))
    request["requestContext"]["http"]["method"] = method
    request["headers"] = draw(st.dictionaries(TEXTS.map(str.lower), TEXTS | st.none(), max_size=3))
    request["headers"] |= {SECRET_HEADER: draw(secrets)}
    return request


class Trouble:
    """What lies outside: SSM, DynamoDB and SQS, each of whose calls may fail before or after it is done."""

    def __init__(self, parameters, table, monkeypatch):
        self.table, self.queue = table, FakeQueue()
        self.strikes, self.struck, self.keys = [], [], {}
        self._get = parameters._get
        monkeypatch.setattr(parameters, "_get", lambda *names, **more: self._do(self._get, *names, **more))
        monkeypatch.setattr(app, "parameters", lambda: parameters)
        monkeypatch.setattr(app, "dynamodb", lambda: self)
        monkeypatch.setattr(app, "sqs", lambda: self)
        self.parameters = parameters

    def begin(self, strikes=()):
        """A new environment, and an empty table; the calls fail as said, in turn."""
        for key in self.keys.values():
            self.table.delete_item(TableName="records", Key=key)
        self.queue = FakeQueue()
        self.keys = {}
        self.strikes, self.struck = list(strikes), []
        self.parameters.clear_cache()
        app.secret.cache_clear()
        app.languages.cache_clear()

    @property
    def exceptions(self):
        return self.table.exceptions

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)  # Hypothesis asks for some
        service = self.queue if name == "send_message" else self.table
        return lambda **parameters: self._do(getattr(service, name), **parameters)

    def _do(self, work, *arguments, **parameters):
        if "TableName" in parameters:
            key = parameters.get("Key") or {"id": parameters["Item"]["id"]}
            self.keys[key["id"]["S"]] = key
        strike = self.strikes.pop(0) if self.strikes else None
        if strike:
            self.struck.append(strike)
            when, error = strike
            if when == "after":
                work(*arguments, **parameters)
            raise error
        return work(*arguments, **parameters)


@pytest.fixture
def outside(parameters, records, monkeypatch):
    trouble = Trouble(parameters, records.client, monkeypatch)
    yield trouble
    app.secret.cache_clear()


def answered(request):
    """The status, and the Bot API call that Telegram would make of the response."""
    response = app.handler(request, Context())
    json.dumps(response)  # as Lambda's runtime does
    assert response.keys() <= {"statusCode", "headers", "body"}
    if "body" not in response:
        return response["statusCode"], None
    assert response["statusCode"] == 200
    assert response["headers"] == {"content-type": "application/json"}
    said = json.loads(response["body"].encode("utf-8", "strict"))
    emulate(said)
    return 200, said


def emulate(said):
    """Telegram takes it, in a chat that is there; what nobody can know beforehand, it may refuse."""
    parameters = dict(said)
    method = parameters.pop("method")
    assert method in METHODS
    assert len(said.get("text", "").encode("utf-16-le")) <= 2 * Limit.TEXT_CHARACTERS
    telegram = Telegram("1:fuzz", limits=False)
    if "chat_id" in said:
        assert -(2**63) <= said["chat_id"] < 2**63
        telegram.chats[said["chat_id"]] = {"id": said["chat_id"], "type": "supergroup", "is_forum": True}
    try:
        call(telegram, method, Parameters(parameters))
    except ApiError as error:
        assert "query is too old" in error.description  # noqa: PT017 - any other is a failure


def check_jobs(queue):
    """What is queued can be read by the recognizer, and is nothing but ids."""
    for body, delay in zip(queue.bodies, queue.delays, strict=True):
        job = read_job(body)
        assert job.model_dump_json() == body
        assert body.isascii()
        assert body.isprintable()
        assert delay == (app.ALBUM_WAIT if job.kind == "album" else 0)


@fuzz
@given(requests(UPDATES) | requests())
def test_nothing_that_comes_with_the_secret_makes_it_stumble(outside, request):
    outside.begin()
    status, said = answered(request)
    assert status == 200
    check_jobs(outside.queue)
    event(f"{(said or {}).get('method')}, {len(outside.queue.bodies)} queued")


GONE = object()
NASTY = [GONE, None, True, -1, 2**63, 10**400, float("nan"), "", "\ud83d", "\0", "9" * 5000, [], {}, [[]]]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["update_id"]))
def test_no_part_of_an_update_makes_it_stumble_whatever_it_is(outside, sample, monkeypatch):
    """Each part by itself, in turn: what chance would take long to try."""
    monkeypatch.setattr("emotion_bot.records.JOBS_A_MINUTE", 10**6)
    outside.begin()
    for *way, last in list(places(sample))[1:]:
        for value in NASTY:
            update = deepcopy(sample)
            node(update, way)[last] = value
            if value is GONE:
                del node(update, way)[last]
            status, _ = answered(EVENT | {"body": json.dumps(update), "headers": {SECRET_HEADER: SECRET}})
            assert status == 200
    check_jobs(outside.queue)


SECRETS = (
    TEXTS
    | st.none()
    | st.integers(0, len(SECRET) - 1).map(lambda end: SECRET[:end])
    | st.sampled_from(
        [SECRET.upper(), f"{SECRET},{SECRET}", f" {SECRET}", f"{SECRET}\0", [SECRET], {SECRET: 1}]
    )
)


@fuzz
@given(requests(secrets=SECRETS), st.sampled_from(["as it is", "no headers", "none", "no such header"]))
def test_nothing_that_comes_without_the_secret_gets_anywhere(outside, request, headers):
    outside.begin()
    match headers:
        case "no headers":
            del request["headers"]
        case "none":
            request["headers"] = None
        case "no such header":
            del request["headers"][SECRET_HEADER]
    assert app.handler(request, Context()) == {"statusCode": 403}
    assert outside.queue.bodies == []
    assert outside.keys == {}


ERRORS = [
    EndpointConnectionError(endpoint_url="https://aws.test"),
    ReadTimeoutError(endpoint_url="https://aws.test"),
    ClientError({"Error": {"Code": "ThrottlingException"}}, "AnyOperation"),
    ClientError({"Error": {"Code": "InternalServerError"}}, "AnyOperation"),
]
STRIKE = st.tuples(st.sampled_from(["before", "after"]), st.sampled_from(ERRORS))
STRIKES = st.lists(st.none() | st.none() | STRIKE, max_size=6)


@fuzz
@given(requests(written(st.sampled_from(SAMPLES) | mutations())), STRIKES)
def test_what_telegram_is_told_is_taken_is_taken_whatever_fails(outside, request, strikes):
    """It repeats an update until it hears 200: then all is done that would be, had nothing failed."""
    outside.begin()
    expected = answered(request)
    jobs = set(outside.queue.bodies)

    outside.begin(strikes)
    status, _ = said = answered(request)
    if status == 503:
        assert outside.struck
        outside.strikes.clear()
        said = answered(request)
    assert said == expected
    assert set(outside.queue.bodies) == jobs
    check_jobs(outside.queue)
    event(f"{status}, {len(outside.struck)} failed, {len(outside.queue.bodies)} queued for {len(jobs)}")
