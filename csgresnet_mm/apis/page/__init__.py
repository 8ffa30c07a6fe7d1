"""A page in the browser: a photograph in, expressions out."""
