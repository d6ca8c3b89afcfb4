// deno-lint-ignore-file
// @ts-nocheck
import { fit } from "@freeknot/freeknot"; globalThis.made = fit;
