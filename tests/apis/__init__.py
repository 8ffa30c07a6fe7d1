"""Tests of what the tools do."""
