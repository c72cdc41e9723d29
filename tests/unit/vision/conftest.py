from pathlib import Path

import pytest

from emotion_bot.store import open_bundle
from emotion_bot.vision import Recognizer

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def photos() -> Path:
    return ROOT / "playground" / "photos"


@pytest.fixture(scope="session")
def litert() -> Recognizer:
    return Recognizer.load(open_bundle(str(ROOT / "models")))


@pytest.fixture(scope="session")
def tensorflow() -> Recognizer:
    return Recognizer.load(open_bundle(str(ROOT / "models"), "tensorflow"))
