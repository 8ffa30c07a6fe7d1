"""Tests of csgresnet_mm.visualization."""
