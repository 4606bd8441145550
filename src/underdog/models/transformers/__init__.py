"""Pretrained transformer encoders: fine-tuned, frozen, trained contrastively, or as an ONNX
graph.
"""
