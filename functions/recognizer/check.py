"""Fails if something is missing that the function loads: `python check.py ENGINE`, run where app.py lies."""

from __future__ import annotations

import importlib
import sys
from base64 import b64decode
from typing import TYPE_CHECKING

import boto3
import cv2
import numpy as np

from emotion_bot.vision.apart import RecognitionFailed, RecognizerApart
from emotion_bot.vision.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICES = ("dynamodb", "s3", "sqs", "ssm")
# 64 x 64 pixels of black: there is no encoder in the image.
HEIC = (
    "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAU5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABcgABAAAAAAAAABIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAAzmlwcnAAAACvaXBjbwAAAHJodmNDAQQIAAAAn/gAAAAAHvAA/Pz4+AAADwNgAAEAF0ABDAH//wQIAAADAJ/4AAAD"
    "AAAeugJAYQABACZCAQEECAAAAwCf+AAAAwAAHsCCBBZbqSSmubAgAAADAyAAAAMAIWIAAQAHRAHBcrAiQAAAABNjb2xybmNseAAB"
    "AA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAA5waXhpAAAAAAEIAAAAF2lwbWEAAAAAAAAAAQABBIECAwQAAAAabWRhdAAAAA4o"
    "Aa4nw/Qp///dcdl/xw=="
)


def main(engine: str) -> None:
    """Import the function and its engine, call AWS's clients into being, read and write pictures.

    And ask the process that looks at photos, which without a bundle can but say that it has none.
    """
    for module in ("app", f"emotion_bot.vision.mtcnn_{engine}", f"emotion_bot.vision.classifier_{engine}"):
        importlib.import_module(module)
    client: Callable[..., object] = boto3.client
    for service in SERVICES:
        client(service, region_name="eu-central-1")
    for kind in (".jpg", ".png", ".webp", ".gif"):
        _, picture = cv2.imencode(kind, np.zeros((8, 8, 3), np.uint8))
        decode(picture.tobytes())
    decode(b64decode(HEIC))
    recognizer = RecognizerApart()
    try:
        recognizer.recognize(b64decode(HEIC))
    except RecognitionFailed as error:
        if not str(error).endswith("LookupError"):
            raise
    recognizer.close()


if __name__ == "__main__":
    main(sys.argv[1])
