import type { Hub } from "../../telemetry/hub.ts";
import type { Store } from "../../telemetry/store/store.ts";

/** Who tells the hub of what is going on and has no recorder: MQTT, whose lines say who moved or switched off a rig. */
const OUTSIDE = "mqtt";

/** Puts their lines into the record, of the run in progress where there is one. Returns how to stop. */
export function recordOutsideEvents(hub: Hub, store: Pick<Store, "addEvent">, runId: () => number | null): () => void {
  return hub.subscribe({
    update(update) {
      if (update.topic === "event" && update.value.source === OUTSIDE) store.addEvent(runId(), update.value);
    },
  });
}
