"""The terminal: parse, one call into pipeline, print. The only package that knows Click."""
