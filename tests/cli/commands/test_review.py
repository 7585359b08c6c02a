"""`semscan review` as a program: its address, its end, and results that cannot be reviewed."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


@pytest.fixture
def results(semscan, model, good, spotted):
    """An output folder with two images."""
    assert semscan("inspect", good, spotted, "--model", model).returncode == 0
    return semscan.here / "semscan-results"


@pytest.fixture
def start(semscan):
    """Start `semscan review`; it waits for a signal."""
    started = []

    def start(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "semscan", "review", *map(os.fspath, arguments)],
            cwd=semscan.here,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", **environment},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


class Page:
    """A client that keeps the cookie, as a browser does."""

    def __init__(self, url):
        self.home = url.partition("/?")[0]
        with urllib.request.urlopen(url, timeout=20) as answer:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def ask(self, path, posted=None, origin=None):
        headers = {"Cookie": self.cookie, "Content-Type": "application/json", "Origin": origin or self.home}
        data = None if posted is None else json.dumps(posted).encode()
        asked = urllib.request.Request(self.home + path, data, headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.loads(answer.read())


def test_a_review_prints_its_address_and_ends_with_a_summary(results, start):
    process = start(results, "--no-browser", "--name", "Ada")
    first = json.loads(process.stdout.readline())
    page = Page(first["url"])
    page.ask("/api/decisions", {"number": 1, "region": 1, "verdict": "real"})
    page.ask("/api/decisions", {"number": 0, "verdict": "harmless"})
    process.send_signal(signal.SIGINT)
    out, words = process.communicate(timeout=60)
    (line,) = out.splitlines()

    assert process.returncode == 0
    assert first["url"].startswith("http://127.0.0.1:")
    assert json.loads(line) == {
        "decisions": 2,
        "file": str(results / "review.jsonl"),
        "now": {"real": 1, "harmless": 1, "unsure": 0, "missed": 0},
    }
    assert words.splitlines() == [f"semscan: 2 images to review at {first['url']}", "semscan: Ctrl-C ends the review"]
    assert [json.loads(line)["by"] for line in (results / "review.jsonl").read_text().splitlines()] == ["Ada", "Ada"]


def test_in_words_the_summary_is_one_line(results, start):
    process = start(results, "--no-browser", "--format", "text")
    process.stderr.readline()
    assert "Ctrl-C" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)

    assert out == f"0 decisions added to {results / 'review.jsonl'}; now 0 real, 0 harmless, 0 unsure, 0 missed\n"
    assert not (results / "review.jsonl").exists()


def test_another_signal_keeps_its_exit_code(results, start):
    process = start(results, "--no-browser")
    process.stdout.readline()
    process.terminate()
    out, words = process.communicate(timeout=60)

    assert process.returncode == 143
    assert json.loads(out)["decisions"] == 0
    assert words.splitlines()[-1] == "semscan: ended by SIGTERM"


def test_a_wrong_token_and_another_origin_are_refused(results, start):
    process = start(results, "--no-browser")
    url = json.loads(process.stdout.readline())["url"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url[:-4] + "abcd", timeout=20)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        Page(url).ask("/api/decisions", {"number": 0, "verdict": "harmless"}, origin="http://evil.example")

    assert not (results / "review.jsonl").exists()


def test_the_port_is_the_one_asked_for_and_a_taken_one_is_refused(results, start, semscan):
    first = start(results, "--no-browser")
    url = json.loads(first.stdout.readline())["url"]
    port = url.partition("/?")[0].rpartition(":")[2]
    taken = semscan("review", results, "--no-browser", "--port", port)

    assert (taken.returncode, taken.stdout) == (2, "")
    assert taken.stderr.startswith(f"Error: port {port} cannot be used (Address already in use); choose another --port")


def test_without_a_display_no_browser_is_opened(results, start, tmp_path):
    opened = tmp_path / "opened"
    opener = tmp_path / "opener"
    opener.write_text(f"#!/bin/sh\ntouch {opened}\n")
    opener.chmod(0o755)
    process = start(results, BROWSER=str(opener))
    process.stdout.readline()
    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
    assert not opened.exists()


def test_with_a_display_the_browser_gets_the_address(results, start, tmp_path):
    opened = tmp_path / "opened"
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    opener.chmod(0o755)
    process = start(results, DISPLAY=":7", BROWSER=f"{opener} %s")
    url = json.loads(process.stdout.readline())["url"]
    for _ in range(200):
        if opened.exists() and opened.read_text():
            break
        process.poll()
        signal.sigtimedwait([], 0.05)

    assert opened.read_text().strip() == url


def test_images_that_moved_are_said_and_shown_by_their_overlays(results, start, good, spotted):
    spotted.rename(spotted.with_name("moved.png"))
    process = start(results, "--no-browser")
    page = Page(json.loads(process.stdout.readline())["url"])
    shown = page.ask("/api/images/1")
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)

    assert words.splitlines()[0] == (
        "semscan: 1 of 2 images not where they were inspected; the overlays are shown instead"
    )
    assert "test" in shown["pictures"]


def test_results_of_a_killed_run_are_reviewed_with_a_notice(results, start):
    (record, *rest) = (results / "results.jsonl").read_text("utf-8").splitlines(keepends=True)
    (results / "results.jsonl").write_text("".join(rest), "utf-8")
    (results / "results.1.partial.jsonl").write_text(record, "utf-8")
    process = start(results, "--no-browser")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)

    assert words.startswith("semscan: 1 record of an inspection that has not ended")
    assert "2 images to review" in words


def test_results_of_an_interrupted_run_are_reviewed_with_a_notice(results, start):
    run = json.loads((results / "run.json").read_text("utf-8"))
    (results / "run.json").write_text(json.dumps({**run, "state": "interrupted"}), "utf-8")
    process = start(results, "--no-browser")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)

    assert words.startswith(
        "semscan: the last run was interrupted: images that it did not reach are not in this review\n"
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "no such folder of results; give the --out of a `semscan inspect`"),
        (lambda folder: folder.mkdir(), "holds no records (results.jsonl); give the --out of a `semscan inspect`"),
        (lambda folder: folder.write_text("x"), "no such folder of results; give the --out of a `semscan inspect`"),
    ],
    ids=["missing", "empty", "a file"],
)
def test_what_holds_no_results_ends_in_one_line(semscan, make, words):
    make(semscan.here / "o")
    done = semscan("review", "o", "--no-browser")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: o: {words}\n"


def test_results_without_an_inspected_image_end_in_one_line(semscan):
    (semscan.here / "a.png").write_text("no image")
    semscan("inspect", "a.png", "--method", "periodic")
    done = semscan("review", "semscan-results", "--no-browser")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: semscan-results: no image in it was inspected, wanted one at least; inspect the images again\n"
    )


def test_damaged_decisions_end_in_one_line(semscan, results):
    (results / "review.jsonl").write_text('{"at": 1}\n')
    done = semscan("review", results, "--no-browser")

    assert (done.returncode, done.stdout) == (2, "")
    assert "review.jsonl: line 1 is not a decision" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_name_that_no_decision_can_hold_ends_in_one_line(semscan, results):
    done = semscan("review", results, "--no-browser", "--name", "x" * 201)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: a name of 201 characters, wanted at most 200; shorten --name\n"
