"""Test a model; every option is that of MMPretrain's tools/test.py."""

from csgresnet_mm.engine.launch import run_tool

if __name__ == '__main__':
    run_tool('test.py')
