"""Run semscan in the process of the tests, where its libraries are loaded once for all commands."""

import contextlib
import io
import sys
import warnings
from types import SimpleNamespace
from unittest import mock

NOT_SHOWN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # as Python begins


def run(*arguments, stdin=b""):
    """Run ``semscan ARGUMENTS``; the result has returncode, stdout and stderr as text, as `subprocess.run` gives them.

    Warnings are on stderr, as in a process of its own. No further process is started because there are many images.
    """
    from semscan.cli.main import main

    words = [str(argument) for argument in arguments]
    stdin, stdout, stderr = (
        io.TextIOWrapper(io.BytesIO(data), "utf-8", "surrogateescape") for data in (stdin, b"", b"")
    )
    code = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(stdout))
        stack.enter_context(contextlib.redirect_stderr(stderr))
        stack.enter_context(mock.patch.multiple(sys, stdin=stdin, argv=["semscan", *words]))
        for module in ("inspecting.images", "measure"):
            stack.enter_context(mock.patch(f"semscan.pipeline.{module}.FEW", 1000))
        warned = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("default")
        for category in NOT_SHOWN:
            warnings.simplefilter("ignore", category)
        try:
            main(words)
        except SystemExit as end:
            code = end.code
        for one in warned:
            print(warnings.formatwarning(one.message, one.category, one.filename, one.lineno), file=stderr)
    texts = []
    for stream in (stdout, stderr):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return SimpleNamespace(returncode=code, stdout=texts[0], stderr=texts[1])
