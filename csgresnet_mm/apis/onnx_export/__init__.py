"""Networks as ONNX files; see tools/export_onnx.py."""

from csgresnet_mm.apis.onnx_export.export import Options, export_onnx

__all__ = ['Options', 'export_onnx']
