"""The Lambda functions, a folder each; every `app.py` is a thin handler over `emotion_bot`."""
