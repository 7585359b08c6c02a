"""The probability of detection by size and contrast, from defects that were found or missed."""
