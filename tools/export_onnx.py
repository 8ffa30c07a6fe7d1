"""Write a network as an ONNX file; options: ``export_onnx.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.onnx_export.cli:main')
