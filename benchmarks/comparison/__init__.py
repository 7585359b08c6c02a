"""Teach and measure the comparison network: what is a defect, seen beside its golden reference."""
