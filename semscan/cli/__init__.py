"""The terminal: parse, one call into pipeline, print. The only room that knows Click."""
