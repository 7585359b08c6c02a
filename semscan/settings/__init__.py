"""Frozen settings, and the only place where a default is written. One module for each group of commands.

A module is imported when one of its names is first used: an inspection needs few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semscan.settings.inspect import (
        AUTO,
        BACKGROUNDS,
        DEFAULT_EVALUATION,
        DEFAULT_EXPLANATION,
        DEFAULT_MODEL,
        DEFAULT_RESULTS,
        DEVICES,
        LOOKS,
        METHODS,
        MIN_CLASS_PROBABILITY,
        MODEL_VARIABLE,
        OVERLAY_STYLES,
        UNKNOWN,
        EdgeSettings,
        EvaluateSettings,
        ExplainSettings,
        FaithfulSettings,
        InspectSettings,
        OutputSettings,
        PostprocessSettings,
        RegionSettings,
        untrained_methods,
    )
    from semscan.settings.measure import (
        DEFAULT_MEASURES,
        MeasureSettings,
    )
    from semscan.settings.networks import (
        AUTOENCODER_FLOOR,
        FIRST_SCHEMA,
        MAX_ZOOM,
        SCHEMA_VERSION,
    )
    from semscan.settings.patterns import (
        DEFECTS,
        ONE_LINE,
        PATTERNS,
        RELATED,
    )
    from semscan.settings.read import (
        GOOD_NAMES,
        IMAGE_SUFFIXES,
        MAX_IMAGE_PIXELS,
        MAX_NM_PER_PX,
        MIN_IMAGE_SIDE,
        ReadSettings,
    )
    from semscan.settings.report import (
        BEGAN,
        DEFAULT_TREND,
        EXPORT_FORMATS,
        REPORT_FORMATS,
        TREND_FORMATS,
        TYPED,
        ExportSettings,
        KlarfSettings,
        ReportSettings,
        TrendSettings,
    )
    from semscan.settings.synth import (
        SynthSetSettings,
        SynthSettings,
    )
    from semscan.settings.train import (
        ACCEPTED_SHARE,
        AUTOENCODER_BATCH,
        AUTOENCODER_RATE,
        AUTOENCODER_STEPS,
        AUTOENCODER_TILE,
        BRIGHTNESS,
        CLASSIFIER_BATCH,
        CLASSIFIER_RATE,
        CLASSIFIER_SIDE,
        CLASSIFIER_STEPS,
        DEFAULT_COMPARISON,
        IMAGE_CACHE_BYTES,
        LABELLED_SHARE,
        LONG_PITCH,
        LOOKS_WITHIN,
        MATCH,
        MAX_SEED,
        OVERLAP,
        SURROUND_REACH,
        SURROUND_SHARE,
        TILE_GROWTH,
        AugmentSettings,
        CalibrateSettings,
        CompareSettings,
        DoctorSettings,
        TrainSettings,
    )

_NAMES = {
    "inspect": (
        "AUTO BACKGROUNDS DEFAULT_EVALUATION DEFAULT_EXPLANATION DEFAULT_MODEL DEFAULT_RESULTS DEVICES LOOKS METHODS "
        "MIN_CLASS_PROBABILITY MODEL_VARIABLE OVERLAY_STYLES UNKNOWN EdgeSettings EvaluateSettings ExplainSettings "
        "FaithfulSettings "
        "InspectSettings OutputSettings PostprocessSettings RegionSettings untrained_methods"
    ),
    "measure": "DEFAULT_MEASURES MeasureSettings",
    "networks": "AUTOENCODER_FLOOR FIRST_SCHEMA MAX_ZOOM SCHEMA_VERSION",
    "read": "GOOD_NAMES IMAGE_SUFFIXES MAX_IMAGE_PIXELS MAX_NM_PER_PX MIN_IMAGE_SIDE ReadSettings",
    "report": (
        "BEGAN DEFAULT_TREND EXPORT_FORMATS REPORT_FORMATS TREND_FORMATS TYPED ExportSettings KlarfSettings "
        "ReportSettings TrendSettings"
    ),
    "patterns": "DEFECTS EXCHANGED ONE_LINE PATTERNS RELATED",
    "synth": "SynthSetSettings SynthSettings",
    "train": (
        "ACCEPTED_SHARE AUTOENCODER_BATCH AUTOENCODER_RATE AUTOENCODER_STEPS AUTOENCODER_TILE BRIGHTNESS "
        "CLASSIFIER_BATCH CLASSIFIER_RATE CLASSIFIER_SIDE CLASSIFIER_STEPS DEFAULT_COMPARISON "
        "IMAGE_CACHE_BYTES LABELLED_SHARE LONG_PITCH LOOKS_WITHIN MATCH MAX_SEED OVERLAP SURROUND_REACH "
        "SURROUND_SHARE TILE_GROWTH AugmentSettings CalibrateSettings CompareSettings DoctorSettings TrainSettings"
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = [
    "ACCEPTED_SHARE",
    "AUTO",
    "AUTOENCODER_BATCH",
    "AUTOENCODER_FLOOR",
    "AUTOENCODER_RATE",
    "AUTOENCODER_STEPS",
    "AUTOENCODER_TILE",
    "BACKGROUNDS",
    "BEGAN",
    "BRIGHTNESS",
    "CLASSIFIER_BATCH",
    "CLASSIFIER_RATE",
    "CLASSIFIER_SIDE",
    "CLASSIFIER_STEPS",
    "DEFAULT_COMPARISON",
    "DEFAULT_EVALUATION",
    "DEFAULT_EXPLANATION",
    "DEFAULT_MEASURES",
    "DEFAULT_MODEL",
    "DEFAULT_RESULTS",
    "DEFAULT_TREND",
    "DEFECTS",
    "DEVICES",
    "EXCHANGED",
    "EXPORT_FORMATS",
    "FIRST_SCHEMA",
    "GOOD_NAMES",
    "IMAGE_CACHE_BYTES",
    "IMAGE_SUFFIXES",
    "LABELLED_SHARE",
    "LONG_PITCH",
    "LOOKS",
    "LOOKS_WITHIN",
    "MATCH",
    "MAX_IMAGE_PIXELS",
    "MAX_NM_PER_PX",
    "MAX_SEED",
    "MAX_ZOOM",
    "METHODS",
    "MIN_CLASS_PROBABILITY",
    "MIN_IMAGE_SIDE",
    "MODEL_VARIABLE",
    "ONE_LINE",
    "OVERLAP",
    "OVERLAY_STYLES",
    "PATTERNS",
    "RELATED",
    "REPORT_FORMATS",
    "SCHEMA_VERSION",
    "SURROUND_REACH",
    "SURROUND_SHARE",
    "TILE_GROWTH",
    "TREND_FORMATS",
    "TYPED",
    "UNKNOWN",
    "AugmentSettings",
    "CalibrateSettings",
    "CompareSettings",
    "DoctorSettings",
    "EdgeSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "ExportSettings",
    "FaithfulSettings",
    "InspectSettings",
    "KlarfSettings",
    "MeasureSettings",
    "OutputSettings",
    "PostprocessSettings",
    "ReadSettings",
    "RegionSettings",
    "ReportSettings",
    "SynthSetSettings",
    "SynthSettings",
    "TrainSettings",
    "TrendSettings",
    "untrained_methods",
]


def __getattr__(name: str) -> Any:
    """Import the module of a setting on its first use (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'semscan.settings' has no attribute {name!r}")
    value = getattr(import_module(f"semscan.settings.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
