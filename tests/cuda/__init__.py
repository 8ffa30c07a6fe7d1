"""What only a GPU shows: ``pytest -m cuda``.

``checks`` takes the device, and ``test_on_cpu`` calls it without one.
"""
