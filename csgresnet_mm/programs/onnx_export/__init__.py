"""Networks as ONNX files; see tools/export_onnx.py."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.programs.onnx_export.export import Options, export_onnx  # noqa: E402

__all__ = ['Options', 'export_onnx']
