"""Images too large to be held as a whole: scored, segmented and drawn in windows, with the same results."""
