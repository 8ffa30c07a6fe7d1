"""Count a model; every option is that of MMPretrain's get_flops.py.

Give the input size: ``get_flops.py CONFIG --shape 112 112``. One multiply-add
is one FLOP; backbone and neck are counted, parameters include the head.
"""

from csgresnet_mm.engine.launch import run_tool

if __name__ == '__main__':
    run_tool('analysis_tools/get_flops.py', loads_data=False)
