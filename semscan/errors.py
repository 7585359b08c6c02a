"""Every error a user can meet. Standard library only.

Each message is one sentence: what was found, what was wanted, what to do. Each class
has a builtin parent that callers may already catch. Only `semscan.cli` turns these
into exit codes.
"""


class SemscanError(Exception):
    """Any fault that is the input's, not the program's."""


class UsageFault(SemscanError, ValueError):
    """Options that do not go together, or a value outside its range."""


class ConfigError(SemscanError, ValueError):
    """A configuration file that cannot be used as it is."""


class BadImageError(SemscanError, ValueError):
    """A file that cannot be read as one image to inspect."""


class NotPeriodicError(BadImageError):
    """An image that cannot be its own reference. `confidence` says how far it repeats, 0 to 1."""

    def __init__(self, message: str, confidence: float) -> None:
        super().__init__(message)
        self.confidence = confidence


class BadDataError(SemscanError, ValueError):
    """A training folder that cannot be used as it is."""


class BadModelError(SemscanError, ValueError):
    """A model folder that is missing, damaged, newer than this version, or hostile."""


class BadMapError(SemscanError, ValueError):
    """A map that cannot be turned into regions."""


class OutputError(SemscanError, OSError):
    """A folder or file that cannot be written, or must not be overwritten."""


class ExportError(SemscanError, RuntimeError):
    """An exported graph that does not answer as the network it came from."""


class ReportError(SemscanError, ValueError):
    """A finished inspection that cannot be told in the form asked for. `partly`: it was, for some images."""

    def __init__(self, message: str, partly: bool = False) -> None:
        super().__init__(message)
        self.partly = partly
