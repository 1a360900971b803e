"""PyTorch, which is linked with libzmq: it learns a line.

packages: python3-torch
run: python3 torch-train.py
"""

import torch

torch.manual_seed(1)
x = torch.linspace(-1, 1, 100).reshape(-1, 1)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(500):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), 3 * x + 2).backward()
    optimizer.step()
print([round(float(parameter), 2) for parameter in model.parameters()])
