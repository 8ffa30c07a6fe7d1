"""An app in the browser: a photo or a short video in, expressions out.

It needs no stack; only Grad-CAM does, and imports it when it is asked for.
"""
