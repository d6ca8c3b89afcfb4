"""Runs a notebook through Deno's kernel and prints the outputs of its cells as JSON."""

import json
import os
import sys
import tempfile

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

notebook, deno = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    # a kernel of its own: nothing is installed for the user
    os.makedirs(f"{folder}/deno")
    with open(f"{folder}/deno/kernel.json", "w") as file:
        argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
        json.dump({"argv": argv, "display_name": "Deno", "language": "typescript"}, file)
    specs = KernelSpecManager(kernel_dirs=[folder])
    manager = AsyncKernelManager(kernel_name="deno", kernel_spec_manager=specs)
    parsed = nbformat.read(notebook, as_version=4)
    path = os.path.dirname(os.path.abspath(notebook))
    client = NotebookClient(
        parsed, km=manager, timeout=180, resources={"metadata": {"path": path}}
    )
    client.execute()
    print(json.dumps([c.outputs for c in parsed.cells if c.cell_type == "code"]))
