"""Defaults from semscan.toml or --config."""

import json
import os

import click
import pytest

from semscan.cli.main import group


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_record(folder):
    return json.loads((folder / "run.json").read_text("utf-8"))


def test_a_file_in_the_working_folder_supplies_defaults_and_flags_win(semscan, model, spotted):
    (semscan.here / "semscan.toml").write_text(
        f'[inspect]\nthreshold = 0.4\nmin-area = 7\nno_overlay = true\nmodel = "{model}"\n[train]\nsteps = 5\n'
    )
    done = semscan("inspect", spotted, "--min-area", "9", "--out", "o")
    recorded = run_record(semscan.here / "o")

    assert done.returncode == 0
    assert records(done)[0]["threshold"] == 0.4
    assert recorded["settings"]["regions"]["min_area"] == 9
    assert not list((semscan.here / "o").glob("*.overlay.png"))
    assert done.stderr.count("semscan.toml") == 1
    assert recorded["config"]["file"] == "semscan.toml"
    assert recorded["config"]["values"]["threshold"] == 0.4


@pytest.mark.parametrize("before", [True, False])
def test_a_named_file_is_taken_before_and_after_the_command_instead_of_that_of_the_folder(
    semscan, model, spotted, before
):
    (semscan.here / "semscan.toml").write_text("[score]\nthreshold = 0.1\n")
    (semscan.here / "other.toml").write_bytes(b"\xef\xbb\xbf[score]\r\nthreshold = 0.3\r\n")  # as Windows writes it
    words = ("--config", "other.toml")
    done = (
        semscan(*words, "score", spotted, "--model", model)
        if before
        else semscan("score", *words, spotted, "--model", model)
    )

    assert records(done)[0]["threshold"] == 0.3
    assert "other.toml" in done.stderr


def test_a_table_of_another_command_changes_nothing_and_is_not_mentioned(semscan, model, spotted):
    (semscan.here / "semscan.toml").write_text("[train]\nsteps = 5\n")
    done = semscan("inspect", spotted, "--model", model)

    assert "semscan.toml" not in done.stderr
    assert run_record(semscan.here / "semscan-results")["config"] is None


def test_quiet_does_not_mention_the_file(semscan, model, spotted):
    (semscan.here / "semscan.toml").write_text("[score]\nthreshold = 0.3\n")

    assert semscan("score", spotted, "--model", model, "-q").stderr == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[inspekt]\n", "[inspekt] is not a command (did you mean inspect?)"),
        ("threshold = 0.4\n", "threshold stands outside a table"),
        ("inspect = 3\n", "inspect is 3, wanted a table [inspect]"),
        ("[inspect]\ntreshold = 0.4\n", "[inspect] treshold is not an option of inspect (did you mean threshold?)"),
        ("[inspect]\nimages = 'a.png'\n", "[inspect] images is not an option of inspect"),
        ("[inspect]\nconfig = 'a.toml'\n", "[inspect] config is not an option of inspect"),
        ("[inspect]\nthreshold = '0.4'\n", "threshold is '0.4', wanted a number"),
        ("[inspect]\nthreshold = true\n", "threshold is true, wanted a number"),
        ("[inspect]\nthreshold = 1.5\n", "threshold is 1.5: 1.5 is not in the range"),
        ("[inspect]\nmin-area = 2.5\n", "min-area is 2.5, wanted a whole number"),
        ("[inspect]\ncrops = 1\n", "crops is 1, wanted true or false"),
        ("[inspect]\nreference = 3\n", "reference is 3, wanted words in quotes"),
        ("[inspect]\nmethod = ['model', 'none']\n", "'none' is not one of"),
        ("[inspect]\nthreshold = [0.4]\n", "threshold is [0.4], wanted a number"),
        ("[inspect]\nmethod = []\n", "method is empty, wanted words in quotes"),
        ("[inspect]\nthreshold = nan\n", "threshold is nan, wanted a number"),
        (f"[inspect]\nthreshold = 1{'0' * 400}\n", "wanted a number"),
        ("[inspect]\nthreshold = 2026-01-01\n", "wanted a number"),
        ("[inspect]\ndatabar = true\n", "databar is true, wanted a number, or words in quotes"),
        ("[inspect]\nmin-area = 4\nmin_area = 5\n", "min_area sets the same option as another key"),
        ("[inspect]\nreport = 'csv'\nexport = 'html'\n", "export sets the same option as another key"),
        ("[inspect]\nexport = 'pascal'\n", "'pascal' is not one of html"),
        ("[inspect\n", "is not TOML"),
        ("[inspect]\nout = '\xff'\n", "is not UTF-8"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_and_exit_code_2(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "semscan.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(click.ClickException) as caught:
        group.main(["inspect", "a.png"], standalone_mode=False)

    assert caught.value.exit_code == 2
    assert message in caught.value.message
    assert caught.value.message.startswith("semscan.toml: ")
    assert "\n" not in caught.value.message


def test_a_mistake_is_reported_on_standard_error_alone(semscan):
    (semscan.here / "semscan.toml").write_text("[inspect]\ntreshold = 0.4\n")
    done = semscan("inspect", "a.png")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: semscan.toml: [inspect] treshold is not an option of inspect (did you mean threshold?); "
        "semscan inspect --help lists them\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("overwrite = true", "type --overwrite"),
        ('time-limit = "soon"', "semscan.toml: [train] time-limit is 'soon'"),  # what only the command can check
    ],
)
def test_a_value_that_train_refuses_names_the_file(tmp_path, monkeypatch, line, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "semscan.toml").write_text(f"[train]\n{line}\n")
    with pytest.raises(click.ClickException) as caught:
        group.main(["train", "."], standalone_mode=False)

    assert message in caught.value.message


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_is_not_there_is_refused(name):
    with pytest.raises(click.ClickException, match=r"no such file|not a plain file"):
        group.main(["score", "--config", name, "a.png"], standalone_mode=False)


def test_a_model_from_the_environment_comes_before_the_files_and_after_the_flag(semscan, model, make_model, spotted):
    others = [make_model(semscan.here / name) for name in ("flagged", "environment")]
    (semscan.here / "semscan.toml").write_text(f'[score]\nmodel = "{model}"\n')
    by_file = semscan("inspect", "--config", _table(semscan, "inspect", model), spotted, "--out", "a")
    by_environment = semscan(
        "inspect", "--config", _table(semscan, "inspect", model), spotted, "--out", "b", SEMSCAN_MODEL=str(others[1])
    )
    by_flag = semscan("inspect", spotted, "--out", "c", "--model", others[0], SEMSCAN_MODEL=str(others[1]))

    assert records(by_file)[0]["model"] == str(model)
    assert records(by_environment)[0]["model"] == str(others[1])
    assert records(by_flag)[0]["model"] == str(others[0])


def test_a_model_in_the_file_does_not_stand_in_the_way_of_another_method(semscan, model, spotted):
    (semscan.here / "semscan.toml").write_text(f'[inspect]\nmodel = "{model}"\n')
    done = semscan("inspect", spotted, "--reference", spotted)

    assert "--model" not in done.stderr
    assert run_record(semscan.here / "semscan-results")["settings"]["model"] is None


@pytest.mark.parametrize("words", [["--help"], ["inspect", "--help"]])
def test_help_reads_no_file(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "semscan.toml").write_text("[inspect\n")

    assert group.main(words, standalone_mode=False) == 0


def _table(semscan, command, model):
    (semscan.here / "m.toml").write_text(f'[{command}]\nmodel = "{model}"\n')
    return "m.toml"


@pytest.mark.parametrize(
    "line", ["out = 'o'", "resume = true", "accept = ['a.jsonl']", "accept-all = true", "review = ['r.jsonl']"]
)
def test_a_file_that_only_lies_there_says_nothing_of_what_is_written_over_or_learned(tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "semscan.toml").write_text(f"[train]\n{line}\n")
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(click.ClickException) as caught:
        group.main(["train", "."], standalone_mode=False)

    assert caught.value.exit_code == 2
    assert f"type --{line.split()[0]}, or name the file with --config semscan.toml" in caught.value.message


@pytest.mark.parametrize(
    ("line", "taken"), [("review = false", False), ("no-review = true", False), ("no-review = false", True)]
)
def test_both_spellings_of_a_flag_may_stand_in_a_file(tmp_path, monkeypatch, line, taken):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "semscan.toml").write_text(f"[report]\n{line}\n")
    parent = click.Context(group)
    context = group.get_command(parent, "report").make_context("report", ["nowhere", "--to", "csv"], parent)

    assert context.params["review"] is taken


def test_a_named_file_may_name_the_output_folder(semscan, model, good):
    (semscan.here / "semscan.toml").write_text("[inspect]\nout = 'o'\n")
    done = semscan("inspect", good, "--model", model, "--config", "semscan.toml")

    assert done.returncode == 0
    assert (semscan.here / "o" / "results.jsonl").is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[inspect]\nx = " + "[" * 60_000, "line 2 is nested too deeply"),
        ("[inspect]\n" + ".".join("a" * 30_000) + " = 1\n", "line 2 is nested too deeply"),
        ("[" + ".".join("a" * 200_000) + "]\n", "is too large, at most 65536 bytes are read"),
        ("[inspect]\nx = " + "{a = " * 9 + "1" + "}" * 9, "line 2 is nested too deeply"),
        ("[inspect]\nmin-area = " + "9" * 5000 + "\n", "is not TOML"),
        ("[inspect]\nmodel = 'a\\u0000b'\n".replace("'", '"'), "without NUL"),
        ("[inspect]\nmodel = '" + "a" * 5000 + "'\n", "at most 4096 characters"),
        ("[inspect]\nnm-per-px = 1e-300\n", "--nm-per-px is 1e-300, wanted a number of 0.0001 to 1e+09"),
    ],
    ids=["brackets", "dots", "long", "tables", "digits", "NUL", "name", "pixel"],
)
def test_a_hostile_file_is_one_line(semscan, good, text, message):
    (semscan.here / "semscan.toml").write_text(text)
    done = semscan("inspect", good)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_pipe_in_the_place_of_the_file_does_not_block(semscan, good):
    os.mkfifo(semscan.here / "semscan.toml")
    done = semscan("inspect", good)

    assert done.returncode == 2
    assert "semscan.toml: is not a plain file" in done.stderr
