"""Open3D's remote calls: a cloud of points goes to a receiver over ZeroMQ.

packages: python3-open3d
run: python3 open3d-rpc.py
"""
import numpy
import open3d

receiver = open3d.io.rpc._DummyReceiver(address="tcp://127.0.0.1:51454", timeout=10000)
receiver.start()
connection = open3d.io.rpc.Connection(address="tcp://127.0.0.1:51454", timeout=10000)
print(open3d.__version__)
points = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(numpy.arange(3000.0).reshape(-1, 3)))
print(open3d.io.rpc.set_point_cloud(points, path="points", connection=connection))
print(open3d.io.rpc.set_time(3, connection=connection))
receiver.stop()
