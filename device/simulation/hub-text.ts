/** What a hub publishes as a line of the event log. */
import type { HubUpdate } from "../../telemetry/hub.ts";
import { digest } from "./event-log.ts";

/** In full what people decide by; the rest as a digest. */
export function hubText({ topic, value }: HubUpdate): string {
  switch (topic) {
    case "state":
      return `${value.state}: ${value.stateReason}`;
    case "safety":
      return `${value.action} ${value.rule}`;
    case "event":
      return `${value.level} ${value.source}: ${value.text}`;
    case "setPoint":
    case "run":
    case "sweepPoint":
      return JSON.stringify(value);
    default:
      return digest(JSON.stringify(value));
  }
}
