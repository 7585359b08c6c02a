"""Errors that a user can meet. Standard library only.

Each message is one line: what was found, what was wanted, what to do. Each class has a builtin parent that callers may
already catch. Only `semscan.cli` turns these into exit codes.
"""


class SemscanError(Exception):
    """A fault of the input, not of the program; the parent of all others."""


class UsageFault(SemscanError, ValueError):
    """Options that exclude each other, or a value outside its range."""


class ConfigError(SemscanError, ValueError):
    """A configuration file that cannot be read, or holds an unknown or impossible setting."""


class BadImageError(SemscanError, ValueError):
    """A file that cannot be read as one image, or an image that cannot be inspected."""


class MaskSizeError(BadImageError):
    """A mask of another size than the image that it belongs to."""


class NotPeriodicError(BadImageError):
    """An image without enough repeats to compare its cells. `confidence`, 0 to 1, measures how well it repeats."""

    def __init__(self, message: str, confidence: float) -> None:
        super().__init__(message)
        self.confidence = confidence


class OtherPlaceError(BadImageError):
    """An image that shows another place than what it is compared with.

    `similarity` is the best reached, up to 1, and `wanted` what was wanted.
    """

    def __init__(self, message: str, similarity: float, wanted: float) -> None:
        super().__init__(message)
        self.similarity = similarity
        self.wanted = wanted


class BadDataError(SemscanError, ValueError):
    """A folder of training or test images that cannot be used as it is."""


class BadModelError(SemscanError, ValueError):
    """A model folder that is missing, damaged, newer than this version, or hostile."""


class BadMapError(SemscanError, ValueError):
    """A saved anomaly map that cannot be read or turned into regions."""


class BadKlarfError(SemscanError, ValueError):
    """A KLARF file, a table of places or of class codes that is damaged, foreign, or lacks a field that is needed."""


class OutputError(SemscanError, OSError):
    """A folder or file that cannot be written, or is there already and not to be overwritten."""


class OtherPageError(OutputError):
    """A page of a file whose outputs would replace those of another page."""


class MissingLibraryError(SemscanError, ImportError):
    """A command needs a library that a light installation does not have."""

    @classmethod
    def of(cls, error: ModuleNotFoundError) -> "MissingLibraryError":
        """Return what to install, for an import that failed.

        Examples
        --------
        >>> MissingLibraryError.of(ModuleNotFoundError("...", name="matplotlib.pyplot"))
        MissingLibraryError("this needs matplotlib, which is not installed; type: pip install 'semscan'")
        """
        name = str(error.name).partition(".")[0]
        extra = {"tensorflow": "[train]", "keras": "[train]", "tf2onnx": "[train]", "distributed": "[cluster]"}
        return cls(f"this needs {name}, which is not installed; type: pip install 'semscan{extra.get(name, '')}'")


class ExportError(SemscanError, RuntimeError):
    """An exported graph whose results differ from those of its network."""


class ReportError(SemscanError, ValueError):
    """A finished inspection that cannot be reported in a format. `partly` is True if it was for some of its images."""

    def __init__(self, message: str, partly: bool = False) -> None:
        super().__init__(message)
        self.partly = partly
