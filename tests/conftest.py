"""What all tests share: no way to a real account, the sample photographs, the released store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.leaks"]

ROOT = Path(__file__).parents[1]

# Before anything is imported that reads them: no test can reach, or spend from, a real account.
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL"):
    os.environ.pop(name, None)
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_TRACE_DISABLED": "true",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs chromium")


@pytest.fixture(scope="session")
def photos() -> Path:
    """The sample photographs."""
    return ROOT / "playground" / "photos"


@pytest.fixture(scope="session")
def store() -> Path:
    """The released store."""
    return ROOT / "models"
