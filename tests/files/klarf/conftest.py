"""A KLARF file as an optical tool writes it."""

import pytest

KLARF = """FileVersion 1 2;
FileTimestamp 11-20-2026 20:05:00;
InspectionStationID "KLA" "2367" "x1";
SampleType WAFER;
ResultTimestamp 11-20-2026 20:04:31;
LotID "LOT0001";
SampleSize 1 300;
DeviceID "L32P";
SetupID "s" 11-20-2026 20:04:31;
StepID "ADI";
SampleOrientationMarkType NOTCH;
OrientationMarkLocation DOWN;
TiffFileName stack of 3.tif;
DiePitch 5000.0 4000.0;
DieOrigin 0.0 0.0;
WaferID "W07";
Slot 7;
SampleCenterLocation 10.0 20.0;
SomethingElse 1 "kept";
ClassLookup 2
 0 "Unclassified"
 50 "old";
InspectionTest 1;
AreaPerTest 4.1e+000;
DefectRecordSpec 12 DEFECTID XREL YREL XINDEX YINDEX XSIZE YSIZE CLASSNUMBER TEST MYCOLUMN IMAGECOUNT IMAGELIST ;
DefectList
 1 100.512 1.204 0 0 0.016 0.022 50 1 77 1 1 1 0
 2 200.730 0.310 1 0 0.014 0.030 50 1 78 2 2 2 0 3 5
 3 400.730 0.310 1 2 0.014 0.030 50 1 80 0 0;
SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;
SummaryList
 1 3 6.0000000000e+002 40 3;
EndOfFile;
"""


@pytest.fixture
def klarf():
    return KLARF
