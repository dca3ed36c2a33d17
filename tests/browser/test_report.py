"""The report in a real Chromium: clicks, search, keyboard, narrow screens, and no request and no error of any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from reachsim import load
from reachsim.report.diff_html import render_diff_html
from reachsim.report.facts import facts_of
from reachsim.report.html import render_report
from tests.browser.chromium import chromium, open_page
from tests.unit.report.test_html import Names, hostile

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for name in ("private", "leaky", "broken"):
        reach = load(ROOT / f"snapshots/{name}-pipeline")
        check, facts = reach.check(), facts_of(reach.network.snapshot)
        for lang in ("en", "ja"):
            found[f"{name}-{lang}"] = folder / f"{name}-{lang}.html"
            text = render_report(check, reach, facts, version="0", lang=lang)  # type: ignore[arg-type]
            found[f"{name}-{lang}"].write_text(text, encoding="utf-8")
    found["hostile"] = folder / "hostile.html"
    facts = facts_of(load(ROOT / "snapshots/private-pipeline").network.snapshot)
    found["hostile"].write_text(render_report(hostile(), Names(), facts, version="0"), encoding="utf-8")
    leaky = load(ROOT / "snapshots/leaky-pipeline")
    diff = leaky.diff(leaky.what_if(remove=[*leaky.network.nat_gateways]))
    for lang in ("en", "ja"):
        found[f"diff-{lang}"] = folder / f"diff-{lang}.html"
        page = render_diff_html(diff, leaky, before="old", after="new", version="0", lang=lang)  # type: ignore[arg-type]
        found[f"diff-{lang}"].write_text(page, encoding="utf-8")
    return found


def requests(browser: webdriver.Chrome) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
    ]  # fmt: skip


def shown(browser: webdriver.Chrome, css: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent).map(e => e.id)"
    found: list[str] = browser.execute_script(script, css)
    return found


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("name", ["private-en", "leaky-en", "broken-ja", "hostile", "diff-en", "diff-ja"])
def test_no_error_no_request_and_nothing_wider_than_the_screen(
    name: str, width: int, browser: webdriver.Chrome, pages: dict[str, Path]
) -> None:
    open_page(browser, pages[name], width)
    browser.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true })")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.save_screenshot(str(pages[name].with_suffix(f".{width}.png")))
    assert browser.get_log("browser") == []
    sent = [url for url in requests(browser) if not url.startswith("data:")]
    assert sent == [pages[name].as_uri()]


def test_a_cell_leads_to_its_trace(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["broken-en"])
    link = browser.find_element("css selector", "table.matrix td.blocked a")
    target = str(link.get_dom_attribute("href")).removeprefix("#")
    link.click()
    trace = browser.find_element("id", target)
    assert trace.get_property("open")
    assert "Blocked by" in trace.text
    assert browser.execute_script("return document.activeElement.tagName") == "SUMMARY"
    browser.execute_script("arguments[0].open = false", trace)
    link.click()  # the same link once more
    assert trace.get_property("open")


def test_search_and_choice_narrow_the_lists(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["leaky-en"])
    total = len(shown(browser, "#trace-list > details"))
    search = browser.find_element("css selector", "#traces input")
    search.send_keys("codebuild:LEGACY-build → STS")
    some = shown(browser, "#trace-list > details")
    assert 0 < len(some) < total
    assert browser.find_element("css selector", "#traces output").text.startswith(f"{len(some)} / {total}")
    search.send_keys(" no such words")
    assert shown(browser, "#trace-list > details") == []
    search.clear()
    search.send_keys("x\b")
    assert len(shown(browser, "#trace-list > details")) == total
    browser.find_element("css selector", "#traces select option[value=blocked]").click()
    assert 0 < len(shown(browser, "#trace-list > details")) < total
    browser.find_element("css selector", "#findings select option[value=high]").click()
    high = len(browser.find_elements("css selector", "article.high"))
    assert len(shown(browser, "#finding-list > article")) == high


def test_all_traces_open_and_close_at_once(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    open_page(browser, pages["private-ja"])
    buttons = browser.find_elements("css selector", "#traces button")
    buttons[0].click()
    traces = browser.find_elements("css selector", "#trace-list > details")
    assert all(trace.get_property("open") for trace in traces)
    buttons[1].click()
    assert not any(trace.get_property("open") for trace in traces)


def test_the_keyboard_reaches_everything(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(browser, pages["broken-en"])
    reached = []
    for _ in range(120):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.execute_script("return document.activeElement.tagName.toLowerCase()"))
    assert reached[0] == "a"
    assert browser.execute_script("return document.querySelector('.skip').getAttribute('href')") == "#verdict"
    assert {"a", "input", "select", "button", "summary", "div"} <= set(reached)
    summary = browser.find_element("css selector", "#trace-list summary")
    summary.send_keys(Keys.ENTER)
    assert browser.find_element("css selector", "#trace-list details").get_property("open")


@pytest.mark.parametrize("name", ["leaky-en", "diff-en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    scheme: str, name: str, browser: webdriver.Chrome, pages: dict[str, Path]
) -> None:
    """WCAG's contrast of at least 4.5 for every colour that text takes."""
    open_page(browser, pages[name])
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    script = """
      const light = (rgb) => rgb.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const parse = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
      const ground = light(parse(getComputedStyle(document.body).backgroundColor));
      return [...document.querySelectorAll("a, p, dt, td a, .badge, code")].map((element) => {
        const text = light(parse(getComputedStyle(element).color));
        return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
      });"""
    ratios = browser.execute_script(script)
    assert min(ratios) >= 4.5
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_labels_of_the_map_do_not_overlap(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    script = """
      const boxes = [...document.querySelectorAll("svg.map:not(.key) text")].map((e) => e.getBoundingClientRect());
      const hits = [];
      boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
        if (a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom) hits.push([a, b]);
      }));
      const outside = [...document.querySelectorAll("svg.map:not(.key) g:has(> rect)")].filter((g) => {
        const text = g.querySelector("text").getBoundingClientRect();
        const box = g.querySelector("rect").getBoundingClientRect();
        return text.left < box.left || text.right > box.right + 0.5;
      });
      return [hits.length, outside.length, boxes.length];"""
    for name in ("private-en", "leaky-en", "broken-ja", "diff-en"):
        open_page(browser, pages[name])
        hits, outside, count = browser.execute_script(script)
        assert (hits, outside) == (0, 0)
        assert count > 20


@pytest.mark.parametrize("name", ["diff-en", "diff-ja"])
def test_no_word_of_a_comparison_is_broken(name: str, browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    """Of findings that came and went: "ne" stood over "w"."""
    script = """
      const lines = (cell) => { const all = document.createRange(); all.selectNodeContents(cell);
        return new Set([...all.getClientRects()].map((one) => Math.round(one.top))).size };
      return [...document.querySelectorAll("#findings tbody th")].map(lines);"""
    browser.set_window_size(1440, 900)
    open_page(browser, pages[name])
    found = browser.execute_script(script)
    assert found
    assert set(found) == {1}


def test_it_prints(browser: webdriver.Chrome, pages: dict[str, Path]) -> None:
    import base64

    open_page(browser, pages["leaky-en"])
    data = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert data.startswith(b"%PDF")
    pages["leaky-en"].with_suffix(".pdf").write_bytes(data)
