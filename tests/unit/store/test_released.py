"""The bundle that ships in `models/`."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_bot.manifest import Manifest
from emotion_bot.store import open_bundle

MODELS = Path(__file__).parents[3] / "models"


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_released_bundle_is_whole_and_good_enough(engine):
    manifest = Manifest.read(open_bundle(str(MODELS), engine))
    figures = manifest.metrics["private_test"]
    assert figures["rows"] == 2099
    assert figures["accuracy"] >= 0.80
    assert manifest.training["data_md5"] == "f8428a1edbd21e88f42c73edd2a14f95"
