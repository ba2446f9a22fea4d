"""A page of Dagster's UI in a real browser, by what a person sees there: texts, names of buttons, rows of tables.

Belongs here: how one waits and clicks, and Chromium's options. Does not: what should stand on a page (the tests).
Nothing goes by Dagster's class names or ids, which are made anew with each build of it.
"""

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from selenium import webdriver
from selenium.common import exceptions
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

__all__ = ["Page", "open_browser"]

T = TypeVar("T")

LIMIT_S = 240.0  # a machine that is busy may need long; what is wrong never comes
POLL_S = 0.1
STILL_S = 0.3  # longer than a frame of a machine that is busy
SIZE = (1280, 900)
SHARPNESS = 1.25  # a picture's pixels for one of the page's
WHILE_DRAWN = (  # React may take an element away, cover or disable it between our look and our click
    exceptions.StaleElementReferenceException,
    exceptions.NoSuchElementException,
    exceptions.ElementNotInteractableException,
    exceptions.ElementClickInterceptedException,
)


@contextmanager
def open_browser() -> Iterator[webdriver.Chrome]:
    """Chromium without a window, driven through its distribution's own chromedriver: nothing is downloaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program("INKWELL_CHROMIUM", "chromium")
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en-GB"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # as root, as in CI's containers, it does not start otherwise
    service = webdriver.ChromeService(_program("INKWELL_CHROMEDRIVER", "chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def _program(variable: str, name: str) -> str:
    """Named outright, since selenium would look for a download otherwise."""
    wanted = os.environ.get(variable, name)
    if (found := shutil.which(wanted)) is None:
        pytest.fail(f"{wanted} is not installed (Debian: apt-get install chromium chromium-driver)", pytrace=False)
    return found


class Page:
    """What the browser shows of the UI at `url`. All that looks for something waits for it.

    Where it does not come, `traces` gets how the page looks then. `pictures` is the folder that `picture` fills;
    without one it takes none.
    """

    def __init__(self, driver: webdriver.Chrome, url: str, *, traces: Path, pictures: Path | None) -> None:
        self._driver, self._url, self._traces, self._pictures = driver, url, traces, pictures
        self.resize()

    def open(self, path: str) -> None:
        """Goes there, by a path below the UI's address."""
        self._driver.get(self._url + path)

    def press(self, name: str) -> None:
        """Clicks the button, link or tab of that name; "…" at its end stands for any ending."""
        element = f"//*[self::button or self::a or @role='tab' or @role='button'][{_named(name)}]"
        self._wait(lambda: self._click(f"({element})[last()]"), f"to press {name!r}")

    def switch(self, label: str) -> None:
        """Turns the switch in the row that begins with the label; its box itself is hidden, its label is clicked."""
        self._wait(
            lambda: self._click(f"//tr[{_first_cell(label)}]//label[input[@type='checkbox']]"), f"{label} switch"
        )

    def is_on(self, label: str) -> bool:
        """Whether the switch in the row that begins with the label is on."""
        box = f"//tr[{_first_cell(label)}]//input[@type='checkbox']"
        return self._wait(lambda: (self._driver.find_element(By.XPATH, box).is_selected(),), f"{label} switch")[0]

    def see(self, *texts: str) -> str:
        """Waits until one of the texts is on the page, and says which."""
        return self._wait(lambda: next((text for text in texts if text in self.text), None), " or ".join(texts))

    def see_times(self, text: str, times: int) -> None:
        """Waits until the page has the text that often."""
        self._wait(lambda: self.text.count(text) == times, f"{text!r}, {times} times")

    def see_within(self, role: str, text: str) -> str:
        """Waits until a part of that role, such as `dialog`, has the text, and gives all of that part's text."""
        parts = f"//*[@role='{role}']"
        return self._wait(
            lambda: next((part.text for part in self._elements(parts) if text in part.text), None), f"{text} in {role}"
        )

    def row(self, label: str) -> str:
        """The text of the table's row that begins with the label, without it."""
        row = f"//tr[{_first_cell(label)}]"
        said = self._wait(lambda: next((element.text for element in self._elements(row)), None), f"a row {label!r}")
        return said.removeprefix(label).strip()

    def row_press(self, label: str, name: str) -> None:
        """Clicks what has that name in the row that begins with the label."""
        element = f"//tr[{_first_cell(label)}]//*[self::button or self::a][{_named(name)}]"
        self._wait(lambda: self._click(element), f"{name!r} in the row {label!r}")

    def links(self) -> list[str]:
        """Where the page's links lead."""
        return [href for link in self._elements("//a[@href]") if (href := link.get_attribute("href"))]

    def count(self, role: str) -> int:
        """How many parts of that role there are now."""
        return len(self._elements(f"//*[@role='{role}']"))

    @property
    def text(self) -> str:
        """All that can be read on it now."""
        return self._driver.find_element(By.TAG_NAME, "body").text

    @property
    def path(self) -> str:
        """Where it is, below the UI's address."""
        return self._driver.current_url.removeprefix(self._url)

    def resize(self, width: int = SIZE[0], height: int = SIZE[1]) -> None:
        """Makes the page so large, in CSS pixels."""
        shape = {"width": width, "height": height, "deviceScaleFactor": SHARPNESS, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)

    def picture(self, name: str) -> None:
        """Takes a picture for the README, where that is wanted: WebP, which Chromium makes itself."""
        if self._pictures is not None:
            shot = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 80})
            (self._pictures / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))

    def _elements(self, xpath: str) -> list[WebElement]:
        return self._driver.find_elements(By.XPATH, xpath)

    def _click(self, xpath: str) -> bool:
        element = self._driver.find_element(By.XPATH, xpath)
        if not element.is_enabled() or not self._is_still(element):
            return False
        element.click()
        return True

    def _is_still(self, element: WebElement) -> bool:
        """What slides into its place, or is pushed down by what comes before it, would be clicked beside it."""
        place = element.rect
        time.sleep(STILL_S)
        return place == element.rect

    def _wait(self, look: Callable[[], T | None], wanted: str) -> T:
        waiting = WebDriverWait(self._driver, LIMIT_S, POLL_S, ignored_exceptions=WHILE_DRAWN)
        try:
            return waiting.until(lambda _: look() or None)  # type: ignore[return-value]
        except exceptions.TimeoutException:
            self._driver.save_screenshot(self._traces / "page.png")
            (self._traces / "page.txt").write_text(f"{self.path}\n\n{self.text}\n")
            raise AssertionError(f"{wanted}: not on {self.path} within {LIMIT_S:.0f} s; see {self._traces}") from None


def _named(name: str) -> str:
    start = name.removesuffix("…")
    test = f"starts-with(normalize-space(), '{start}')" if name.endswith("…") else f"normalize-space()='{name}'"
    return f"not(@disabled) and {test}"


def _first_cell(label: str) -> str:
    return f"td[1][normalize-space()='{label}']"
