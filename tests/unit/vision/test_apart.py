"""Photos that are looked at in a process of their own, and what becomes of those that it dies of."""

import gc
import io
import json
import os
import pickle
import select
import shutil
import signal
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_bot.manifest import Manifest
from emotion_bot.store import open_bundle
from emotion_bot.vision import PhotoTooLarge, UnreadablePhoto, apart, process
from emotion_bot.vision.apart import RecognitionFailed, RecognizerApart, RecognizerDied
from emotion_bot.vision.apart_process import Work, serve
from emotion_bot.vision.decoding import MAX_SIDE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; Lambda is a Linux")

ROOT = Path(__file__).parents[3]
EVIL = """
import os, signal, sys, time
from emotion_bot.vision import apart_process as p
p.preload = lambda: None
def recognize(self, photo):
    {}
    return {{"faces": [], "more": 0}}, b""
p.Work.recognize = recognize
p.main(sys.argv[1])
"""
"""A process that something has taken over while it looks at a photo; it needs no networks to be quick."""
OUT_OF_MEMORY_ONCE = """
    flag = p.Path({!r})
    if not flag.exists():
        flag.touch()
        raise MemoryError
"""
PARROT = """
import os, struct, sys
said, size = struct.unpack(">II", sys.stdin.buffer.read(8))
sys.stdin.buffer.read(said)
os.write(0, sys.stdin.buffer.read(size))
"""
"""Answers with the photo's own bytes, whatever they are, and ends."""


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(str(ROOT / "models"))


@pytest.fixture(scope="module")
def shared(bundle):
    recognizer = RecognizerApart()
    recognizer.load(bundle)
    yield recognizer
    recognizer.close()


@pytest.fixture
def started(monkeypatch):
    """Start one; its process runs a program of the test's."""
    recognizers = []

    def start(program: str) -> RecognizerApart:
        with monkeypatch.context() as patch:
            patch.setattr(process, "_PROGRAM", program)
            recognizers.append(RecognizerApart())
        return recognizers[-1]

    yield start
    for recognizer in recognizers:
        recognizer.close()


@pytest.fixture
def parrot(monkeypatch):
    """Answers each photo with its own bytes, from a new process each."""
    monkeypatch.setattr(process, "_PROGRAM", PARROT)
    recognizer = RecognizerApart()
    yield recognizer
    recognizer.close()


@pytest.fixture
def evil(started):
    """Start one whose process does what the test says in the middle of a photo."""
    return lambda deed: started(EVIL.format(deed))


def pid(recognizer):
    return recognizer._process._process.pid


def limits(recognizer):
    lines = Path(f"/proc/{pid(recognizer)}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:].split()[0] for line in lines}


def open_files():
    return {each.name: str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}


def is_gone(number):
    """Not even a zombie."""
    return not Path(f"/proc/{number}").exists()


def frame(said, content=b""):
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return struct.pack(">II", len(text), len(content)) + text + content


FACE = {
    "box": [1, 2, 3, 4],
    "landmarks": [[1.5, 2]] * 5,
    "confidence": 0.9,
    "scores": {"happy": 0.5, "sad": 0.25, "neutral": 0.25},
    "hard_to_tell": False,
    "too_small": False,
}


# What it says of photos


@pytest.mark.parametrize("name", ["two_people.jpg", "astronaut.png", "chelsea.png"])
def test_it_sees_what_a_recognizer_in_this_process_sees(shared, litert, photos, name):
    photo = (photos / name).read_bytes()
    seen, expected = shared.recognize(photo), litert.recognize(photo)
    assert (seen.faces, seen.more) == (expected.faces, expected.more)
    assert seen.crops == expected.crops.tobytes()
    assert seen.annotate() == expected.annotate()
    labels = ["выглядит счастливо 🙂"] * len(seen.faces)
    assert seen.annotate(labels) == expected.annotate(labels)


def test_it_has_the_manifest_of_its_bundle(shared, litert):
    assert shared.manifest == litert.manifest


def test_it_says_what_is_wrong_with_a_photo_as_a_recognizer_does(shared, litert, photos):
    wide = bytearray((photos / "chelsea.png").read_bytes())
    wide[16:20] = struct.pack(">I", MAX_SIDE + 1)
    for photo, error in ((b"no photo", UnreadablePhoto), (bytes(wide), PhotoTooLarge)):
        with pytest.raises(error) as there:
            shared.recognize(photo)
        with pytest.raises(error) as here:
            litert.recognize(photo)
        assert str(there.value) == str(here.value)


def test_pictures_are_of_the_last_photo_only(shared, photos):
    first = shared.recognize((photos / "obama.jpg").read_bytes())
    second = shared.recognize((photos / "two_people.jpg").read_bytes())
    with pytest.raises(RecognitionFailed, match="another photo"):
        first.annotate()
    assert len(second.crops) == 2 * 48 * 48


def test_a_photo_that_cannot_be_read_takes_the_pixels_of_the_last_with_it(shared, photos):
    shared.recognize((photos / "obama.jpg").read_bytes())
    with pytest.raises(UnreadablePhoto):
        shared.recognize(b"no photo")
    with pytest.raises(RecognitionFailed, match="LookupError"):
        shared.picture(shared._number, "annotate", labels=None)


def test_photos_of_several_threads_come_one_after_the_other(shared, photos):
    files = [photos / name for name in ("obama.jpg", "two_people.jpg", "chelsea.png")] * 3
    with ThreadPoolExecutor(3) as threads:
        found = threads.map(lambda file: len(shared.recognize(file.read_bytes()).faces), files)
    assert list(found) == [1, 2, 0] * 3


def test_this_process_loads_no_pixels_libraries_nor_pydantic_before_the_other_has_started(bundle, photos):
    script = f"""
import sys
from pathlib import Path
from emotion_bot.vision import apart
recognizer = apart.RecognizerApart()
print(sorted({{"pydantic", "numpy", "cv2"}} & set(sys.modules)))
recognizer.load(Path({str(bundle)!r}))
recognizer.warm_up()
recognizer.recognize(Path({str(photos / "obama.jpg")!r}).read_bytes()).annotate()
recognizer.close()
print(sorted({{"numpy", "cv2", "ai_edge_litert"}} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n[]\n"


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_what_it_is_told_of_the_manifest_is_enough_for_the_engine(engine, request, photos):
    """The program in this process: TensorFlow takes long to load, and other tests have done so."""
    expected = request.getfixturevalue(engine)
    photo = (photos / "two_people.jpg").read_bytes()
    manifest = expected.manifest.model_dump_json(include=apart._NEEDED)
    work = Work()
    loading = {"do": "load", "bundle": str(open_bundle(str(ROOT / "models"), engine)), "manifest": manifest}
    assert work.answer(loading, b"") == ({"outcome": "done"}, b"")
    gc.unfreeze()
    found, _ = work.answer({"do": "recognize"}, photo)
    assert [face["scores"] for face in found["faces"]] == [
        face.scores for face in expected.recognize(photo).faces
    ]


# What it dies of


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("os.abort()", "signal 6"),
        ("os._exit(3)", "exit status 3"),
        ("os._exit(0)", "exit status 0"),
        ("os.write(0, bytes(5)); os._exit(1)", "exit status 1"),
        ("sys.exit(4)", "exit status 4"),
    ],
)
def test_a_crash_costs_one_photo(evil, bundle, photos, deed, reason):
    recognizer = evil(deed)
    crashed = pid(recognizer)
    with pytest.raises(RecognizerDied, match=reason) as died:
        recognizer.recognize(b"photo")
    assert died.value.reason == reason
    assert is_gone(crashed)
    recognizer.load(bundle)
    assert len(recognizer.recognize((photos / "obama.jpg").read_bytes()).faces) == 1


def test_the_new_process_loads_the_same_bundle(shared, photos):
    photo = (photos / "two_people.jpg").read_bytes()
    before = shared.recognize(photo)
    os.kill(pid(shared), signal.SIGSTOP)  # so that it is in the middle
    threading.Timer(0.02, os.kill, (pid(shared), signal.SIGKILL)).start()
    with pytest.raises(RecognizerDied, match="signal 9"):
        shared.recognize(photo)
    with pytest.raises(RecognitionFailed, match="LookupError"):
        shared.picture(shared._number, "annotate", labels=None)
    assert shared.recognize(photo).faces == before.faces


def test_one_that_dies_as_it_starts_is_told_and_replaced(started, bundle, photos):
    recognizer = started("raise SystemExit(5)")
    recognizer.load(bundle)
    with pytest.raises(RecognizerDied, match="exit status 5"):
        recognizer.warm_up()
    assert len(recognizer.recognize((photos / "obama.jpg").read_bytes()).faces) == 1


def test_one_that_dies_as_it_loads_is_told_and_replaced(started, bundle, photos):
    recognizer = started(
        EVIL.format("pass").replace("p.main", "p.Work.load = lambda *_, **__: os.abort()\np.main")
    )
    recognizer.load(bundle)
    with pytest.raises(RecognizerDied, match="signal 6"):
        recognizer.recognize(b"photo")
    assert len(recognizer.recognize((photos / "obama.jpg").read_bytes()).faces) == 1


def test_no_photo_pays_for_a_process_that_died_before_it(shared, photos):
    os.kill(pid(shared), signal.SIGKILL)
    os.waitid(os.P_PID, pid(shared), os.WEXITED | os.WNOWAIT)
    assert len(shared.recognize((photos / "obama.jpg").read_bytes()).faces) == 1


def test_a_native_crash_is_in_the_log(evil, capfd):
    with pytest.raises(RecognizerDied):
        evil("os.kill(os.getpid(), signal.SIGSEGV)").recognize(b"secret pixels")
    output = capfd.readouterr()
    assert "Segmentation fault" in output.err
    assert "in recognize" in output.err
    assert "secret" not in output.err
    assert output.out == ""


@pytest.mark.parametrize(
    ("deed", "reason"),
    [("while True: pass", "0 s"), ("os.close(0); time.sleep(60)", "signal 9")],
    ids=["talks on", "hangs up"],
)
def test_an_endless_loop_is_ended(evil, deed, reason, monkeypatch):
    recognizer = evil(deed)
    recognizer._process.ask("warm_up")  # it has started
    monkeypatch.setattr(process, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(process, "_SECOND", 0.1)
    looping = pid(recognizer)
    with pytest.raises(RecognizerDied, match=reason):
        recognizer.recognize(b"photo")
    assert is_gone(looping)


def test_who_speaks_a_byte_at_a_time_has_no_more_time(evil, monkeypatch):
    recognizer = evil(
        "os.write(0, bytes([0, 16, 0, 0, 0, 0, 0, 0])); [os.write(0, b' ') for _ in range(2**20)]"
    )
    recognizer._process.ask("warm_up")
    monkeypatch.setattr(process, "TIME_LIMIT", 0.07)
    with pytest.raises(RecognizerDied, match="0 s"):
        recognizer.recognize(b"photo")


def test_who_reads_nothing_of_a_large_photo_is_ended(started, monkeypatch):
    recognizer = started("import time; time.sleep(60)")
    monkeypatch.setattr(process, "TIME_LIMIT", 0.1)
    with pytest.raises(RecognizerDied, match="0 s"):
        recognizer.recognize(bytes(20 << 20))


def test_any_other_error_is_told_without_its_words(evil):
    recognizer = evil("raise ValueError(photo)")
    number = pid(recognizer)
    with pytest.raises(RecognitionFailed) as failed:
        recognizer.recognize(b"secret pixels")
    assert str(failed.value).endswith("ValueError")
    assert "apart_process.py" in str(failed.value)
    assert "secret" not in str(failed.value)
    assert is_gone(number)  # whatever state it is in


def test_what_libraries_print_is_no_answer(evil, capfd):
    assert evil("print('hello', flush=True); os.write(1, b'hello')").recognize(b"photo").faces == ()
    assert capfd.readouterr().out == ""


# What it says when it is taken over


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(frame(b"no JSON"), id="no JSON"),
        pytest.param(frame(pickle.dumps(FACE)), id="a pickle"),
        pytest.param(frame(b"[" * 100_000), id="nested"),
        pytest.param(frame({}), id="nothing"),
        pytest.param(frame([]), id="a list"),
        pytest.param(frame({"outcome": "well"}), id="unknown outcome"),
        pytest.param(frame({"outcome": "done", "more": -1}), id="fewer than none"),
        pytest.param(frame({"outcome": "done", "more": "1"}), id="a text for a number"),
        pytest.param(frame({"outcome": "done", "code": "1"}), id="unknown field"),
        pytest.param(frame({"outcome": "failed", "text": "x" * 10_000}), id="long text"),
        pytest.param(frame({"outcome": "done", "faces": [FACE] * 1001}), id="too many faces"),
        pytest.param(frame({"outcome": "done", "faces": [FACE | {"box": [1, 2, 3]}]}), id="half a box"),
        pytest.param(
            frame({"outcome": "done", "faces": [FACE | {"box": [1, 2, 3, 4.5]}]}), id="half a pixel"
        ),
        pytest.param(frame({"outcome": "done", "faces": [FACE | {"scores": {}}]}), id="no scores"),
        pytest.param(
            frame({"outcome": "done", "faces": [FACE | {"scores": {"happy": float("nan")}}]}), id="no number"
        ),
        pytest.param(
            frame({"outcome": "done", "faces": [FACE | {"scores": {"happy": 7}}]}), id="a score of 7"
        ),
        pytest.param(
            frame({"outcome": "done", "faces": [FACE | {"scores": {"/stop": 1.0}}]}), id="an unknown emotion"
        ),
        pytest.param(frame({"outcome": "done", "faces": [FACE | {"wing": 1}]}), id="a wing"),
        pytest.param(struct.pack(">II", 2**32 - 1, 0), id="long JSON"),
        pytest.param(struct.pack(">II", 2, 2**32 - 1) + b"{}", id="large content"),
    ],
)
def test_nonsense_is_refused(parrot, answer):
    with pytest.raises(RecognizerDied, match="garbled answer"):
        parrot.recognize(answer)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=st.binary() | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(frame))
def test_whatever_it_says_is_refused_in_the_same_way(parrot, answer):
    with pytest.raises(RecognizerDied):
        parrot.recognize(answer)


def test_an_answer_of_the_right_form_is_believed(parrot):
    """So the ones above are refused for what is wrong with them."""
    seen = parrot.recognize(frame({"outcome": "done", "faces": [FACE], "more": 2}))
    assert (seen.faces[0].box, seen.faces[0].landmarks[0], seen.more) == ((1, 2, 3, 4), (1.5, 2.0), 2)


# What it has


def test_it_has_no_keys(evil, monkeypatch, capfd):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("BOT_TOKEN_PARAMETER", "/bot/token")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib")
    evil("print(*os.environ, file=sys.stderr)").recognize(b"photo")
    names = set(capfd.readouterr().err.split()) - {"LC_CTYPE"}  # Python's own, where there is no locale
    assert names == {"LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS", "PYTHONPATH"}


def test_it_has_no_file_but_its_connection(evil, tmp_path, capfd):
    """Nor this process's others, such as those to Telegram and AWS."""
    fds = "'/proc/self/fd/' + fd for fd in os.listdir('/proc/self/fd')"
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        evil(f"print(*map(os.path.realpath, ({fds})), file=sys.stderr)").recognize(b"photo")
    files = capfd.readouterr().err
    assert "socket:" in files
    assert str(tmp_path / "open") not in files


def test_neither_process_can_read_what_the_other_has(shared, evil):
    """Root can; in Lambda nobody is."""
    is_readable = "__import__('ctypes').CDLL(None).prctl(3)"  # PR_GET_DUMPABLE
    assert eval(is_readable) == 0
    assert evil(f"{is_readable} and os.abort()").recognize(b"photo").faces == ()


@pytest.mark.parametrize(
    "deed",
    [
        "__import__('socket').socket()",
        "__import__('socket').socket(1)",
        "__import__('socket').create_connection(('127.0.0.1', 9001))",
        "__import__('subprocess').run([sys.executable, '-c', 'import socket; socket.socket()'], check=True)",
    ],
)
def test_it_has_no_way_out(evil, deed, capfd):
    with pytest.raises(RecognitionFailed, match=r"(PermissionError|CalledProcessError)$"):
        evil(deed).recognize(b"photo")


def test_other_ways_are_open(evil):
    """So it is the filter that refuses, not what it is made of."""
    deed = (
        "__import__('socket').socketpair(); __import__('subprocess').run([sys.executable, '-V'], check=True)"
    )
    assert evil(deed).recognize(b"photo").faces == ()


def test_its_memory_is_limited_by_the_functions(monkeypatch, evil):
    recognizer = evil("pass")
    recognizer.recognize(b"")
    assert limits(recognizer)["Max data size"] == "unlimited"
    assert limits(recognizer)["Max core file size"] == "0"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
    recognizer = evil("pass")
    recognizer.recognize(b"")
    assert int(limits(recognizer)["Max data size"]) == (1769 - 512) << 20


def test_a_photo_that_takes_more_memory_than_there_is_is_too_large(bundle, monkeypatch, photos):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str(512 + 200))
    recognizer = RecognizerApart()
    recognizer.load(bundle)
    large = cv2.imencode(".png", np.zeros((7000, 7000, 4), np.uint8))[1].tobytes()
    with pytest.raises(PhotoTooLarge, match="memory"):
        recognizer.recognize(large)
    assert len(recognizer.recognize((photos / "obama.jpg").read_bytes()).faces) == 1
    recognizer.close()


def test_a_photo_is_not_too_large_because_of_those_before_it(monkeypatch, tmp_path):
    flag = tmp_path / "flag"
    monkeypatch.setattr(process, "_PROGRAM", EVIL.format(OUT_OF_MEMORY_ONCE.format(str(flag))))
    recognizer = RecognizerApart()
    first = pid(recognizer)
    assert recognizer.recognize(b"photo").faces == ()
    assert flag.exists()
    assert pid(recognizer) != first
    recognizer.close()


def test_a_picture_that_there_is_no_memory_for_costs_the_attempt(started):
    program = EVIL.format("pass").replace(
        "p.main", "p.Work.annotate = lambda *_, labels: [0] * 2**60\np.main"
    )
    recognizer = started(program)
    seen = recognizer.recognize(b"photo")
    with pytest.raises(RecognizerDied, match="out of memory"):
        seen.annotate()


def test_photos_leave_nothing_on_the_disk(started, bundle, photos):
    """Whatever of the process writes to a file would end it."""
    watched = """
import os, sys
from emotion_bot.vision import apart_process as p
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
def watch(event, arguments):
    if event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "tempfile.mkstemp"):
        os._exit(70)
    if event == "open" and not isinstance(arguments[0], int) and (arguments[2] or 0) & WRITING:
        os._exit(70)
p.preload()
sys.addaudithook(watch)
p.main(sys.argv[1])
"""
    recognizer = started(watched)
    recognizer.load(bundle)
    recognizer.warm_up()
    number = pid(recognizer)
    picture = cv2.imread(str(photos / "two_people.jpg"))
    for kind in (".jpg", ".png", ".webp", ".gif"):
        recognizer.recognize(cv2.imencode(kind, picture)[1].tobytes()).annotate()
    assert pid(recognizer) == number


# When it ends


def test_it_ends_with_the_process_that_started_it():
    script = """
import os, signal
from emotion_bot.vision.apart import RecognizerApart
recognizer = RecognizerApart()
print(recognizer._process._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    with suppress(ProcessLookupError):
        orphan = os.pidfd_open(int(parent.stdout))
        assert select.select([orphan], [], [], 20)[0]
        os.close(orphan)


@given(st.integers(0, 60))
def test_a_request_that_breaks_off_is_not_begun_with(size):
    whole = frame({"do": "recognize"}, b"photo")
    answers = io.BytesIO()
    serve(io.BytesIO((whole * 2)[:size]), answers)
    assert answers.getvalue().count(b'LookupError"}') == size // len(whole)  # nothing is loaded


def test_closed_in_the_middle_of_a_photo(evil):
    recognizer = evil("os.write(2, b'now'); time.sleep(60)")
    number = pid(recognizer)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(recognizer.recognize, bytes(20 << 20))
        recognizer.close()
        with pytest.raises(RecognizerDied):
            waiting.result()
    assert is_gone(number)
    with pytest.raises(RecognizerDied, match="closed"):
        recognizer.recognize(b"photo")
    recognizer.close()


def test_nothing_of_those_that_died_is_left(monkeypatch):
    monkeypatch.setattr(process, "_PROGRAM", EVIL.format("os.abort()"))
    before = open_files()
    recognizer = RecognizerApart()
    for _ in range(3):
        with pytest.raises(RecognizerDied):
            recognizer.recognize(b"photo")
    recognizer.close()
    assert open_files() == before


def test_a_bundle_that_cannot_be_loaded_is_told_when_it_is_needed(bundle, tmp_path):
    recognizer = RecognizerApart()
    with pytest.raises(FileNotFoundError):
        recognizer.load(tmp_path)
    (tmp_path / "manifest.json").write_bytes((bundle / "manifest.json").read_bytes())
    recognizer.load(tmp_path)
    for ask in (recognizer.warm_up, lambda: recognizer.recognize(b"photo")):
        with pytest.raises(RecognitionFailed, match="ValueError"):
            ask()
    recognizer.load(bundle)
    recognizer.warm_up()
    recognizer.close()


# A second bundle, on trial


@pytest.fixture(scope="module")
def other(bundle, tmp_path_factory):
    """The same networks, but they find no face sure enough to name its emotion."""
    folder = tmp_path_factory.mktemp("other") / "bundle"
    shutil.copytree(bundle, folder)
    manifest = Manifest.read(bundle).model_copy(update={"version": "other", "hard_to_tell": 1.0})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


@pytest.fixture
def both(bundle, other):
    recognizer = RecognizerApart()
    recognizer.load(bundle)
    recognizer.warm_up()
    recognizer.try_out(other)
    yield recognizer
    recognizer.close()


def kill(recognizer):
    recognizer._process.kill()
    recognizer._process._process.wait()


def unsure(recognizer, photo, *, on_trial):
    return [face.hard_to_tell for face in recognizer.recognize(photo, on_trial=on_trial).faces]


def test_each_photo_is_looked_at_by_the_one_that_is_asked(both, photos):
    photo = (photos / "obama.jpg").read_bytes()
    assert both.trial.version == "other"
    assert unsure(both, photo, on_trial=False) == [False]
    assert unsure(both, photo, on_trial=True) == [True]
    assert unsure(both, photo, on_trial=False) == [False]


def test_both_are_there_again_after_a_death(both, photos):
    photo = (photos / "obama.jpg").read_bytes()
    kill(both)
    assert unsure(both, photo, on_trial=True) == [True]
    kill(both)
    assert unsure(both, photo, on_trial=False) == [False]
    assert unsure(both, photo, on_trial=True) == [True]


def test_it_is_loaded_once(both, photos, monkeypatch):
    asked, ask = [], both._process.ask
    monkeypatch.setattr(
        both._process, "ask", lambda do, *more, **request: asked.append(do) or ask(do, *more, **request)
    )
    for _ in range(2):
        both.recognize((photos / "obama.jpg").read_bytes(), on_trial=True)
    assert asked == ["recognize", "recognize"]


def test_where_it_takes_too_much_memory_the_deployed_one_does_not_look_in_its_name(started, bundle, other):
    recognizer = started(
        """
import sys
from emotion_bot.vision import apart_process as p
recognize = p.Work.recognize
def too_large(self, photo, *, on_trial=False):
    if on_trial:
        raise MemoryError
    return recognize(self, photo)
p.Work.recognize = too_large
p.main(sys.argv[1])
"""
    )
    recognizer.load(bundle)
    recognizer.try_out(other)
    with pytest.raises(RecognizerDied, match="out of memory"):
        recognizer.recognize(b"photo", on_trial=True)


def test_one_that_cannot_be_loaded_leaves_the_other_at_work(bundle, tmp_path, photos):
    recognizer, photo = RecognizerApart(), (photos / "obama.jpg").read_bytes()
    recognizer.load(bundle)
    recognizer.warm_up()
    (tmp_path / "manifest.json").write_bytes((bundle / "manifest.json").read_bytes())
    with pytest.raises(RecognitionFailed, match="ValueError"):
        recognizer.try_out(tmp_path)
    with pytest.raises(FileNotFoundError):
        recognizer.try_out(tmp_path / "nothing")
    assert recognizer.trial is None
    assert unsure(recognizer, photo, on_trial=False) == [False]
    recognizer.close()


def test_one_that_crashes_as_it_is_loaded_leaves_the_other_at_work(bundle, other, photos, started):
    recognizer = started(
        """
import os, sys
from emotion_bot.vision import apart_process as p
load = p.Work.load
def crash(self, photo, bundle, manifest, *, on_trial=False):
    return os.abort() if on_trial else load(self, photo, bundle, manifest)
p.Work.load = crash
p.main(sys.argv[1])
"""
    )
    recognizer.load(bundle)
    recognizer.warm_up()
    with pytest.raises(RecognizerDied, match="signal 6"):
        recognizer.try_out(other)
    assert recognizer.trial is None
    assert unsure(recognizer, (photos / "obama.jpg").read_bytes(), on_trial=False) == [False]


def test_a_process_that_cannot_start_leaves_nothing(monkeypatch):
    before = open_files()
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(FileNotFoundError):
        RecognizerApart()
    assert open_files() == before
