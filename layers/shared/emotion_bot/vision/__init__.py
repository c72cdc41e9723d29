"""Pixels in, faces out: decode, detect, crop, classify, annotate. Knows neither Telegram nor AWS."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emotion_bot.vision.classification import EmotionClassifier
    from emotion_bot.vision.decoding import decode
    from emotion_bot.vision.detection import Detection, FaceDetector
    from emotion_bot.vision.errors import PhotoError, PhotoTooLarge, UnreadablePhoto
    from emotion_bot.vision.face import Face
    from emotion_bot.vision.recognition import Recognition
    from emotion_bot.vision.recognizer import Recognizer

__all__ = [
    "Detection",
    "EmotionClassifier",
    "Face",
    "FaceDetector",
    "PhotoError",
    "PhotoTooLarge",
    "Recognition",
    "Recognizer",
    "UnreadablePhoto",
    "decode",
]

_MODULES = {
    "Detection": "detection",
    "EmotionClassifier": "classification",
    "Face": "face",
    "FaceDetector": "detection",
    "PhotoError": "errors",
    "PhotoTooLarge": "errors",
    "Recognition": "recognition",
    "Recognizer": "recognizer",
    "UnreadablePhoto": "errors",
    "decode": "decoding",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: who lets photos be looked at `apart` needs no numpy."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
