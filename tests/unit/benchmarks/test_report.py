"""The page and its pictures, from figures that are easy to tell apart; and the command line around them."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import cli, image, machine, report
from benchmarks.cold_start import NoEmulator
from benchmarks.size import weigh
from benchmarks.stages import REST, STAGES


def times(**milliseconds):
    return {name: {"milliseconds": value, "processor": value / 2} for name, value in milliseconds.items()}


def paths():
    whole = times(litert=10.0, tensorflow=200.0, seed=250.0)
    return {
        **{part: dict.fromkeys(("1 face", "5 faces", "no face"), whole) for part in ("answer", "detect")},
        "classify": {"1 face": times(litert=1.5, tensorflow=3.0, seed=60.0, fer=0.75)},
        "by_side": {"320": whole, "2560": times(litert=30.0, tensorflow=210.0, seed=1500.0)},
        "by_faces": {"0": whole, "50": times(litert=90.0, tensorflow=900.0, seed=3000.0)},
    }


@pytest.fixture
def figures():
    recall = {"40 px and more": {"faces": 1234, "found": 1000, "share": 0.8104}}
    recall["20 to 40 px"] = {"faces": 0, "found": 0, "share": None}
    detector = {"recall": recall, "false_per_photo": 0.066, "milliseconds": 8.25}
    share = {"matched": 1500, "same": 0.981, "faces": 1600, "unmoved": 0.93, "never_moved": 0.8}
    versions = {"mtcnn": "1.0.0", "fer": "25.10.3"}
    return {
        "machine": {
            "processor": "Abacus", "cores": 2, "system": "Linux", "python": "3.13", "versions": versions,
            "date": "2026-11-22", "load": 0.1,
        },
        "rounds": 11,
        "photo_path": {"1": paths(), "2": paths()},
        "stages": {"1 face": dict.fromkeys((*STAGES, REST), 2.0)},
        "sustained": {"photos": 2000, "per_second": 61.5, "p50": 15.0, "p95": 22.5, "p99": 31.0},
        "memory": {
            engine: {"photos": 400, "peak": peak, "after": {"200": 90e6, "400": 91e6}}
            for engine, peak in (("litert", 100e6), ("tensorflow", 2300e6))
        },
        "size": {
            engine: {"bytes": size, "largest": {"cv2": 74e6}}
            for engine, size in (("litert", 180e6), ("tensorflow", 1300e6))
        },
        "cold_start": {
            engine: {"rounds": 7, "first": first, "warm": 40.0, "peak": 150e6}
            for engine, first in (("litert", 400.0), ("tensorflow", 6000.0))
        },
        "conversation": {
            "webhook": {"import": 345.6, "zip": 3_000, "layer": 6_497_000},
            "command": 0.25, "first_command": 5.5, "photo": 98.7,
            "page": {"first_paint": 123.4, "bytes": 98_765},
        },
        "start": {
            name: {"rounds": 7, "first": first}
            for name, first in (("litert", 200.0), ("tensorflow", 3000.0), ("seed", 4000.0))
        },
        "accuracy": {
            "photos": 200,
            "detectors": {
                "litert": detector, "thorough": detector, "tensorflow": detector | {"false_per_photo": 0.165},
            },
            "emotions": {"all": share, "large": share | {"same": None}},
        },
    }  # fmt: skip


def test_ours_is_held_against_the_packages(figures):
    rows = {title: (ours, theirs, unit) for title, ours, theirs, unit in report.headline(figures)}
    assert rows["photo path, 5 faces"] == (10, 250, "ms")
    assert rows["detection, 1 face"] == (10, 250, "ms")
    assert rows["cold start, the function"] == (0.4, 6, "s")
    assert rows["cold start, vision alone"] == (0.2, 3, "s")
    assert rows["peak memory"] == (100, 2300, "MB")
    assert rows["size of the packages"] == (180, 1300, "MB")


def test_the_page_says_it_all(figures):
    page = report.page(figures, {"times_faster": "a.png", "growth": "b.png"})
    assert "$" not in page
    assert "](a.png)" in page
    assert "](b.png)" in page
    cells = {
        row[0].strip(): [cell.strip() for cell in row[1:]]
        for line in page.splitlines()
        if (row := line.strip("| ").split("|"))[1:]
    }
    assert cells["50, 2 cores"] == ["90.0", "900 (10.0×)", "3,000 (33.3×)"]
    assert cells["P-Net"] == ["2.00 (9 %)"]
    assert cells["**all**"] == ["**22.00**"]
    assert cells["the `mtcnn` package"][:3] == ["81.0 % of 1,234", "– of 0", "0.165"]
    assert cells["webhook, warm, a command answered"] == ["0.25 ms", "5 ms"]
    assert cells["webhook, import"] == ["0.35 s", "0.5 s"]
    assert cells["webhook, zip with its layer"] == ["6.5 MB", "25 MB"]
    assert cells["from a photo to its answer in the chat"] == ["99 ms", "250 ms"]
    assert cells["chat page, first paint"] == ["0.12 s", "0.5 s"]
    assert cells["chat page, bytes"] == ["99 KB", "150 KB"]
    assert "**61.5 photographs per second**" in page
    assert "for 50 % of the time" in page
    assert re.search(r"98\.1 % of the 1,500 faces.*\(.*– of 1,500\)", page, re.DOTALL)
    assert all(len(line) <= 130 for line in page.splitlines() if not line.startswith(("|", "Python")))


def test_without_annotated_photographs_nothing_is_said_of_recall(figures):
    del figures["accuracy"]
    assert "false" not in report.page(figures, {"times_faster": "", "growth": ""})
    assert "recall" not in report.summary(figures)


def test_without_a_browser_nothing_is_said_of_the_page(figures):
    figures["conversation"]["page"] = None
    said = report.page(figures, {"times_faster": "", "growth": ""})
    assert "webhook, import" in said
    assert "first paint" not in said


def test_a_table_is_aligned():
    assert report.table(("", "ms"), [("ours", "7"), ("a peer", "1,000")]).splitlines() == [
        "|        |    ms |",
        "|--------|------:|",
        "| ours   |     7 |",
        "| a peer | 1,000 |",
    ]


def test_the_page_can_be_made_again_from_its_figures(figures, tmp_path):
    file = tmp_path / "benchmarks.json"
    file.write_text(json.dumps(figures))
    result = CliRunner().invoke(cli.main, ["--again", str(file)])
    assert result.exit_code == 0, result.output
    assert "Abacus" in (tmp_path / "benchmarks.md").read_text()
    for name in ("benchmarks.png", "benchmarks-growth.png"):
        assert f"](pictures/{name})" in (tmp_path / "benchmarks.md").read_text()
        assert cv2.imread(str(tmp_path / "pictures" / name)).std() > 10
    assert json.loads(file.read_text()) == figures


@pytest.fixture
def measured(figures, monkeypatch, tmp_path):
    """A run that takes no time."""

    def measurements(store, photos_dir, photos, effort):
        return {name: lambda name=name: figures[name] for name in cli.PARTS if name in figures}

    # The packages of `make bench` are not among those of the tests.
    monkeypatch.setattr(cli.machine, "describe", lambda: figures["machine"])
    monkeypatch.setattr(cli, "measurements", measurements)
    monkeypatch.setattr(cli, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(cli, "LOOK", tmp_path / "out")
    return figures


def test_the_machine_is_described(monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", ("numpy",))
    described = machine.describe()
    assert described["versions"] == {"numpy": np.__version__}
    assert described["cores"] >= 1
    assert described["processor"]


def test_a_run_prints_a_table_and_writes_the_page(measured, tmp_path):
    result = CliRunner().invoke(cli.main, ["--store", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert re.search(r"cold start, the function +\| +0.40 s \| +6.00 s \| 15.0× \|", result.stdout)
    assert "recall, 40 px and more" in result.stdout
    assert "Others were at work: ours had its core for 50% of the time." in result.stderr
    assert (tmp_path / "docs" / "benchmarks.md").is_file()
    assert json.loads((tmp_path / "docs" / "benchmarks.json").read_text())["size"] == measured["size"]


def test_a_quick_run_leaves_the_documentation_alone(measured, tmp_path):
    assert CliRunner().invoke(cli.main, ["--store", str(tmp_path), "--quick"]).exit_code == 0
    assert (tmp_path / "out" / "benchmarks.md").is_file()
    assert not (tmp_path / "docs").exists()


def test_one_part_alone_is_printed_and_nothing_written(measured, tmp_path):
    result = CliRunner().invoke(cli.main, ["--store", str(tmp_path), "--only", "size"])
    printed = json.loads(result.stdout)
    assert (printed["size"], "memory" in printed) == (measured["size"], False)
    assert not (tmp_path / "docs").exists()


def test_what_a_person_can_mend_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(cli.machine, "describe", dict)

    def fail():
        raise NoEmulator("Install it.")

    monkeypatch.setattr(cli, "measurements", lambda *_: {"size": fail})
    result = CliRunner().invoke(cli.main, ["--store", str(tmp_path)])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "Error: Install it.")


def test_a_folder_weighs_what_its_files_do(tmp_path):
    (tmp_path / "cv2" / "deep").mkdir(parents=True)
    (tmp_path / "cv2" / "deep" / "a.so").write_bytes(bytes(5000))
    (tmp_path / "cv2" / "b.py").write_bytes(bytes(30))
    (tmp_path / "app.py").write_bytes(bytes(7))
    assert weigh(tmp_path) == {"bytes": 5037, "largest": {"cv2": 5030, "app.py": 7}}


@pytest.fixture
def installing(monkeypatch, tmp_path):
    """Commands that are noted, not run, and a source to install from."""
    commands: list[tuple[object, ...]] = []
    source = tmp_path / "requirements.txt"
    source.write_text("a==1")
    monkeypatch.setattr(image, "BUILT", tmp_path / "built")
    monkeypatch.setattr(image, "RUNTIME", source)
    monkeypatch.setattr(image, "_run", lambda *command: commands.append(command))
    return commands, source


def test_packages_are_installed_again_only_where_they_changed(installing):
    commands, source = installing
    folder = image.runtime_client()
    (folder / "left.py").touch()
    assert (image.runtime_client(), len(commands)) == (folder, 1)
    source.write_text("a==2")
    image.runtime_client()
    assert len(commands) == 2
    assert not (folder / "left.py").exists()


def test_the_functions_folder_holds_our_code_as_it_is_now(installing):
    commands, _ = installing
    folder = image.build("litert")
    assert commands[0][1:4] == (image.FUNCTION / "install.sh", "litert", folder)
    (folder / "emotion_bot" / "old.py").touch()
    image.build("litert")
    assert (folder / "app.py").read_bytes() == (image.FUNCTION / "app.py").read_bytes()
    assert (folder / "emotion_bot" / "answer.py").is_file()
    assert not (folder / "emotion_bot" / "old.py").exists()


def test_the_layer_holds_our_code_as_it_is_now(installing):
    commands, _ = installing
    folder = image.layer()
    assert commands[0][0] == "make"
    assert f"ARTIFACTS_DIR={folder}" in commands[0]
    (folder / "python" / "emotion_bot" / "old.py").touch()
    image.layer()
    assert len(commands) == 1
    assert (folder / "python" / "emotion_bot" / "jobs.py").is_file()
    assert not (folder / "python" / "emotion_bot" / "old.py").exists()


def test_what_cannot_be_installed_is_one_sentence():
    with pytest.raises(image.BuildFailed, match="no such thing"):
        image._run("sh", "-c", "echo noise >&2; echo no such thing >&2; exit 3")
