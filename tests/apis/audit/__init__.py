"""Tests of csgresnet_mm.apis.audit."""
