"""What tools/benchmark.py measures and how; start at ``cli``."""
