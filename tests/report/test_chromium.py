"""The report in a real browser: it draws, reacts, fits, and asks the network for nothing."""

import os
import shutil

import pytest

from report.cases import CASES
from underdog.report import html

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    found = os.environ.get("UNDERDOG_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium; install it: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The report of every case, as a file."""
    folder = tmp_path_factory.mktemp("reports")
    for name, make in CASES.items():
        (folder / f"{name}.html").write_text(html(make()), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in CASES}


@pytest.fixture
def open_page(browser, files):
    """Opens a case as a file; when the test ends, nothing may have gone wrong on the page."""
    contexts, wrong = [], []

    def open_(case="tickets", width=1280):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or wrong.append(r.url))
        page.goto(files[case])
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def settle(page):
    """Wait until every plot is drawn to the width of its place."""
    page.wait_for_function(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>"
        " done([...document.querySelectorAll('.plot')].every((p) => p.childElementCount)))))"
    )


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("name", CASES)
def test_every_case_draws_all_its_plots_and_never_scrolls_sideways(open_page, name):
    page = open_page(name)
    for width in (1600, 390, 360):
        page.set_viewport_size({"width": width, "height": 900})
        settle(page)
        drawn = page.locator("figure svg.drawn[role=img][aria-label][aria-description]").count()
        assert drawn == page.locator("figure").count() > 0
        assert overflow(page) <= 0
        room = "(s) => s.parentElement.clientWidth - s.getBoundingClientRect().width"
        assert min(page.locator("svg.drawn").evaluate_all(f"all => all.map({room})")) >= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_points_stand_out_in_light_and_in_dark(open_page, scheme):
    page = open_page()
    page.emulate_media(color_scheme=scheme)
    paper = luminance(page, "body", "backgroundColor")
    assert (paper > 0.5) == (scheme == "light")
    for place, limit in (("body", 7), (".about", 4.5), (".bar a", 4.5), ("svg.drawn text", 4.5)):
        assert contrast(luminance(page, place, "color"), paper) >= limit
    for n in range(9):
        page.evaluate(f"document.body.style.borderTopColor = 'var(--c{n})'")
        assert contrast(luminance(page, "body", "borderTopColor"), paper) >= 3


def luminance(page, selector, name):
    """Relative luminance (WCAG 2.2) of a computed colour."""
    said = page.locator(selector).first.evaluate(f"(e) => getComputedStyle(e).{name}")
    red, green, blue = (int(part) / 255 for part in said[4:-1].split(","))
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_the_theme_button_turns_light_into_dark_and_back(open_page):
    page = open_page()
    papers = [luminance(page, "body", "backgroundColor")]
    for _ in range(2):
        page.click("#theme")
        papers.append(luminance(page, "body", "backgroundColor"))
    assert papers[0] == papers[2] > 0.8 > 0.1 > papers[1]


def test_a_click_on_a_heading_sorts_the_best_first_then_the_other_way_and_unknown_last(open_page):
    page = open_page()
    specs = lambda: page.locator("#leaderboard tbody code").all_inner_texts()  # noqa: E731
    page.click("#leaderboard th:has-text('Per 1,000') button")
    assert specs()[0] == "majority()"
    assert specs()[-1].startswith("fewshot")
    page.click("#leaderboard th:has-text('Per 1,000') button")
    assert specs()[0].startswith("recorded")
    assert specs()[-1].startswith("fewshot")
    assert (
        page.locator("#leaderboard th[aria-sort=descending]").inner_text().startswith("Per 1,000")
    )
    page.click("#leaderboard th.name button")
    assert specs()[0] == "ensemble(linear(), n=5)"


def test_the_leaderboard_shows_the_columns_that_were_asked_for(open_page):
    page = open_page()
    heading = page.locator("#leaderboard th:has-text('Log loss')")
    assert heading.is_hidden()
    page.locator("#views label:has-text('Quality')").click()
    assert heading.is_visible()
    assert page.locator("#leaderboard th:has-text('Latency p50')").is_hidden()


def test_the_cost_axis_changes_and_says_who_is_missing(open_page):
    page = open_page()
    figure = page.locator("#tradeoff")
    assert "$" in figure.locator("g[aria-label='x-axis tick label']").inner_html()
    assert "fewshot" in figure.locator(".missing").inner_text()
    before = figure.locator("g[aria-label=dot] > *").count()
    figure.locator("label:has-text('Latency')").click()
    assert "ms" in figure.locator("g[aria-label='x-axis tick label']").inner_html()
    assert figure.locator("g[aria-label=dot] > *").count() == before + 1


def test_a_contestant_can_be_switched_on_and_off_in_all_plots_at_once(open_page):
    page = open_page()
    dots = lambda key: page.locator(f"#{key} g[aria-label=dot] > *").count()  # noqa: E731
    before = {key: dots(key) for key in ("tradeoff", "versus", "coverage")}
    page.locator("#tradeoff .chip:has-text('majority()')").click()
    assert all(dots(key) > before[key] for key in before)
    page.locator("#versus .chip:has-text('majority()')").click()
    assert {key: dots(key) for key in before} == before
    assert "majority()" in page.locator("#coverage .missing").inner_text()


def test_all_contestants_can_be_switched_off(open_page):
    page = open_page()
    pressed = page.locator("#versus .chip[aria-pressed=true]")
    while pressed.count():
        pressed.first.click()
    assert page.locator("#versus svg").count() == 0
    assert "switched off" in page.locator("#versus .missing").inner_text()


def test_the_pointer_and_the_arrow_keys_tell_what_a_point_is(open_page):
    page = open_page()
    page.locator("#tradeoff g[aria-label=dot] > *").first.hover(force=True)
    page.locator("#tradeoff g[aria-label=tip]:has-text('ensemble(linear(), n=5)')").wait_for()
    page.mouse.move(0, 0)  # else the plot scrolls under a resting pointer, and steps from there
    page.locator("#versus svg.drawn").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('spoken').textContent")
    assert "fewshot" in page.locator("#spoken").inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('spoken').textContent.includes('bayes')")


def test_another_contestant_and_another_view_of_its_mistakes_can_be_chosen(open_page):
    page = open_page()
    figure = page.locator("#confusion")
    assert figure.locator("g[aria-label=cell] > *").count() >= 16
    figure.locator("select").select_option(label="3 · recorded('gpt-4_answer', price='gpt-4_cost')")
    assert "(no label)" in figure.locator("svg").inner_html()
    figure.locator("label:has-text('Most confused pairs')").click()
    assert figure.locator("g[aria-label=bar] > *").count() >= 12


def test_many_labels_stay_usable_on_a_phone(open_page):
    page = open_page("intents", 390)
    assert page.locator("#confusion g[aria-label=bar] > *").count() == 25
    assert overflow(page) <= 0


def test_disagreements_are_found_by_text_and_by_who_was_wrong(open_page):
    page = open_page("pairs")
    visible = page.locator(".cases > li:visible")
    assert visible.count() == 12
    page.fill("#find", "Ticket 4:")
    assert visible.count() == 1
    assert page.locator("#found").inner_text() == "1 of 50 texts"
    page.fill("#find", "")
    assert visible.count() == 50
    page.select_option("#wrong", "7")
    assert visible.count() == page.locator(".cases > li[data-wrong~='7']").count() < 50


def test_a_spec_is_copied_whole(open_page):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".specs li:nth-child(4) .copy").click()
    page.locator(".specs .copy:has-text('Copied')").wait_for()
    spec = "sklearn('ensemble.RandomForestClassifier', n_estimators=300, min_samples_leaf=2)"
    assert page.evaluate("navigator.clipboard.readText()") == spec


def test_hostile_texts_run_nothing(open_page):
    page = open_page("hostile")
    page.wait_for_timeout(100)
    assert "owned" in page.title()  # as words of the title, beside the decision
    assert page.title().startswith("Ship · ")
    assert page.locator("img").count() == 0


def test_the_policy_stops_a_request_that_a_script_might_try(browser, files):
    page = browser.new_page()
    page.goto(files["tickets"])
    blocked = page.evaluate(
        "() => new Promise((done) => { document.addEventListener('securitypolicyviolation',"
        " (e) => done(e.effectiveDirective)); new Image().src = 'http://127.0.0.1:9/x.png'; })"
    )
    page.close()
    assert blocked == "img-src"


def test_paper_is_white_and_has_no_controls(open_page):
    page = open_page(width=794)
    page.emulate_media(media="print", color_scheme="dark")
    assert luminance(page, "body", "backgroundColor") > 0.8
    assert page.locator(".bar").is_hidden()
    assert page.locator("#tradeoff svg.drawn").is_visible()
    assert overflow(page) <= 0


def test_the_slider_of_the_bill_prices_another_volume(open_page):
    page = open_page()
    large = page.locator("#ways tbody tr").nth(0).locator("td").nth(1)
    process = page.locator("#ways tbody tr").nth(1).locator("td").nth(1)
    assert large.text_content() == "$358.00"
    page.locator("#volume").evaluate(
        "(e) => { e.value = 3; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert page.locator("#volume-shown").text_content() == "1,000"
    assert large.text_content() == "$8.95"
    assert process.text_content() == "$3.07"  # a twelfth of the labels, and audits of one per cent
