"""How times are taken and put together; the contenders are stand-ins."""

from __future__ import annotations

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from benchmarks import cold_start, contenders, memory, stages, start, worker
from benchmarks.cold_start import Answers, NoEmulator
from benchmarks.photos import Scene
from benchmarks.stages import REST, STAGES, Stopwatch
from benchmarks.sustained import distribution
from benchmarks.turns import WARM_UP, Worker, WorkerFailed, summary, take_turns
from emotion_bot.vision import decode


class Clock:
    """Goes on by what the work says that it takes."""

    now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        def done():
            self.now += seconds

        return done


def test_an_inner_stage_is_not_counted_for_the_outer_one():
    clock = Clock()
    watch = Stopwatch(clock)
    inner = watch.timing("inner", clock.work(2))

    def outer():
        clock.work(1)()
        inner()
        inner()

    def whole():
        watch.timing("outer", outer)()
        clock.work(0.5)()

    watch.timing("whole", whole)()
    assert watch.seconds == {"inner": 4, "outer": 1, "whole": 0.5}


def test_a_stage_that_fails_is_counted_too():
    clock = Clock()
    watch = Stopwatch(clock)

    def failing():
        clock.work(3)()
        raise ValueError

    def outer():
        with pytest.raises(ValueError):  # noqa: PT011 - which one it is does not matter
            watch.timing("failing", failing)()

    watch.timing("outer", outer)()
    assert watch.seconds == {"failing": 3, "outer": 0}


def test_every_stage_of_our_path_is_met(store):
    ours = contenders.Ours(str(store), "litert")
    photo = Scene(640, 480, 1).draw()
    before = {name: getattr(owner, name) for owner, name in STAGES.values()}
    times = stages.shares(lambda: ours.answer(photo))
    assert list(times) == [*STAGES, REST]
    assert all(time > 0 for time in times.values()), times
    assert {name: getattr(owner, name) for owner, name in STAGES.values()} == before


class Scripted:
    """A worker that says what it takes, longer each time, and notes what it is asked."""

    def __init__(self, asked, name, milliseconds):
        self._asked, self._name, self._next = asked, name, iter(milliseconds)

    def ask(self, part, photo):
        self._asked.append((self._name, part, photo.suffix))
        return {"milliseconds": next(self._next), "processor": 1.0, "faces": 3, "rss": 5}


def test_contenders_take_turns_and_the_warm_up_does_not_count():
    asked: list[tuple[str, ...]] = []
    one = Scripted(asked, "one", [900, 900, 1, 2, 30])
    other = Scripted(asked, "other", [800, 800, 10, 11, 12])
    table = take_turns({"one": one, "other": other}, "answer", {"small": Scene(64, 48, 0, ".png")}, 3)
    assert asked == [("one", "answer", ".png"), ("other", "answer", ".png")] * (WARM_UP + 3)
    assert table == {
        "small": {
            "one": {"milliseconds": 2, "processor": 1, "faces": 3},
            "other": {"milliseconds": 11, "processor": 1, "faces": 3},
        }
    }


def test_where_no_face_is_sought_none_is_noted():
    assert summary([{"milliseconds": 1, "processor": 1}]) == {"milliseconds": 1, "processor": 1}


def test_the_slowest_stand_in_the_percentiles():
    times = [10.0] * 90 + [50.0] * 10
    figures = distribution(times)
    assert figures == {"photos": 100, "per_second": 71.4, "p50": 10, "p95": 50, "p99": 50}


class Contender:
    """Answers what it was given."""

    def answer(self, photo):
        self.photo = photo
        return photo, 2

    def detect(self, rgb):
        self.shape = rgb.shape
        return []

    def classify(self, crop):
        self.crop = crop
        return np.zeros(3, np.float32)


@pytest.fixture
def photo(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(Scene(64, 48, 0).draw())
    return file


def test_a_worker_times_each_part_on_the_file(photo):
    contender = Contender()
    answered = worker.answer(contender, photo)
    assert contender.photo == photo.read_bytes()
    assert answered["faces"] == 2
    assert answered["milliseconds"] >= 0
    assert answered["peak"] >= answered["rss"] > 10e6
    assert worker.detect(contender, photo)["detections"] == []
    assert contender.shape == (48, 64, 3)
    assert set(worker.classify(contender, photo)) == {"milliseconds", "processor"}
    assert (contender.crop.shape, contender.crop.dtype) == ((48, 48), np.uint8)


def test_a_worker_answers_a_line_for_each_line(store, photo):
    with Worker("litert", str(store), 1) as one:
        assert [one.ask("answer", photo)["faces"] for _ in range(2)] == [0, 0]


def test_a_worker_that_gives_up_says_why(tmp_path, photo):
    with Worker("litert", str(tmp_path), 1) as one, pytest.raises(WorkerFailed, match=r"^litert gave up: .+"):
        one.ask("answer", photo)


def test_the_seeds_path_stretches_tight_boxes_one_after_the_other(store, monkeypatch):
    seed = object.__new__(contenders.Seed)
    crops = []

    class Network:
        def predict(self, batch, verbose):
            crops.append(batch)
            return np.ones((1, 3)) / 3

    class Package:
        def detect_faces(self, rgb):
            points = dict.fromkeys(("left_eye", "right_eye", "nose", "mouth_left", "mouth_right"), (9, 9))
            return [
                {"box": [4, 6, 20, 30], "keypoints": points, "confidence": sure} for sure in (0.95, 0.89, 0.9)
            ]

    seed._network, seed._mtcnn = Network(), Package()
    answer, faces = seed.answer(Scene(64, 48, 0).draw())
    assert faces == 2, "the one of 0.89 is below the package's cut"
    assert [crop.shape for crop in crops] == [(1, 48, 48)] * 2
    assert (crops[0].dtype, crops[0].max() <= 1) == (np.float32, True)
    assert cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_COLOR).shape == (48, 64, 3)


def test_ours_draws_nothing_where_there_is_no_face(store):
    ours = contenders.Ours(str(store), "litert")
    assert ours.answer(Scene(320, 240, 0).draw()) == (None, 0)
    answer, faces = ours.answer(Scene(640, 480, 1).draw())
    assert (answer[:2], faces) == (b"\xff\xd8", 1)


def test_the_thorough_one_looks_for_smaller_faces(store):
    ours, thorough = contenders.Ours(str(store), "litert"), contenders.Thorough(str(store))
    crowd = decode(Scene(1280, 960, 5).draw())
    assert thorough.recognizer.detector.cascade.settings.smallest_face < (
        ours.recognizer.detector.cascade.settings.smallest_face
    )
    assert len(thorough.detect(crowd)) == len(ours.detect(crowd)) == 5


class Growing:
    """A worker that takes a byte more with each photo, and had more for a moment."""

    def __init__(self, *_):
        self._rss = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, part, photo):
        self._rss += 1
        return {"rss": self._rss, "peak": self._rss + 1000}


@pytest.mark.parametrize(("photos", "marks"), [(8, "2 4 6 8"), (10, "3 5 8 10"), (3, "1 2 3")])
def test_memory_is_noted_on_the_way(monkeypatch, photos, marks):
    monkeypatch.setattr(memory, "Worker", Growing)
    monkeypatch.setattr(memory, "mixture", lambda count: [Scene(64, 48, 0)] * count)
    after = {mark: int(mark) for mark in marks.split()}
    assert memory.measure("models", ["litert"], photos) == {
        "litert": {"photos": photos, "peak": photos + 1000, "after": after}
    }


def test_of_each_start_but_the_first_the_time_counts(monkeypatch):
    clock = iter([0, 9, 10, 19, 20, 22, 30, 33, 40, 44, 50, 55])
    monkeypatch.setattr(start, "Worker", Growing)
    monkeypatch.setattr(start.time, "perf_counter", lambda: next(clock))
    assert start.measure("models", ["ours", "theirs"], 2) == {
        "ours": {"rounds": 2, "first": 3000},
        "theirs": {"rounds": 2, "first": 4000},
    }


def test_cold_starts_are_put_together():
    runs = [Answers(1.0, [0.1, 0.2], 5), Answers(3.0, [0.3, 0.2], 9), Answers(2.0, [0.2, 0.2], 7)]
    assert cold_start.figures(runs) == {"rounds": 3, "first": 2000, "warm": 200, "peak": 9}


NESTED = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()'])"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_a_function_is_that_of_all_its_processes():
    command = [sys.executable, "-c", NESTED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        inner, both = cold_start._peak(process.pid), cold_start._peak(os.getpid())
        process.communicate(b"\n")
    assert both > inner + 4e6 > 8e6


def test_without_the_emulator_one_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(cold_start, "ROOT", tmp_path)
    with pytest.raises(NoEmulator, match=r"first run: make \.venv/\.infra"):
        cold_start.find_emulator()
