"""What a fab hands over and wants back: defect lists, places, class numbers."""
