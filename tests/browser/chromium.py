"""A headless Chromium, and how to open a page and use the mouse in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver

LOG = {"performance": "ALL", "browser": "ALL"}
CTRL = 2


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert binary, "install Debian's chromium"
    assert driver, "install Debian's chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", LOG)
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield found
    found.quit()


def open_page(browser: webdriver.Chrome, page: Path, width: int = 1280, height: int = 900) -> None:
    browser.get("about:blank")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    for kind in LOG:
        browser.get_log(kind)  # reading it empties it
    browser.get(page.as_uri())


def mouse(browser: webdriver.Chrome, kind: str, x: float, y: float, **more: object) -> None:
    """A mouse event as the system would send it."""
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})


def drag(browser: webdriver.Chrome, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse(browser, "mousePressed", *start, button="left", clickCount=1)
    for part in (0.3, 0.6, 1.0):
        x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
        mouse(browser, "mouseMoved", x, y, button="left", buttons=1)
    mouse(browser, "mouseReleased", *end, button="left", clickCount=1)


def click(browser: webdriver.Chrome, x: float, y: float) -> None:
    mouse(browser, "mouseMoved", x, y)
    mouse(browser, "mousePressed", x, y, button="left", clickCount=1)
    mouse(browser, "mouseReleased", x, y, button="left", clickCount=1)
