"""The config.json of a model, key by key: every value is checked for type and range when it is read."""
