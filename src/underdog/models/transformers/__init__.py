"""Pretrained transformers: fine-tuned, frozen, or as an ONNX graph."""
