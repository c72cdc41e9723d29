"""Execution environments as processes: how they begin, share the work, and end."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from playground.aws import REGION
from playground.runtime import environment as environment_module
from playground.runtime.environment import EnvironmentDied, FunctionError
from playground.runtime.environments import Environments, Throttled
from playground.runtime.event_source import EventSource

PATIENCE = 60


@pytest.fixture
def function(tmp_path, monkeypatch):
    """Make a function of what stands in its app.py: its environments."""
    made = []

    def make(source: str, *, timeout: float = PATIENCE, at_most: int = 2) -> Environments:
        folder = tmp_path / "functions" / "probe"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "app.py").write_text(dedent(source))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        made.append(Environments("probe", "eu-central-1", timeout=timeout, memory=1769, at_most=at_most))
        return made[-1]

    yield make
    for environments in made:
        environments.stop()


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


ECHO = """
    import os

    def handler(event, context):
        return {
            "event": event,
            "pid": os.getpid(),
            "name": context.function_name,
            "arn": context.invoked_function_arn,
            "memory": context.memory_limit_in_mb,
            "left": context.get_remaining_time_in_millis(),
            "environment": dict(os.environ),
        }
"""


def test_a_handler_gets_what_lambda_gives_it(function, monkeypatch):
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    answer = function(ECHO, timeout=30).invoke({"smile": "🙂"})

    assert answer["event"] == {"smile": "🙂"}
    assert answer["pid"] != os.getpid()
    assert (answer["name"], answer["memory"]) == ("emotion-bot-probe", 1769)
    assert answer["arn"] == "arn:aws:lambda:eu-central-1:123456789012:function:emotion-bot-probe"
    assert 0 < answer["left"] <= 30_000
    environment = answer["environment"]
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "1769"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "emotion-bot-probe"
    assert environment["AWS_LAMBDA_RUNTIME_API"]
    assert environment["_HANDLER"] == "functions.probe.app.handler"
    assert environment["_X_AMZN_TRACE_ID"].endswith(";Sampled=0")
    assert environment["POWERTOOLS_SERVICE_NAME"] == "probe"
    assert "POWERTOOLS_METRICS_DISABLED" not in environment
    assert Path(environment["TMPDIR"]).is_dir()


def test_a_warm_environment_is_used_again(function):
    environments = function(ECHO)

    assert environments.invoke({})["pid"] == environments.invoke({})["pid"]
    assert environments.started == 1


MEETING = """
    import os, socket

    def handler(event, context):
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(event["door"])
            door.recv(1)
        return os.getpid()
"""
"""Answers once it is let go."""


@pytest.fixture
def door(tmp_path):
    """A door at which invocations knock, and wait: (its event, a function that waits for knocks)."""
    import socket

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "door"))
        listening.listen()
        listening.settimeout(PATIENCE)
        yield {"door": str(tmp_path / "door")}, lambda: listening.accept()[0]


def test_several_work_at_one_time_and_no_more_than_there_may_be(function, door):
    event, knock = door
    environments = function(MEETING)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(environments.invoke, event) for _ in range(2)]
        guests = [knock(), knock()]
        assert len(environments.pids) == 2
        with pytest.raises(Throttled):
            environments.invoke(event)
        for guest in guests:
            guest.close()
        pids = [answer.result() for answer in answers]

    assert len(set(pids)) == 2
    assert environments.started == 2


def test_the_environment_that_was_busy_last_is_used_first(function, door):
    event, knock = door
    environments = function(MEETING)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(environments.invoke, event) for _ in range(2)]
        first, second = knock(), knock()
        first.close()
        by_order = [answer.result() for answer in answers if _done(answer, answers)]
        second.close()
        last = next(answer.result() for answer in answers if answer.result() not in by_order)
        again = pool.submit(environments.invoke, event)
        knock().close()

        assert again.result() == last


def _done(answer, answers) -> bool:
    from concurrent.futures import FIRST_COMPLETED, wait

    return answer in wait(answers, PATIENCE, FIRST_COMPLETED).done


def test_an_error_of_the_handler_leaves_the_environment_alone(function):
    environments = function("""
        import os

        def handler(event, context):
            if event["fails"]:
                raise LookupError("no such thing")
            return os.getpid()
    """)
    before = environments.invoke({"fails": False})
    with pytest.raises(FunctionError, match="LookupError: no such thing"):
        environments.invoke({"fails": True})

    assert environments.invoke({"fails": False}) == before


def test_an_answer_that_is_no_json_is_an_error(function):
    with pytest.raises(FunctionError, match="TypeError"):
        function("handler = lambda event, context: {1, 2}").invoke({})


STARTS_ANOTHER = """
    import os, subprocess, sys, time

    def handler(event, context):
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("pids", os.getpid(), other.pid, flush=True)
        if event["waits"]:
            time.sleep(600)
        return other.pid
"""


def pids(environments) -> list[int]:
    line = next(line for line in environments.output.splitlines() if line.startswith("pids"))
    return [int(pid) for pid in line.split()[1:]]


def test_what_takes_too_long_is_killed_with_all_that_it_started(function):
    environments = function(STARTS_ANOTHER, timeout=2)
    with pytest.raises(EnvironmentDied, match="Task timed out after 2 seconds"):
        environments.invoke({"waits": True})

    assert not any(map(alive, pids(environments)))
    assert environments.invoke({"waits": False})
    assert environments.started == 2


def test_one_can_be_killed_half_way(function, door):
    event, knock = door
    environments = function(MEETING)
    assert not environments.kill_one()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(environments.invoke, event)
        with knock():
            assert environments.kill_one()
            with pytest.raises(EnvironmentDied, match=r"Runtime\.ExitError"):
                answer.result()
        again = pool.submit(environments.invoke, event)
        knock().close()
        assert again.result()


def test_one_that_ends_by_itself_is_replaced(function):
    environments = function("""
        import os

        def handler(event, context):
            if event["ends"]:
                os._exit(3)
            return "here"
    """)
    with pytest.raises(EnvironmentDied, match=r"Runtime\.ExitError"):
        environments.invoke({"ends": True})

    assert environments.invoke({"ends": False}) == "here"


COUNTS_ITS_STARTS = """
    import pathlib, time

    starts = pathlib.Path({file!r})
    number = len(starts.read_text()) if starts.exists() else 0
    starts.write_text("x" * (number + 1))
    {at_first}

    def handler(event, context):
        return number
"""


@pytest.mark.parametrize("at_first", ["assert number", "number or time.sleep(600)"], ids=["fails", "hangs"])
def test_an_init_that_fails_or_takes_too_long_is_tried_once_more(function, tmp_path, monkeypatch, at_first):
    monkeypatch.setattr(environment_module, "INIT_SECONDS", 2)
    file = str(tmp_path / "starts")
    environments = function(COUNTS_ITS_STARTS.format(file=file, at_first=at_first))

    assert environments.invoke({}) == 1
    assert environments.started == 1


def test_an_init_that_always_fails_says_why(function):
    environments = function("raise RuntimeError('no model')")
    with pytest.raises(EnvironmentDied, match="RuntimeError: no model"):
        environments.start()
    with pytest.raises(EnvironmentDied, match="RuntimeError: no model"):
        environments.invoke({})

    assert environments.pids == []
    assert "Traceback" in environments.output


def test_metrics_are_summed_from_what_is_printed(function):
    environments = function("""
        from aws_lambda_powertools.metrics import EphemeralMetrics

        metrics = EphemeralMetrics(namespace="Probe", service="probe")

        @metrics.log_metrics
        def handler(event, context):
            for value in event["values"]:
                metrics.add_metric(name="Photos", unit="Count", value=value)
            print("{no json")
            print('{"message": "some log line"}')
    """)
    environments.invoke({"values": [1, 2]})
    environments.invoke({"values": [4]})

    assert environments.metrics == {"Photos": 7}
    assert "some log line" in environments.output


def test_what_cannot_be_read_of_the_output_is_kept_as_it_is(function):
    environments = function("""
        import sys

        def handler(event, context):
            print('{"_aws": 1}\\n[]\\n{"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "x"}]}]}}')
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\\xff\\n")
            return "here"
    """)

    assert environments.invoke({}) == environments.invoke({}) == "here"
    assert '{"_aws": 1}' in environments.output
    assert not environments.metrics


def test_at_the_end_nothing_is_left(function, tmp_path, monkeypatch):
    monkeypatch.setattr(environment_module.tempfile, "tempdir", str(tmp_path))
    environments = function(STARTS_ANOTHER)
    other = environments.invoke({"waits": False})
    (leader,) = environments.pids
    environments.stop()

    assert not any(map(alive, [leader, other]))
    assert list(tmp_path.glob("environment-*")) == []
    assert environments.invoke({"waits": False})


def test_stopping_waits_for_the_invocation_that_is_running(function, door):
    event, knock = door
    environments = function(MEETING)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(environments.invoke, event)
        with knock():
            stopping = pool.submit(environments.stop)
            assert not answer.done()
        assert answer.result()
        stopping.result()

    assert environments.pids == []


def test_stopping_waits_for_none_that_began_later(function, door):
    event, knock = door
    environments = function(MEETING)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(environments.invoke, event)]
        with knock():
            stopping = pool.submit(environments.stop)
            while not environments._retired:
                time.sleep(0.01)
            answers.append(pool.submit(environments.invoke, event))
            later = knock()
        with later:
            stopping.result(PATIENCE)
            assert len(environments.pids) == 1
        assert all(answer.result() for answer in answers)


def test_the_recognizer_answers_from_a_process_of_its_own(bot, person, photos, wait):
    environments = Environments("recognizer", REGION, timeout=PATIENCE, memory=1769, at_most=1)
    with bot.jobs.held():
        source = EventSource(environments, bot.aws.queue_url, bot.aws.queue_arn)
        answer = wait(person, person.send_photo((photos / "obama.jpg").read_bytes()))
        source.close()
    (leader,) = environments.pids
    environments.stop()

    assert "caption" in answer
    assert environments.metrics["PhotoAnswered"] == 1
    assert '"message":"photo answered"' in environments.output
    assert not alive(leader)
