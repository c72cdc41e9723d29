"""Fails if something is missing that the function loads: `python check.py ENGINE`, run where app.py lies."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import boto3
import cv2
import numpy as np

from emotion_bot.vision.decode import decode

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICES = ("dynamodb", "s3", "sqs", "ssm")


def main(engine: str) -> None:
    """Import the function and its engine, call AWS's clients into being, read and write a picture."""
    for module in ("app", f"emotion_bot.vision.mtcnn_{engine}", f"emotion_bot.vision.classifier_{engine}"):
        importlib.import_module(module)
    client: Callable[..., object] = boto3.client
    for service in SERVICES:
        client(service, region_name="eu-central-1")
    for kind in (".jpg", ".png", ".webp", ".gif"):
        _, picture = cv2.imencode(kind, np.zeros((8, 8, 3), np.uint8))
        decode(picture.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
