"""The page of a review in a real browser, by the keyboard alone. Skipped where there is no browser."""

import json
import os
import shutil
from urllib.parse import urlsplit

import pytest

from semscan.pipeline.review import open_review

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
HTML = "<img src=x onerror=alert(1)> bad.png"


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium: playwright's own, else the system's."""
    with playwright.sync_playwright() as engines:
        own = engines.chromium.executable_path
        path = own if os.path.exists(own) else next(filter(None, map(shutil.which, SYSTEM)), None)
        if path is None:
            pytest.skip("no Chromium here; `make browser` fetches one")
        browser = engines.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open the page of a review; what it complains about and asks for is in `complaints` and `requests`."""
    opened = []

    def visit(review, width=1200, **context):
        page = chromium.new_page(viewport={"width": width, "height": 900}, **context)
        page.complaints, page.requests = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(review.url)
        opened.append(page)
        is_seen(page)
        return page

    yield visit
    for page in opened:
        page.close()


def is_seen(page):
    """Wait until the image of the page can be judged."""
    playwright.expect(page.locator("#stage")).to_have_attribute("aria-busy", "false")


def press(page, *keys):
    """Press keys one after the other, each on an image that is seen."""
    for key in keys:
        page.keyboard.press(key)
        is_seen(page)


def shown(page):
    """The name of the image."""
    return page.locator("#image-name").inner_text()


def is_saved(page, words):
    """Wait until the page says that a decision is saved."""
    playwright.expect(page.locator("#saved")).to_contain_text(words)


def test_thirty_images_are_reviewed_by_the_keyboard_alone(visit, inspected, decided):
    names = [f"{number:02}{' bad' if number % 3 == 0 else ''}.png" for number in range(30)]
    folder = inspected(*names)
    expected = []
    with open_review(folder, name="Ada") as review:
        page = visit(review)
        for number, name in enumerate(names):
            assert shown(page) == name
            if number == 4:  # a second thought: undone, and said otherwise
                press(page, "u", "z", "h")
                expected += [(name, None, "unsure"), (name, None, "undone"), (name, None, "harmless")]
            elif number == 6:  # called real, then harmless with a class and a note
                press(page, "r", "ArrowLeft", "h", "ArrowLeft", "c")
                page.keyboard.type("residue")
                press(page, "Enter", "n")
                page.keyboard.type("charging, see 03")
                press(page, "Enter", "ArrowRight")
                expected += [(name, 1, "real"), *[(name, 1, "harmless")] * 3]
            elif number == 7:  # a defect that was missed: a box by two corners
                press(page, "d", "Shift+ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "ArrowDown", "Enter")
                expected.append((name, None, "missed"))
                is_saved(page, name)
                press(page, "ArrowRight")
            else:
                press(page, "r" if number % 3 == 0 else "h")
                expected.append((name, 1 if number % 3 == 0 else None, "real" if number % 3 == 0 else "harmless"))
        playwright.expect(page.locator("#progress-words")).to_have_text("30 of 30 images reviewed")
        page.keyboard.press("u")  # the last image once more, and the page is gone at once
        expected.append((names[-1], None, "unsure"))
        is_saved(page, "unsure")
        page.close(run_before_unload=False)
        lines = decided(folder)
        asked = {urlsplit(url).netloc for url in page.requests}
        home = urlsplit(review.url).netloc

    made = [(line["image"].rpartition("/")[2], line["region"], line["verdict"]) for line in lines]
    (missed,) = (line for line in lines if line["verdict"] == "missed")
    last_of_six = [line for line in lines if line["image"].endswith("06 bad.png")][-1]
    left, top, wide, high = (missed["polygon"][0][0], missed["polygon"][0][1], 1, 2)
    assert made == expected
    assert missed["polygon"] == [[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]]
    assert (last_of_six["class"], last_of_six["note"], last_of_six["by"]) == ("residue", "charging, see 03", "Ada")
    assert asked == {home}
    assert page.complaints == []


def test_a_polygon_is_drawn_by_keyboard_and_taken_back(visit, inspected, decided):
    folder = inspected("a.png")
    with open_review(folder, name="") as review:
        page = visit(review)
        far = ["Shift+ArrowRight"]
        press(page, "p", "Enter", *far, "Enter", "Shift+ArrowDown", "Enter", "Enter")
        is_saved(page, "drawn")
        listed = page.locator("#things").inner_text()
        press(page, "Delete")
        is_saved(page, "undone")
        left = page.locator("#things").inner_text()

    missed, undone = decided(folder)
    assert len(missed["polygon"]) == 3
    assert (undone["verdict"], undone["polygon"], undone["by"]) == ("undone", missed["polygon"], None)
    assert "missed defect" in listed
    assert "missed defect" not in left


def test_undo_says_again_what_was_said_before(visit, inspected, decided):
    folder = inspected("a.png", "b.png")
    with open_review(folder) as review:
        page = visit(review)
        press(page, "r", "ArrowLeft", "1", "h", "z", "z", "z")
        is_saved(page, "undone")
        press(page, "z")

    made = [(line["verdict"], line["class"]) for line in decided(folder)]
    assert made == [
        *[("real", None), ("real", "bridge"), ("harmless", "bridge")],
        *[("real", "bridge"), ("real", None), ("undone", None)],
    ]


def test_the_mouse_draws_a_box_and_picks_a_region(visit, inspected, decided):
    folder = inspected("bad.png")
    with open_review(folder) as review:
        page = visit(review)
        frame = page.locator("#panes figure div").first.bounding_box()
        scale = min(frame["width"] / 64, frame["height"] / 48)
        middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2

        def at(x, y):
            return middle[0] + (x - 32) * scale, middle[1] + (y - 24) * scale

        press(page, "d")
        page.mouse.move(*at(5, 5))
        page.mouse.down()
        page.mouse.move(*at(15, 12), steps=3)
        page.mouse.up()
        is_saved(page, "drawn")
        page.mouse.click(*at(34, 23))
        chosen = page.locator("#things [aria-current]").inner_text()

    (line,) = decided(folder)
    assert line["polygon"] == [[5, 5], [15, 5], [15, 12], [5, 12]]
    assert chosen.startswith("1 ")


def test_a_drawing_is_left_with_its_image(visit, inspected, decided):
    folder = inspected("a.png", "b.png")
    with open_review(folder) as review:
        page = visit(review)
        press(page, "d", "Enter")
        shows_help = page.locator("#drawing-help").is_visible()
        page.get_by_role("button", name="Next").click()
        is_seen(page)
        helps_on = page.locator("#drawing-help").is_visible()
        press(page, "h")
        is_saved(page, "b.png")

    (line,) = decided(folder)
    assert (shows_help, helps_on) == (True, False)
    assert (line["verdict"], line["polygon"]) == ("harmless", None)


def test_two_pages_see_what_the_other_decides(visit, inspected, decided):
    folder = inspected("a.png", "b.png")
    with open_review(folder) as review, open_review(folder) as second:
        one, other = visit(review), visit(second)
        press(one, "h")
        playwright.expect(other.locator("#progress-words")).to_have_text("1 of 2 images reviewed", timeout=15000)
        press(other, "ArrowRight", "u")
        playwright.expect(one.locator("#progress-words")).to_have_text("2 of 2 images reviewed", timeout=15000)

    assert [line["verdict"] for line in decided(folder)] == ["harmless", "unsure"]


def test_what_cannot_be_saved_is_said_and_saved_later(visit, inspected, decided):
    folder = inspected("a.png", "b.png")
    with open_review(folder) as review:
        page = visit(review)
        (folder / "review.jsonl").mkdir()
        press(page, "h", "u")
        trouble = page.locator("#trouble")
        playwright.expect(trouble).to_contain_text("Not saved yet (2)")
        (folder / "review.jsonl").rmdir()
        playwright.expect(trouble).to_be_hidden(timeout=15000)

    assert [line["verdict"] for line in decided(folder)] == ["harmless", "unsure"]


def test_a_server_that_is_gone_is_said(visit, inspected):
    with open_review(inspected("a.png")) as review:
        page = visit(review)
    page.keyboard.press("h")

    playwright.expect(page.locator("#trouble")).to_contain_text("the server does not answer")


def test_names_with_html_stay_text(visit, inspected):
    with open_review(inspected(HTML)) as review:
        page = visit(review)
        assert shown(page) == HTML
        assert page.locator("#list bdi").inner_text() == HTML
        assert page.locator("img").count() == 0
        assert page.complaints == []


def test_the_token_leaves_the_address_bar_and_a_reload_still_works(visit, inspected):
    with open_review(inspected("a.png")) as review:
        page = visit(review)
        assert urlsplit(page.url).query == ""
        page.reload()
        is_seen(page)
        assert shown(page) == "a.png"


def test_the_list_is_filtered_and_ordered(visit, inspected):
    with open_review(inspected("a.png", "b bad.png", "c.png", "d bad.png")) as review:
        page = visit(review)
        press(page, "h", "/")
        page.get_by_label("Result").select_option("defect")
        playwright.expect(page.locator("#shown")).to_have_text("2 of 4 images shown")
        page.get_by_label("Result").select_option("")
        page.locator("#filter-decision").select_option("open")
        playwright.expect(page.locator("#list bdi").first).to_have_text("b bad.png")
        page.get_by_label("Name").fill("c.p")
        playwright.expect(page.locator("#list bdi")).to_have_count(1)
        page.get_by_role("button", name="Show all").click()
        page.get_by_label("Order").select_option("falling")
        playwright.expect(page.locator("#list bdi").first).to_contain_text("bad.png")
        playwright.expect(page.locator("#list bdi").last).not_to_contain_text("bad.png")


def test_nuisance_regions_need_no_decision(visit, inspected, decided):
    folder = inspected("bad.png", "c.png")
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text("utf-8").splitlines()]
    (region,) = lines[0]["regions"]
    lines[0]["regions"] = [{**region, "nuisance": True}, {**region, "id": 2}, {**region, "id": 3, "nuisance": True}]
    (folder / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with open_review(folder) as review:
        page = visit(review)
        chosen = page.locator("#things [aria-current]").inner_text()
        press(page, "r")
        after = shown(page)
        playwright.expect(page.locator("#progress-words")).to_have_text("1 of 2 images reviewed")
        is_saved(page, "bad.png")

    assert chosen.startswith("2 ")
    assert after == "c.png"
    assert [line["region"] for line in decided(folder)] == [2]


def test_only_the_rows_that_are_seen_are_there(visit, inspected):
    folder = inspected("000.png")
    record = (folder / "results.jsonl").read_text("utf-8")
    records = [record.replace("000.png", f"{number:03}.png") for number in range(120)]
    (folder / "results.jsonl").write_text("".join(records), "utf-8")
    with open_review(folder) as review:
        page = visit(review)
        rows = page.locator("#list li")
        assert rows.count() < 60
        page.evaluate("document.querySelector('#list').scrollTop = 1e6")
        playwright.expect(page.locator("#list bdi").last).to_have_text("119.png")
        assert rows.count() < 60


def test_views_change_by_key(visit, inspected):
    with open_review(inspected("bad.png")) as review:
        page = visit(review)
        captions = page.locator("#panes figcaption")
        both = captions.all_inner_texts()
        press(page, "v")
        one = captions.all_inner_texts()
        press(page, "b")
        flipped = captions.all_inner_texts()
        press(page, "?")
        keys = page.locator("#help dt").count()
        page.keyboard.press("Escape")

        assert both == ["Test", "Anomaly map"]
        assert (one, flipped) == (["Test"], ["Anomaly map"])
        assert keys > 20
        assert page.locator("#help").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(visit, results, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    with open_review(results) as review:
        page = visit(review, 400, color_scheme=scheme, bypass_csp=True)
        press(page, "ArrowRight", "r")
        page.locator("#filter-box summary").click()
        for width in (400, 800, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            is_seen(page)
            found = axe.Axe().run(page)
            page.get_by_role("button", name="Keys").click()
            in_help = axe.Axe().run(page)
            page.keyboard.press("Escape")

            assert page.evaluate("document.documentElement.scrollWidth") <= width
            violations = [*found.response["violations"], *in_help.response["violations"]]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 24, 28)"
        )
