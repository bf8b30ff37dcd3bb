import type { DeviceState } from "../../../messages.ts";

export const STATE_TONE: Record<DeviceState, "quiet" | "active" | "alarm"> = {
  cold: "quiet",
  identified: "quiet",
  "limits-verified": "quiet",
  armed: "active",
  energised: "active",
  running: "active",
  cooling: "quiet",
  fault: "alarm",
};
