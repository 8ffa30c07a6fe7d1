"""Tests of csgresnet_mm.layers."""
