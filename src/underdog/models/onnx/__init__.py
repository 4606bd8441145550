"""Networks as ONNX graphs: run without torch, and quantized to 8 bits."""
