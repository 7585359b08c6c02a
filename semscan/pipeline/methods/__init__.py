"""The methods that turn an image into a raw map (`--method`): model, periodic, reference, dies."""
