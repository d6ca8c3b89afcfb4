"""Checks the MPIJob of docs/cluster.md by the schema of Kubernetes' MPI operator.

    python3 tools/check_mpi_job.py kubeflow.org_mpijobs.yaml

The file is manifests/base/kubeflow.org_mpijobs.yaml of github.com/kubeflow/mpi-operator. Fields that
the schema does not know are refused, which Kubernetes itself would drop. Needs PyYAML and jsonschema.
"""

import pathlib
import re
import sys

import jsonschema
import yaml


def strict(schema):
    """Refuses unknown fields, and takes numbers or words where Kubernetes does."""
    if isinstance(schema, list):
        for each in schema:
            strict(each)
    if not isinstance(schema, dict):
        return
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
    open_object = schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("type") == "object" and "properties" in schema and not open_object:
        schema.setdefault("additionalProperties", False)
    for each in schema.values():
        strict(each)


def main(path):
    definition = yaml.safe_load(pathlib.Path(path).read_text())
    page = pathlib.Path(__file__).parent.parent / "docs" / "cluster.md"
    job = yaml.safe_load(re.search(r"```yaml\n(.*?)```", page.read_text(), re.S).group(1))
    versions = {each["name"]: each for each in definition["spec"]["versions"]}
    version = versions[job["apiVersion"].split("/")[1]]
    schema = version["schema"]["openAPIV3Schema"]
    strict(schema)
    faults = list(jsonschema.Draft7Validator(schema).iter_errors(job))
    for fault in faults:
        print(".".join(str(each) for each in fault.path), fault.message[:200])
    assert job["kind"] == definition["spec"]["names"]["kind"]
    print("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
