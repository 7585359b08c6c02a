"""What every run over many images shares: order, error records, outputs, run record."""
