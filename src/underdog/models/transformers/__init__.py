"""Pretrained transformer encoders: fine-tuned, frozen, contrastive, or as an ONNX graph."""
