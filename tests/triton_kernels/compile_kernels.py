"""Compile the kernels for the cases of ``test_ahead_of_time``.

``python -m tests.triton_kernels.compile_kernels FILE`` writes JSON: for each
case and kernel the bytes of machine code and how often the instruction stands
in the PTX.
"""

import json
import sys
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from csgresnet_mm.triton_kernels.backward import input_kernel, weight_kernel
from csgresnet_mm.triton_kernels.forward import forward_kernel
from tests.triton_kernels.test_ahead_of_time import CASES

FEATURES = {'x', 'weight', 'residual', 'y', 'grad', 'grad_x'}
FLOAT32 = {'bank', 'scale', 'bias', 'parts'}
FORWARD = {
    'HAS_SCALE': True,
    'HAS_BIAS': True,
    'HAS_RESIDUAL': True,
    'RELU': True,
}
ALIGNED = [['tt.divisibility', 16]]


def compiled(kernel, capability, dtype, constants):
    signature, values, attributes = {}, {}, {}
    for index, name in enumerate(kernel.arg_names):
        if name in constants:
            signature[name] = 'constexpr'
            values[(index,)] = constants[name]
        elif name in FEATURES | FLOAT32:
            signature[name] = f'*{"fp32" if name in FLOAT32 else dtype}'
            attributes[(index,)] = ALIGNED
        else:
            signature[name] = 'i32'
            if name in ('C', 'O'):
                attributes[(index,)] = ALIGNED
    return triton.compile(
        ASTSource(kernel, signature, values, attributes),
        target=GPUTarget('cuda', capability, 32),
    )


def compile_case(capability, dtype, precision, instruction):
    common = {
        'STRIDE': 2,
        'PADDING': 1,
        'M': 4,
        'K': 3,
        'BLOCK_P': 64,
        'BLOCK_O': 16,
        'BLOCK_C': 64,
        'PRECISION': precision,
        'WIDEN': False,
    }
    found = {}
    for kernel, own in (
        (forward_kernel, FORWARD),
        (input_kernel, {}),
        (weight_kernel, {}),
    ):
        code = compiled(kernel, capability, dtype, common | own).asm
        count = code['ptx'].count(instruction)
        found[kernel.fn.__name__] = (len(code['cubin']), count)
    return found


if __name__ == '__main__':
    Path(sys.argv[1]).write_text(
        json.dumps([compile_case(*case) for case in CASES])
    )
