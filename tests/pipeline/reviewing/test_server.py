"""The server of a review: what it answers, what it refuses, and what it writes."""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import read_review
from semscan.files.disk.atomic import write_tiff_grey
from semscan.pipeline.reviewing.access import Access
from semscan.pipeline.reviewing.decisions import Decisions
from semscan.pipeline.reviewing.lot import read_lot
from semscan.pipeline.reviewing.server import application

PORT = 5999
HOME = f"http://127.0.0.1:{PORT}"
SPOT = [30, 20, 8, 6]  # x, y, width, height of the spot in the tests' images


@pytest.fixture
def access():
    return Access(PORT)


@pytest.fixture
def browser(results, access):
    """Flask's client with the cookie that the first page gives."""
    return client_of(results, access)


def client_of(results, access, name="Ada"):
    lot = read_lot(results)
    client = application(lot, Decisions(lot, name), access).test_client()
    assert client.get(f"/?token={access.token}", base_url=HOME).status_code == 200
    return client


def get(client, path, **headers):
    return client.get(path, base_url=HOME, headers=headers)


def post(client, decision, **headers):
    return client.post("/api/decisions", base_url=HOME, json=decision, headers={"Origin": HOME, **headers})


def numbers(client):
    """The number of each image by its name."""
    return {image["name"]: image["number"] for image in get(client, "/api/images").json["images"]}


def picture(client, number, kind):
    """A picture as an array."""
    answer = get(client, f"/api/images/{number}/{kind}.png")
    assert answer.mimetype == "image/png", answer.json
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def test_the_token_becomes_a_strict_cookie_that_no_script_reads(results, access):
    lot = read_lot(results)
    client = application(lot, Decisions(lot, None), access).test_client()
    answer = client.get(f"/?token={access.token}", base_url=HOME)
    cookie = answer.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert get(client, "/api/images").status_code == 200
    assert len(access.token) >= 40
    assert access.token not in repr(access)


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/assets/main.js", "/api/images", "/api/images/0"])
def test_without_the_token_nothing_is_shown(results, access, path):
    lot = read_lot(results)
    client = application(lot, Decisions(lot, None), access).test_client()
    answer = client.get(path, base_url=HOME)

    assert answer.status_code == 403
    assert "open the address" in answer.json["error"]
    assert "Set-Cookie" not in answer.headers


def test_the_token_is_taken_at_the_first_page_only(results, access):
    lot = read_lot(results)
    client = application(lot, Decisions(lot, None), access).test_client()

    assert client.get(f"/api/images?token={access.token}", base_url=HOME).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", "127.0.0.1"])
def test_another_host_is_refused(browser, host):
    answer = browser.get("/api/images", base_url=HOME, headers={"Host": host})

    assert answer.status_code == 403
    assert "own address" in answer.json["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_page_is_refused(browser, results, decided, headers):
    read = get(browser, "/api/images", **headers)
    written = post(browser, {"number": 0, "verdict": "harmless"}, **headers)

    assert (read.status_code, written.status_code) == (403, 403)
    assert "another page" in written.json["error"]
    assert decided(results) == []


def test_a_decision_without_an_origin_or_in_a_form_is_refused(browser, results, decided):
    bare = browser.post("/api/decisions", base_url=HOME, json={"number": 0, "verdict": "harmless"})
    form = browser.post("/api/decisions", base_url=HOME, data={"number": 0}, headers={"Origin": HOME})
    text = browser.post(
        "/api/decisions", base_url=HOME, data='{"number": 0}', headers={"Origin": HOME}, content_type="text/plain"
    )

    assert (bare.status_code, form.status_code, text.status_code) == (403, 415, 415)
    assert decided(results) == []


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../entries.py", "/assets/%2e%2e/entries.py", "/assets/..%2f..%2ffiles.py", "/assets//etc/passwd",
        "/../../etc/passwd", "/etc/passwd", "/results.jsonl", "/api/images/9", "/api/images/-1", "/api/images/0/../0",
        "/api/images/0/..%2f..%2frun.json.png", "/api/images/0/mask.png", "/api/images/0/%2fetc%2fpasswd.png",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_what_was_recorded(browser, path):
    answer = get(browser, path)

    assert answer.status_code == 404
    assert answer.mimetype == "application/json"


def test_every_answer_forbids_what_is_not_its_own(browser):
    for path in ("/", "/api/images", "/nowhere"):
        policy = get(browser, path).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
    assert get(browser, "/").headers["Referrer-Policy"] == "no-referrer"


def test_the_list_has_the_images_and_how_many_are_left_out(browser):
    listed = get(browser, "/api/images").json
    (bad,) = (image for image in listed["images"] if image["name"] == "b bad.png")

    assert [image["number"] for image in listed["images"]] == [0, 1, 2]
    assert [region["id"] for region in bad["regions"]] == [1]
    assert (bad["verdict"], listed["left_out"]) == ("defect", 1)
    assert "<img src=x onerror=alert(1)> bad.png" in numbers(browser)


def test_an_image_has_its_regions_with_their_outlines(browser):
    shown = get(browser, f"/api/images/{numbers(browser)['b bad.png']}").json
    (region,) = shown["regions"]

    assert (shown["width"], shown["height"]) == (64, 48)
    assert shown["pictures"] == ["test", "map", "layer"]
    (ring,) = region["outline"]
    assert min(x for x, _ in ring) == region["bbox"][0]


def test_pictures_are_those_of_the_image_and_its_map(browser):
    number = numbers(browser)["b bad.png"]
    test, layer = picture(browser, number, "test"), picture(browser, number, "layer")

    assert test.shape == (48, 64)
    assert test[20:26, 30:38].min() == 255, "the spot is the brightest"
    assert layer.shape == (48, 64, 4)
    assert layer[23, 34, 3] > 100 > layer[2, 2, 3], "the map covers the spot alone"


def test_a_reference_is_shown_on_the_scale_of_the_image_with_the_difference(inspected, access, save_png, grey):
    results = inspected("bad.png")
    (line,) = (results / "results.jsonl").read_text("utf-8").splitlines()
    record = json.loads(line)
    record["outputs"]["reference"] = "o/bad.reference.tif"
    (results / "results.jsonl").write_text(json.dumps(record), "utf-8")
    write_tiff_grey(results / "bad.reference.tif", grey())
    client = client_of(results, access)
    test, reference, difference = (picture(client, 0, kind) for kind in ("test", "reference", "difference"))

    assert reference[20:26, 30:38].max() < test[20:26, 30:38].min()
    assert np.abs(reference[:15].astype(int) - test[:15]).max() <= 1
    assert np.abs(difference[:15].astype(int) - 128).max() <= 1, "grey where they are equal"
    assert difference[20:26, 30:38].min() > 200


def test_the_overlay_stands_in_for_an_image_that_is_gone(browser, results, tmp_path):
    number = numbers(browser)["b bad.png"]
    (tmp_path / "lot" / "b bad.png").unlink()
    shown = get(browser, f"/api/images/{number}").json

    assert "the overlay" not in shown["pictures"]
    assert "not there any more: its overlay is shown instead" in shown["warnings"][0]
    assert picture(browser, number, "test").shape[2] == 3
    (results / "b bad.overlay.png").unlink()
    assert get(browser, f"/api/images/{number}/test.png").status_code == 404


def test_a_damaged_map_is_a_reason_and_no_fault(browser, results):
    number = numbers(browser)["b bad.png"]
    (results / "b bad.map.tif").write_bytes(b"no map")
    answer = get(browser, f"/api/images/{number}/map.png")

    assert answer.status_code == 404
    assert "cannot be read as a map" in answer.json["error"]


def test_a_decision_is_in_the_file_before_the_answer(browser, results, decided):
    number = numbers(browser)["b bad.png"]
    answer = post(browser, {"number": number, "region": 1, "verdict": "real", "class_name": " bridge ", "note": "a\nb"})
    (line,) = decided(results)

    assert answer.status_code == 201
    assert (line["region"], line["verdict"], line["class"], line["note"], line["by"]) == (
        1,
        "real",
        "bridge",
        "a b",
        "Ada",
    )
    assert line["image"].endswith("b bad.png")
    assert np.abs(np.subtract(line["bbox"], SPOT)).max() <= 2
    assert line["at"].endswith("+00:00")
    assert answer.json["decision"]["stale"] is False


def test_what_stands_in_no_file_is_left_out_of_notes(browser, results, decided):
    answer = post(browser, {"number": 0, "verdict": "real", "note": "half \ud83d of it", "class_name": "a\0b"})
    (line,) = decided(results)

    assert answer.status_code == 201
    assert (line["note"], line["class"]) == ("half ? of it", "ab")
    assert get(browser, "/api/decisions").status_code == 200


def test_images_of_one_name_keep_their_own_decisions(browser, results, decided):
    path = results / "results.jsonl"
    for number in range(2):
        assert post(browser, {"number": number, "verdict": "unsure"}).json["decision"]["number"] == number
    records = [json.loads(line) | {"image": "a.png"} for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    images = read_review(results).images

    assert [image.record.source for image in images] == [line["source"] for line in decided(results)]


def test_a_missed_defect_lies_within_the_image(browser, results, decided):
    answer = post(browser, {"number": 0, "verdict": "missed", "polygon": [[-5, 2], [9, 2], [9, 99]]})
    (line,) = decided(results)

    assert answer.status_code == 201
    assert line["polygon"] == [[0, 2], [9, 2], [9, 48]]
    assert line["region"] is None


@pytest.mark.parametrize(
    "decision",
    [
        "harmless", [], {}, {"number": 0}, {"number": 99, "verdict": "real"}, {"number": True, "verdict": "real"},
        {"number": 0, "verdict": "bad"}, {"number": 0, "verdict": "missed"}, {"number": 0, "verdict": None},
        {"number": 0, "region": 7, "verdict": "real"}, {"number": 0, "region": "1", "verdict": "real"},
        {"number": 0, "verdict": "missed", "polygon": [[1, 1], [2, 2]]},
        {"number": 0, "verdict": "missed", "polygon": [[1, 1], [5, 5], [9, 9]]},
        {"number": 0, "verdict": "missed", "polygon": "abc"}, {"number": 0, "verdict": "missed", "polygon": [1, 2, 3]},
        {"number": 0, "verdict": "missed", "polygon": [["nan", 1], [5, 1], [5, 5]]},
        {"number": 0, "verdict": "real", "polygon": [[1, 1], [5, 1], [5, 5]]},
        {"number": 0, "verdict": "real", "class_name": 7}, {"number": 0, "verdict": "real", "note": "x" * 2001},
        {"number": 0, "verdict": "real", "class_name": "x" * 101},
    ],
)  # fmt: skip
def test_what_is_no_decision_is_refused_and_not_written(browser, results, decided, decision):
    answer = post(browser, decision)

    assert answer.status_code == 400
    assert answer.json["error"]
    assert decided(results) == []


def test_broken_json_and_a_flood_are_refused(browser, results, decided):
    broken = browser.post(
        "/api/decisions", base_url=HOME, data="{", headers={"Origin": HOME}, content_type="application/json"
    )
    flood = post(browser, {"number": 0, "verdict": "real", "note": "x" * 300_000})

    assert (broken.status_code, flood.status_code) == (400, 413)
    assert decided(results) == []


def test_a_decision_that_cannot_be_written_says_why(browser, results):
    (results / "review.jsonl").mkdir()
    answer = post(browser, {"number": 0, "verdict": "harmless"})

    assert answer.status_code == 507
    assert "plain file" in answer.json["error"]


def test_two_pages_at_once_lose_nothing(results, access, decided):
    pages = [client_of(results, access, name) for name in ("Ada", "Grace")]

    def press(turn):
        return post(pages[turn % 2], {"number": turn % 3, "verdict": "unsure", "note": str(turn)}).status_code

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(press, range(60)))
    lines = decided(results)

    assert set(codes) == {201}
    assert sorted(int(line["note"]) for line in lines) == list(range(60))
    assert {line["by"] for line in lines} == {"Ada", "Grace"}


def test_a_page_gets_what_others_have_decided_since(browser, results, access):
    other = client_of(results, access)
    post(other, {"number": 0, "verdict": "real"})
    post(other, {"number": 0, "verdict": "undone"})
    first = get(browser, "/api/decisions").json
    post(other, {"number": 1, "verdict": "harmless"})
    later = get(browser, f"/api/decisions?after={first['count']}").json

    assert (first["count"], first["all"], first["decisions"]) == (2, True, [])
    assert (later["count"], later["all"]) == (3, False)
    assert [(one["number"], one["verdict"]) for one in later["decisions"]] == [(1, "harmless")]


def test_a_decision_about_a_region_of_an_earlier_run_is_stale(browser, results, decided):
    number = numbers(browser)["b bad.png"]
    post(browser, {"number": number, "region": 1, "verdict": "real"})
    (line,) = decided(results)
    (results / "review.jsonl").write_text(json.dumps({**line, "bbox": [0, 0, 5, 5]}) + "\n", "utf-8")

    (shown,) = get(browser, "/api/decisions").json["decisions"]

    assert shown["stale"] is True


def test_decisions_about_other_images_are_not_shown(browser, results):
    (results / "review.jsonl").write_text('{"at": "", "image": "elsewhere.png", "verdict": "real"}\n', "utf-8")

    assert get(browser, "/api/decisions").json["decisions"] == []


def test_a_damaged_file_of_decisions_ends_the_start(results):
    (results / "review.jsonl").write_text("nonsense\n", "utf-8")

    with pytest.raises(BadDataError, match=r"review\.jsonl: line 1 is not a decision"):
        Decisions(read_lot(results), None)


def test_classes_to_choose_begin_with_those_that_were_found(results, access):
    lines = [json.loads(line) for line in (results / "results.jsonl").read_text("utf-8").splitlines()]
    for record in lines:
        for region in record.get("regions", ()):
            region["class"] = "particle"
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in lines), "utf-8")

    classes = get(client_of(results, access), "/api/images").json["classes"]

    assert classes[0] == "particle"
    assert len(classes) == len(set(classes)) == 10


def test_the_page_names_only_files_that_are_there(browser):
    page = get(browser, "/").text
    folder = Path(__file__).parents[3] / "semscan" / "report" / "review" / "page"

    for file in [*folder.glob("*.css"), *folder.glob("scripts/*.js")]:
        assert get(browser, f"/assets/{file.name}").text == file.read_text("utf-8")
    assert "http" not in page.replace("http-equiv", "")


def test_a_large_image_is_shown_reduced_and_a_larger_one_by_its_overlay(browser, monkeypatch):
    number = numbers(browser)["b bad.png"]
    monkeypatch.setattr("semscan.pipeline.reviewing.pictures.LARGEST", 64 * 48 // 4)
    half = picture(browser, number, "test")
    monkeypatch.setattr("semscan.pipeline.reviewing.pictures.MOST_READ", 64 * 48 - 1)
    shown = get(browser, f"/api/images/{number}").json

    assert half.shape == (24, 32)
    assert shown["pictures"] == ["test"]
    assert "too large to be shown by itself: its overlay is shown" in shown["warnings"][0]
    assert picture(browser, number, "test").ndim == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have text as names only")
def test_a_name_that_is_no_text_is_shown_and_recorded(inspected, access, decided):
    results = inspected("a\udce9.png")
    client = client_of(results, access)
    answer = post(client, {"number": 0, "verdict": "harmless"})

    assert get(client, "/api/images").json["images"][0]["name"] == "a\\udce9.png"
    assert answer.json["decision"]["number"] == 0
    assert decided(results)[0]["image"].endswith("a\udce9.png")


def test_hostile_records_are_answered_with_reasons(results, access):
    lines = (results / "results.jsonl").read_text("utf-8").splitlines()
    whole = next(json.loads(line) for line in lines if "b bad" in line)
    (region,) = whole["regions"]
    changes = [
        {"source": "/etc/passwd"},
        {"source": "/dev/zero"},
        {"source": "/nul\0byte"},
        {"score": float("nan")},
        {"width": 10**9, "height": 10**9},
        {"outputs": {"map": "/etc/passwd", "overlay": "../../etc/passwd", "reference": "../x.tif"}},
        {"regions": [{**region, "bbox": [-5, 0, 10**9, 3]}]},
        {"regions": [region, region]},
        {"regions": [{**region, "class": "<b>" * 100}]},
        {"page": 10**9},
    ]
    records = [{**whole, "image": str(number), **change} for number, change in enumerate(changes)]
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    client = client_of(results, access)
    count = len(get(client, "/api/images").json["images"])
    kinds = ("test", "reference", "difference", "map", "layer")
    paths = [
        f"/api/images/{number}{kind}" for number in range(count) for kind in ("", *(f"/{kind}.png" for kind in kinds))
    ]
    answers = [get(client, path) for path in paths]

    assert count >= 7
    assert {answer.status_code for answer in answers} == {200, 404}
    assert not [answer for answer in answers if answer.is_json and "NaN" in answer.text]
    assert not [answer for answer in answers if b"root:" in answer.data]


def test_the_data_bar_has_no_say_in_the_contrast(inspected, access, save_png, grey, tmp_path):
    pixels = grey(rows=64)
    pixels[48:] = 0
    pixels[52:56, 8:40] = 255
    save_png(tmp_path / "lot" / "bar.png", pixels)
    results = inspected("a.png")
    text = (results / "results.jsonl").read_text("utf-8")
    (results / "results.jsonl").write_text(text.replace('"data_bar_px": 0', '"data_bar_px": 16'), "utf-8")
    client = client_of(results, access)
    test = picture(client, numbers(client)["bar.png"], "test")

    assert test[:48].min() == 0
    assert test[:48].max() == 255
    assert test[:48].std() > 50


def test_an_image_that_was_inspected_again_takes_no_decision(results, browser):
    records = [json.loads(line) for line in (results / "results.jsonl").read_text().splitlines()]
    number, region = next((n, one["regions"][0]["id"]) for n, one in enumerate(records) if one.get("regions"))
    number = numbers(browser)[Path(records[number]["image"]).name]
    decision = {"number": number, "region": region, "verdict": "real"}

    with (results / "results.jsonl").open("a") as file:  # the inspection goes on
        file.write(json.dumps({**records[0], "image": "new.png", "source": "/new.png"}) + "\n")
    assert post(browser, decision).status_code == 201
    for one in records:
        for found in one.get("regions", ()):
            found["bbox"][0] += 3
    (results / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))

    answer = post(browser, decision)
    assert answer.status_code == 400
    assert "inspected again after this review began" in answer.json["error"]
