"""Write a network as an ONNX file; options: ``export_onnx.py --help``."""

from csgresnet_mm.apis.onnx_export.cli import main

if __name__ == '__main__':
    main()
