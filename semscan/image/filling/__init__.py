"""Areas of an image filled with other pieces of the same image."""
