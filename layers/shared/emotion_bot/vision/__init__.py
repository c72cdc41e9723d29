"""Pixels in, faces out: decode, detect, crop, classify, annotate. Knows neither Telegram nor AWS."""

from emotion_bot.vision.classification import EmotionClassifier
from emotion_bot.vision.decode import decode
from emotion_bot.vision.detection import Detection, FaceDetector
from emotion_bot.vision.errors import PhotoError, PhotoTooLarge, UnreadablePhoto
from emotion_bot.vision.recognition import Face, Recognition
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
