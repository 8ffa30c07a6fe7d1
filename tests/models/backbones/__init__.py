"""Tests of csgresnet_mm.models.backbones."""
