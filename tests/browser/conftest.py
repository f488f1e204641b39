"""A real browser, the one of this machine; without one these tests say how to get it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HOW = "no browser: as root on Debian `apt-get install -y chromium`, on macOS `brew install --cask chromium`"
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()
QUIET += "--disable-component-update --disable-sync".split()


def _found() -> str | None:
    given = os.environ.get("SOJOURN_BROWSER")
    named = (shutil.which(name) for name in ([given] if given else NAMES))
    return next((path for path in named if path), next((m for m in MACS if Path(m).exists()), None))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = _found()
    if path is None:
        pytest.skip(HOW)
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()
