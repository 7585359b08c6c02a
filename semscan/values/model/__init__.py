"""What a model's config.json states, as values."""
