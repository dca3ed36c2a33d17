"""The interactive route map in a real Chromium: in a report, and as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from reachsim import load
from reachsim.report.facts import facts_of
from reachsim.report.html import render_report
from tests.browser.chromium import CTRL, chromium, click, drag, mouse, open_page
from tests.unit.report.test_html import EVIL, Names, hostile

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
ROOT = Path(__file__).resolve().parents[2]
BOX = (
    "const b = document.querySelector('.reachsim-map .view').getBoundingClientRect();"
    "return [b.left, b.top, b.width, b.height]"
)
VIEW = "return document.querySelector('.reachsim-map .view svg').getAttribute('viewBox').split(' ').map(Number)"
AT = """
  const path = arguments[0].querySelector('.line');
  const point = path.getPointAtLength(path.getTotalLength() * arguments[1]).matrixTransform(path.getScreenCTM());
  return [point.x, point.y];"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports, and pages that hold what a notebook would show."""
    folder = tmp_path_factory.mktemp("maps")
    texts = {}
    for name in ("leaky", "broken"):
        reach = load(ROOT / f"snapshots/{name}-pipeline")
        check = reach.check()
        texts[name] = render_report(check, reach, facts_of(reach.network.snapshot), version="0")
        shown = check._repr_mimebundle_()["text/html"]
        texts[f"notebook-{name}"] = f"<!DOCTYPE html><meta charset=utf-8><title>1</title>{shown}<hr>{shown}"
    texts["hostile"] = render_report(hostile(), Names(), facts_of(reach.network.snapshot), version="0")
    found = {}
    for name, text in texts.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(text, encoding="utf-8")
    return found


def frame(browser: webdriver.Chrome) -> tuple[float, float, float, float]:
    browser.execute_script("document.querySelector('.reachsim-map .view').scrollIntoView({block: 'start'})")
    left, top, width, height = browser.execute_script(BOX)
    return left, top, width, height


def seen(browser: webdriver.Chrome) -> list[float]:
    found: list[float] = browser.execute_script(VIEW)
    return found


def point_at(browser: webdriver.Chrome, css: str, part: float = 0.04) -> tuple[float, float]:
    """A place on the screen that lies on a line."""
    way = browser.find_element("css selector", css)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", way)
    x, y = browser.execute_script(AT, way, part)
    return x, y


def test_the_wheel_zooms_where_it_points(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["leaky"])
    left, top, width, height = frame(browser)
    before = seen(browser)
    x, y = left + width / 4, top + min(height, 600) / 4
    mouse(browser, "mouseWheel", x, y, deltaX=0, deltaY=-400, modifiers=CTRL)
    after = seen(browser)
    assert after[2] < before[2] * 0.6
    held = [before[i] + part * before[i + 2] for i, part in enumerate(((x - left) / width, (y - top) / height))]
    now = [after[i] + part * after[i + 2] for i, part in enumerate(((x - left) / width, (y - top) / height))]
    assert now == pytest.approx(held, abs=2)
    mouse(browser, "mouseWheel", x, y, deltaX=0, deltaY=4000, modifiers=CTRL)
    assert seen(browser)[2] >= before[2]
    assert browser.execute_script("return visualViewport.scale") == 1, "the page itself is not zoomed"


def test_the_wheel_alone_scrolls_the_page_until_the_map_is_chosen(
    browser: webdriver.Chrome, pages: dict[str, Path]
) -> None:  # fmt: skip
    open_page(browser, pages["leaky"])
    left, top, width, _ = frame(browser)
    before, start = seen(browser), browser.execute_script("return scrollY")
    mouse(browser, "mouseWheel", left + width / 2, top + 100, deltaX=0, deltaY=120)
    WebDriverWait(browser, 10).until(lambda page: page.execute_script("return scrollY") == start + 120)
    assert seen(browser) == before
    browser.execute_script("document.querySelector('.reachsim-map .view').focus({preventScroll: true})")
    scrolled = browser.execute_script("return scrollY")
    left, top, width, _ = browser.execute_script(BOX)
    mouse(browser, "mouseWheel", left + width / 2, max(top, 0) + 50, deltaX=0, deltaY=-200)
    assert seen(browser)[2] < before[2]
    assert browser.execute_script("return scrollY") == scrolled


def test_dragging_moves_the_map_and_pins_nothing(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["leaky"])
    left, top, width, _ = frame(browser)
    browser.find_element("css selector", "[data-do=in]").click()
    browser.find_element("css selector", "[data-do=in]").click()
    left, top, width, _ = frame(browser)
    before = seen(browser)
    drag(browser, (left + width / 2, top + 200), (left + width / 2 - 120, top + 150))
    after = seen(browser)
    scale = width / after[2]
    assert after[0] - before[0] == pytest.approx(120 / scale, abs=1)
    assert after[1] - before[1] == pytest.approx(50 / scale, abs=1)
    assert browser.find_element("css selector", ".pinned").get_property("hidden")
    browser.find_element("css selector", "[data-do=whole]").click()
    assert seen(browser)[0] == 0


@pytest.mark.parametrize("page", ["broken", "notebook-broken"])
def test_pointing_at_a_line_tells_the_rule_that_decides(
    page: str, browser: webdriver.Chrome, pages: dict[str, Path]
) -> None:
    open_page(browser, pages[page])
    tip = browser.find_element("css selector", ".reachsim-map .tip")
    assert not tip.is_displayed()
    mouse(browser, "mouseMoved", *point_at(browser, ".way:has(.blocked)"))
    assert tip.is_displayed()
    assert "ENI_SG_RULES_MISMATCH" in tip.text
    assert "sg-03576d431ef22e0fb" in tip.text
    mouse(browser, "mouseMoved", *point_at(browser, ".way:has(.allowed)"))
    assert "route table: rtb-" in tip.text
    assert "security group: " in tip.text
    mouse(browser, "mouseMoved", 1, 1)
    assert not tip.is_displayed()


@pytest.mark.parametrize("page", ["broken", "notebook-broken"])
def test_a_click_pins_a_line_and_another_unpins_it(
    page: str, browser: webdriver.Chrome, pages: dict[str, Path]
) -> None:
    open_page(browser, pages[page])
    pinned = browser.find_element("css selector", ".reachsim-map .pinned")
    click(browser, *point_at(browser, ".way:has(.blocked)"))
    way = browser.find_element("css selector", ".way[aria-pressed=true]")
    assert pinned.is_displayed()
    assert "ENI_SG_RULES_MISMATCH" in pinned.text
    mouse(browser, "mouseMoved", 1, 1)
    assert pinned.is_displayed()
    if page == "broken":
        link = pinned.find_element("css selector", "a")
        target = str(link.get_dom_attribute("href")).removeprefix("#")
        browser.execute_script("arguments[0].click()", link)
        assert browser.find_element("id", target).get_property("open")
    else:
        assert "the request" in pinned.text
        assert "network ACL" in pinned.text
    click(browser, *point_at(browser, ".way[aria-pressed=true]"))
    assert not pinned.is_displayed()
    assert way.get_dom_attribute("aria-pressed") == "false"


def test_the_keyboard_does_what_the_mouse_does(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["broken"])
    view = browser.find_element("css selector", ".reachsim-map .view")
    whole = seen(browser)
    view.send_keys("++")
    assert seen(browser)[2] < whole[2]
    before = seen(browser)
    view.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert seen(browser)[0] > before[0]
    assert seen(browser)[1] > before[1]
    view.send_keys("0")
    assert seen(browser) == whole
    view.send_keys("n")
    tip = browser.find_element("css selector", ".tip")
    first = tip.text
    assert "→" in first
    browser.switch_to.active_element.send_keys("n")
    assert tip.text != first
    browser.switch_to.active_element.send_keys("p")
    assert tip.text == first
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    pinned = browser.find_element("css selector", ".pinned")
    assert pinned.text.splitlines()[-1]
    assert pinned.is_displayed()
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not pinned.is_displayed()
    assert browser.execute_script("return document.activeElement.className") == "view"
    view.send_keys(Keys.TAB)  # the lines are no stops of their own
    assert browser.execute_script("return document.activeElement.tagName") == "SUMMARY"


def test_a_notebook_that_shows_two_maps_keeps_them_apart(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["notebook-leaky"])
    first, second = browser.find_elements("css selector", ".reachsim-map.live")
    browser.execute_script("arguments[0].querySelector('[data-do=in]').click()", second)
    boxes = [one.find_element("css selector", "svg").get_dom_attribute("viewBox") for one in (first, second)]
    assert boxes[0] != boxes[1]
    assert browser.get_log("browser") == []


def test_names_stay_text_when_they_are_told(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["hostile"])
    click(browser, *point_at(browser, ".way"))
    pinned = browser.find_element("css selector", ".pinned")
    assert EVIL.split("\u202e")[0] in pinned.text
    assert browser.find_elements("css selector", ".pinned script") == []
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_it_fits_the_screen_and_prints_whole(width: int, browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["leaky"], width)
    _, _, wide, high = frame(browser)
    assert wide <= width
    scale = wide / seen(browser)[2]
    assert scale >= 0.61
    assert seen(browser)[3] * scale == pytest.approx(high, abs=3)
    browser.execute_script("document.querySelector('[data-do=in]').click(); dispatchEvent(new Event('beforeprint'))")
    map_width = browser.execute_script("return Number(document.querySelector('.view svg').getAttribute('width'))")
    assert seen(browser)[2] == map_width
