"""Runs a notebook's cells through Deno's kernel and prints their outputs as JSON."""

import json
import os
import queue
import sys
import tempfile

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

notebook, deno = sys.argv[1:]


def outputs_of(client, source):
    """Outputs of a cell. The kernel sends results after it has said that it is idle."""
    sent, found, idle = client.execute(source), [], False
    while True:
        try:
            message = client.get_iopub_msg(timeout=2 if idle else 120)
        except queue.Empty:
            if not idle:
                raise
            return found
        if message["parent_header"].get("msg_id") != sent:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            idle = True
        elif kind == "error":
            raise RuntimeError("\n".join(content["traceback"]) or str(content))
        elif kind in ("stream", "execute_result", "display_data"):
            found.append(content)


with tempfile.TemporaryDirectory() as folder:
    # a kernel of its own: nothing is installed for the user
    os.makedirs(f"{folder}/deno")
    with open(f"{folder}/deno/kernel.json", "w") as file:
        argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
        json.dump({"argv": argv, "display_name": "Deno", "language": "typescript"}, file)
    with open(notebook) as file:
        cells = json.load(file)["cells"]
    manager = KernelManager(
        kernel_name="deno", kernel_spec_manager=KernelSpecManager(kernel_dirs=[folder])
    )
    manager.start_kernel(cwd=os.path.dirname(os.path.abspath(notebook)))
    try:
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        print(json.dumps([outputs_of(client, source) for source in sources]))
    finally:
        manager.shutdown_kernel(now=True)
