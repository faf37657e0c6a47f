"""PyTorch programs as graphs, and a backend of `torch.compile`."""
