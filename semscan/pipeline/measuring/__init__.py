"""Parts of measuring critical dimensions, for `measure` and for `inspect --measure`."""
