"""Tests of csgresnet_mm.functional."""
