"""Find the regions of an anomaly map, and measure them."""
