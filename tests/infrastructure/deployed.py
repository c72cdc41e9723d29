"""Run by test_install.py as a process of its own: what a function does, and what it loads for that."""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import sys
import threading
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / "playground" / "photos"
CLIENTS = {
    "webhook": ("dynamodb", "sqs", "ssm"),
    "registrar": ("cloudformation", "ssm"),
    "recognizer": ("dynamodb", "s3", "sqs", "ssm"),
}

opened = set()
called = set()


def start(function):
    """Import the handler and make its clients."""
    import boto3

    importlib.import_module(f"functions.{function}.app")
    if function == "registrar":
        importlib.import_module("emotion_bot.registrar")  # which it loads when it is called
    for service in CLIENTS[function]:
        boto3.client(service, region_name="eu-central-1")


def recognise():
    """Answer the photographs of the playground and of this folder, of every format, depth and shape."""
    import cv2
    import numpy as np

    from emotion_bot.store import open_bundle
    from emotion_bot.vision import Recognizer, heif_process
    from emotion_bot.vision.annotate import annotate

    recognizer = Recognizer.load(open_bundle(str(ROOT / "models")))
    files = [photo.read_bytes() for photo in sorted(PHOTOS.glob("*.[jp][pn]g"))]
    # There is no encoder for these in OpenCV.
    heics = [photo.read_bytes() for photo in Path.cwd().glob("*.heic")]
    files += heics
    for heic in heics:  # in a process of their own, which cannot be watched: so once more in this one
        with patch("sys.stdin", TextIOWrapper(BytesIO(heic))), patch("sys.stdout", TextIOWrapper(BytesIO())):
            assert heif_process.main() == 0
    group = cv2.imread(str(PHOTOS / "two_people.jpg"))
    pictures = [
        (".png", np.dstack([group, np.full(group.shape[:2], 200, np.uint8)])),
        (".png", group[:, :, 0]),
        (".png", group.astype(np.uint16) * 257),
        (".webp", group),
        (".gif", group),
        (".jpg", cv2.resize(group, None, fx=4, fy=4)),
        (".png", cv2.resize(group, None, fx=4, fy=4)),
    ]
    files += [cv2.imencode(kind, picture)[1].tobytes() for kind, picture in pictures]
    called.clear()
    recognizer.warm_up()
    annotate(np.zeros((2000, 20, 3), np.uint8), [], [], [])
    for file in files:
        recognition = recognizer.recognize(file)
        if recognition.faces:
            recognition.annotate([face.emotion for face in recognition.faces])


def named():
    """The functions of OpenCV that stand in the code of vision."""
    import cv2

    code = (ROOT / "layers" / "shared" / "emotion_bot" / "vision").glob("*.py")
    nodes = (node for file in code for node in ast.walk(ast.parse(file.read_bytes())))
    names = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cv2"
    }
    return {name for name in names if type(getattr(cv2, name)) is type(builtins.print)}


def note_file(event, arguments):
    if event == "open":
        opened.add(str(arguments[0]))


def note_call(frame, event, function):
    if event == "c_call":
        called.add(function.__name__)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.addaudithook(note_file)
    threading.setprofile(note_call)
    sys.setprofile(note_call)
    start(sys.argv[1])
    if sys.argv[1] == "recognizer":
        recognise()
    sys.setprofile(None)
    maps = Path("/proc/self/maps")
    libraries = {line.split()[-1] for line in maps.read_text().splitlines()} if maps.exists() else set()
    modules = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
    loaded = opened | modules | {path for path in libraries if ".so" in path}
    result = {"loaded": sorted(loaded), "named": sorted(named()), "called": sorted(called)}
    Path(sys.argv[2]).write_text(json.dumps(result))
