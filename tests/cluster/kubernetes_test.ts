import { assert, assertEquals } from "@std/assert";
import { clusterRequest } from "../../cli/commands/train/cluster.ts";
import { TRAIN_FLAGS } from "../../cli/commands/train/flags.ts";
import { trainRequest } from "../../cli/commands/train/request.ts";
import { parseFlags } from "../../cli/flags/parse.ts";
import { pythonOracle } from "../support/python.ts";

interface Job {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly slotsPerWorker: number;
    readonly runPolicy: object;
    readonly mpiReplicaSpecs: Record<"Launcher" | "Worker", {
      readonly replicas: number;
      readonly template: { readonly spec: { readonly containers: readonly Container[] } };
    }>;
  };
}

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** Fields of the MPI operator's kubeflow.org/v2beta1 (its kubeflow.org_mpijobs.yaml, v0.8.0). */
const FIELDS = {
  spec: [
    ...["launcherCreationPolicy", "mpiImplementation", "mpiReplicaSpecs", "runLauncherAsWorker"],
    ...["runPolicy", "slotsPerWorker", "sshAuthMountPath"],
  ],
  runPolicy: [
    ...["activeDeadlineSeconds", "backoffLimit", "cleanPodPolicy", "managedBy"],
    ...["schedulingPolicy", "suspend", "ttlSecondsAfterFinished"],
  ],
};

const yaml = pythonOracle("yaml", "PyYAML", ["import yaml"]);

Deno.test({
  name:
    "the MPIJob of docs/cluster.md has fields of the operator, and starts a command of freeknot",
  ignore: yaml.version === undefined,
  async fn() {
    const page = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));
    const [, text] = /```yaml\n(.*?)```/s.exec(page)!;
    const job = await yaml.run<Job>("answer = yaml.safe_load(data)", text);
    assertEquals([job.apiVersion, job.kind], ["kubeflow.org/v2beta1", "MPIJob"]);
    for (const name of Object.keys(job.spec)) assert(FIELDS.spec.includes(name), name);
    for (const name of Object.keys(job.spec.runPolicy)) {
      assert(FIELDS.runPolicy.includes(name), name);
    }
    const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
    const [{ command, args }] = Launcher.template.spec.containers;
    const words = [...command!, ...args!], at = words.indexOf("train");
    assertEquals(words[at - 1], "freeknot");
    const ranks = Number(words[words.indexOf("-n") + 1]);
    assertEquals(ranks, Worker.replicas * job.spec.slotsPerWorker);
    const { given } = parseFlags(words.slice(at + 1), TRAIN_FLAGS), request = trainRequest(given);
    assertEquals(clusterRequest(given, request)?.timeout, 600);
    const [{ mountPath }] = Worker.template.spec.containers[0].volumeMounts!;
    for (const file of [request.modelOut!, request.checkpoint!.file]) {
      assert(file.startsWith(`${mountPath}/`), `${file} lies in the volume`);
    }
  },
});
