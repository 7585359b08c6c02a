"""The exit codes of semscan and what each means. Scripts rely on these."""

DONE = 0
DEFECT = 1  # only with --exit-code
USAGE = 2  # wrong usage, or a model, configuration or output folder that cannot be used
SOME_FAILED = 3  # some inputs could not be inspected, the others were
FAULT = 4  # a bug of semscan
INTERRUPTED = 130  # by Ctrl-C; by another signal, 128 and its number: 143 by SIGTERM, 129 by SIGHUP
