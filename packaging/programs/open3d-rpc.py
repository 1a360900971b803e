"""Open3D's remote calls: a cloud of points goes to a receiver over ZeroMQ.

packages: python3-open3d
run: python3 open3d-rpc.py
"""
import socket

import numpy
import open3d

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
receiver = open3d.io.rpc._DummyReceiver(address=address, timeout=10000)
receiver.start()
connection = open3d.io.rpc.Connection(address=address, timeout=10000)
print(open3d.__version__)
points = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(numpy.arange(3000.0).reshape(-1, 3)))
print(open3d.io.rpc.set_point_cloud(points, path="points", connection=connection))
print(open3d.io.rpc.set_time(3, connection=connection))
receiver.stop()
