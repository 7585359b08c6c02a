"""A finished inspection as one HTML page."""

from semscan.report.html.page import html_report
from semscan.report.html.parts import Picture

__all__ = ["Picture", "html_report"]
