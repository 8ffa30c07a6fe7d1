"""Tests of csgresnet_mm.programs.audit."""
