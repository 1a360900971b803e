"""The kernel xpython, in C++ on xeus, driven by jupyter_client.

packages: xpython python3-jupyter-client
run: python3 jupyter.py xpython
"""
