/** What a daemon left on the disk, read as anybody would who comes afterwards. */
import { verifyHeaders } from "../../drivers/native/index.ts";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { controlPath } from "../latches.ts";
import { reverify } from "../reverify.ts";

/** The code of each fault that is latched. */
export function latchedCodes(rig: string, storePath: string): string[] {
  const control = openControlStore(controlPath(storePath));
  try {
    return control.latches(rig).map(({ code }) => code);
  } finally {
    control.close();
  }
}

/** The number of each fault that is latched. */
export function latchIds(rig: string, storePath: string): number[] {
  const control = openControlStore(controlPath(storePath));
  try {
    return control.latches(rig).map(({ id }) => id);
  } finally {
    control.close();
  }
}

/** Clears whatever is latched, as a person does who has found the cause; returns the codes. */
export function clearLatched(rig: string, storePath: string, wallMs: number): string[] {
  const control = openControlStore(controlPath(storePath));
  try {
    const latched = control.latches(rig);
    for (const { id } of latched) control.clear(rig, id, "simulated: looked at it", wallMs);
    return latched.map(({ code }) => code);
  } finally {
    control.close();
  }
}

/** Hashes every stored nonce again, from the database alone. Returns how many there are; `contradiction` gets each run with one whose status is wrong. */
export async function hashedAgain(storePath: string, contradiction: (what: string) => void): Promise<number> {
  const store = await openStore({ path: storePath, readonly: true, inProcess: true });
  try {
    let nonces = 0;
    for (const { id } of await store.listRuns()) {
      const found = await reverify(store, id, verifyHeaders);
      nonces += found.nonces;
      const [first] = found.contradictions;
      if (first) contradiction(`run ${id}: ${found.contradicted} stored nonces contradict their hash, first ${JSON.stringify(first)}`);
    }
    return nonces;
  } finally {
    await store.close();
  }
}
