"""Tests of csgresnet_mm.models."""
