"""The report in a real browser: no error, no request, keyboard, dark, narrow, printed.

Skipped where there is no browser. `make browser` fetches one; a Chromium of the system is found by itself.
"""

import os
import shutil

import pytest

from semscan.control.charts import draw_trend
from semscan.pipeline.inspecting.images import inspect_images
from semscan.pipeline.reporting.html_page import write_html
from semscan.report.html.trend import html_trend
from semscan.settings import InspectSettings, OutputSettings
from semscan.values.control.trend import Sample
from semscan.values.record import Record

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium: playwright's own, else the system's."""
    with playwright.sync_playwright() as engines:
        own = engines.chromium.executable_path
        path = own if os.path.exists(own) else next(filter(None, map(shutil.which, SYSTEM)), None)
        if path is None:
            pytest.skip("no Chromium here; `make browser` fetches one")
        browser = engines.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, make_model, grey, save_png):
    """The report of three good images, two with a defect and one that is no image."""
    root = tmp_path_factory.mktemp("report")
    for name in ("a.png", "b.png", "c.png", "x bad.png", "<img src=x onerror=alert(1)> bad.png"):
        save_png(root / "lot" / name, grey(spot="bad" in name))
    (root / "lot" / "z.png").write_text("no image")
    settings = InspectSettings(model=str(make_model(root / "model")), output=OutputSettings(out=str(root / "o")))
    list(inspect_images([str(root / "lot")], settings))
    return write_html(root / "o")


@pytest.fixture
def visit(chromium, page_file):
    """Open the page; what it complains about and asks for is in `complaints` and `requests`."""
    opened = []

    def visit(width=800, **context):
        page = chromium.new_page(viewport={"width": width, "height": 900}, **context)
        page.complaints, page.requests = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(page_file.as_uri())
        opened.append(page)
        return page

    yield visit
    for page in opened:
        page.close()


def names(page):
    """The images whose rows are seen, in their order."""
    return page.locator("#image-table tbody tr:visible th bdi:first-child").all_inner_texts()


@pytest.mark.parametrize("width", [380, 800, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_error_no_request_and_nothing_wider_than_the_window(visit, page_file, width, scheme):
    page = visit(width, color_scheme=scheme)
    outside = [url for url in page.requests if not url.startswith("data:") and url != page_file.as_uri()]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert page.complaints == outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate("[...document.images].every((one) => !one.src || one.naturalWidth > 0)")


def test_columns_sort_by_keyboard_and_say_so(visit):
    page = visit()
    score = page.get_by_role("button", name="Score")
    head = page.locator("th[data-sort=score]")
    score.focus()
    page.keyboard.press("Enter")
    falling, first = head.get_attribute("aria-sort"), names(page)
    page.keyboard.press("Space")
    rising, last = head.get_attribute("aria-sort"), names(page)
    page.get_by_role("button", name="Image").click()

    assert (falling, rising) == ("descending", "ascending")
    assert all("bad" in name for name in first[:2])
    assert first[-1] == last[-1] == "z.png", "what has no score is last both ways"
    assert set(last[3:5]) == set(first[:2])
    assert head.get_attribute("aria-sort") is None
    assert names(page)[1:] == ["a.png", "b.png", "c.png", "x bad.png", "z.png"]


def test_filters_hide_rows_and_say_how_many_are_left(visit):
    page = visit()
    page.get_by_label("Verdict").select_option("defect")
    defective = names(page)
    page.get_by_label("Name, class or warning").fill("bad ONERROR")
    one, told = names(page), page.locator("#shown").inner_text()
    page.get_by_role("button", name="Show all").click()
    playwright.expect(page.locator("#shown")).to_have_text("6 of 6 images")

    assert len(defective) == 2
    assert (one, told) == (["<img src=x onerror=alert(1)> bad.png"], "1 of 6 images")
    assert len(names(page)) == 6


def test_a_preview_is_enlarged_and_closed_by_keyboard(visit):
    page = visit()
    page.get_by_role("button", name="Enlarge a.png").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    shown, link = dialog.is_visible(), dialog.locator("a").get_attribute("href")
    page.keyboard.press("Escape")

    assert shown
    assert link == "a.overlay.png"
    assert not dialog.is_visible()


def test_a_link_to_a_hidden_row_shows_it(visit):
    page = visit()
    page.get_by_label("Verdict").select_option("fine")
    page.locator(".cards a").first.click()

    playwright.expect(page.locator("#image-table tbody tr:visible")).to_have_count(6)


def test_without_scripts_everything_is_there_to_read(visit):
    page = visit(java_script_enabled=False)

    assert len(names(page)) == 6
    assert page.locator("#filters").is_hidden()
    assert page.locator(".enlarge").first.is_hidden()
    assert page.get_by_role("link", name="a.png").first.get_attribute("href") == "a.overlay.png"


def test_on_paper_it_is_black_on_white_without_controls(visit):
    page = visit(color_scheme="dark")
    pdf = page.pdf(format="A4")
    page.emulate_media(media="print")

    assert pdf.startswith(b"%PDF")
    assert page.locator("#filters").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_a_trend_fits_the_window_without_scripts_errors_or_requests(chromium, tmp_path):
    names = [f"<img src=x onerror=alert(1)> a long name of week {number}" for number in range(30)]
    records = [
        Record(image="a", source="/a", width=9, height=9, score=0.1, threshold=0.5 + n % 3 / 10, regions=())
        for n in range(30)
    ]
    samples = [Sample(name=name, records=(record,), path=name * 3) for name, record in zip(names, records, strict=True)]
    file = tmp_path / "trend.html"
    file.write_text(html_trend(draw_trend(samples, noun="folder", order="as typed", baseline=None)), "utf-8")
    page = chromium.new_page(viewport={"width": 400, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    widths = []
    for width in (400, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
    images = page.locator("img").count()
    page.close()

    assert (widths, complaints, requests, images) == ([400, 1600], [], [file.as_uri()], 0)
